// Formatting and appending the lines of metrics.jsonl.
#include "core/train/metrics.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace sinter {
namespace {

using nlohmann::json;

void append_value(std::string& line, std::string_view text) {
    line += json(text).dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
}

void append_value(std::string& line, std::int64_t number) { fmt::format_to(std::back_inserter(line), "{}", number); }

void append_value(std::string& line, double number) {
    if (std::isnan(number)) {
        line += "\"NaN\"";
    } else if (std::isinf(number)) {
        line += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    } else {
        fmt::format_to(std::back_inserter(line), "{}", number);
    }
}

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Where the whole lines end: just after the last '\n'.
std::size_t end_of_lines(std::string_view text) {
    const std::size_t newline = text.rfind('\n');
    return newline == std::string_view::npos ? 0 : newline + 1;
}

}  // namespace

std::string format_metrics_line(std::span<const MetricField> fields) {
    std::string line = "{";
    for (const MetricField& field : fields) {
        if (line.size() > 1) line += ',';
        append_value(line, field.name);
        line += ':';
        std::visit([&](const auto& value) { append_value(line, value); }, field.value);
    }
    line += "}\n";
    return line;
}

MetricsWriter::MetricsWriter(std::filesystem::path path, bool append)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (append ? 0 : O_TRUNC), 0666)) {
    if (!file_.is_open()) throw write_error(path_, errno);
    if (append) truncate(end_of_lines(as_text(read_whole_file(path_))));
}

void MetricsWriter::write(std::span<const MetricField> fields) {
    const std::string line = format_metrics_line(fields);
    const off_t before = ::lseek(file_.get(), 0, SEEK_END);
    if (const int error = file_.write_all(std::as_bytes(std::span(line)))) {
        // The disk may have taken a part: half a line would spoil the one that is written next.
        if (before >= 0) truncate(static_cast<std::size_t>(before));
        throw write_error(path_, error);
    }
}

double MetricsWriter::truncate_after_step(std::int64_t step) {
    const std::vector<std::byte> content = read_whole_file(path_);
    const std::string_view text = as_text(content);
    const std::size_t end = end_of_lines(text);
    std::size_t begin = 0;
    double seconds = 0;
    for (std::size_t number = 1; begin < end; ++number) {
        const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
        const json object = json::parse(line, /*callback=*/nullptr, /*allow_exceptions=*/false);
        if (!object.is_object()) {
            throw DataError(
                fmt::format("[metrics] Line {} of {} (offset {}) is not a JSON object. Remove the line, or move "
                            "the file away to start a new one.",
                            number, path_.string(), begin));
        }
        const auto found = object.find("step");
        if (found != object.end() && found->is_number_integer() && found->get<std::int64_t>() > step) break;
        const auto clock = object.find("seconds");
        if (clock != object.end() && clock->is_number() && clock->get<double>() >= 0) seconds = clock->get<double>();
        begin += line.size() + 1;
    }
    truncate(begin);
    return seconds;
}

void MetricsWriter::sync() {
    if (::fdatasync(file_.get()) != 0) throw write_error(path_, errno);
}

void MetricsWriter::truncate(std::size_t bytes) {
    if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) throw write_error(path_, errno);
}

}  // namespace sinter
