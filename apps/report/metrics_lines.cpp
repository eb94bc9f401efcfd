#include "apps/report/metrics_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files/files.h"

namespace sinter {

std::optional<double> MetricsLine::number(std::string_view name) const {
    for (const auto& [known, value] : numbers)
        if (known == name) return value;
    return std::nullopt;
}

std::vector<MetricsLine> read_metrics(const std::filesystem::path& file) {
    const std::vector<std::byte> content = read_whole_file(file);
    std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    std::vector<MetricsLine> lines;
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
        const auto object = nlohmann::ordered_json::parse(text.substr(0, end), nullptr, /*allow_exceptions=*/false);
        if (!object.is_object()) {
            throw DataError(fmt::format("{}: expected a JSON object in line {}, found something else; remove the line",
                                        file.string(), lines.size() + 1));
        }
        MetricsLine line;
        for (const auto& [name, value] : object.items()) {
            if (value.is_number_integer() && (name == "step" || name == "epoch"))
                (name == "step" ? line.step : line.epoch) = value.get<std::int64_t>();
            else if (value.is_number())
                line.numbers.push_back({name, value.get<double>()});
            else if (value.is_string() && (name == "split" || name == "event" || name == "warnings"))
                (name == "split"   ? line.split
                 : name == "event" ? line.event
                                   : line.warnings) = value.get<std::string>();
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

}  // namespace sinter
