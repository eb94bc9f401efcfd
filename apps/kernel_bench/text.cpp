#include "apps/kernel_bench/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace sinter::bench {

std::string time_text(double seconds) {
    constexpr std::array<std::pair<double, const char*>, 3> kUnits = {{{1e-9, "ns"}, {1e-6, "us"}, {1e-3, "ms"}}};
    for (const auto& [unit, name] : kUnits) {
        const double value = seconds / unit;
        if (value < 999.5) return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, name);
    }
    return fmt::format("{:.2f} s ", seconds);
}

std::string bytes_text(double bytes) {
    if (bytes < 1 << 20) return fmt::format("{:.0f} KiB", bytes / (1 << 10));
    return fmt::format("{:.0f} MiB", bytes / (1 << 20));
}

std::string giga_text(Value value) { return value ? fmt::format("{:.1f}", *value * 1e-9) : "-"; }
std::string percent_text(Value share) { return share ? fmt::format("{:.1f}", *share * 100) : "-"; }
std::string ratio_text(Value ratio) { return ratio ? fmt::format("{:.2f}", *ratio) : "-"; }

std::string align(const std::vector<Row>& rows, std::size_t left) {
    std::vector<std::size_t> width(rows.front().size());
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += i < left ? fmt::format("{:<{}}  ", row[i], width[i]) : fmt::format("{:>{}}  ", row[i], width[i]);
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

std::string format_bandwidth(const BandwidthCurve& curve) {
    std::vector<Row> rows = {{"bandwidth, GB/s"}, {"  read"}, {"  write"}, {"  triad"}, {"  update"}};
    for (std::size_t i = 0; i < curve.points.size(); i += 2) {  // each second size fits a line
        const BandwidthPoint& point = curve.points[i];
        rows[0].push_back(bytes_text(point.working_set));
        rows[1].push_back(fmt::format("{:.0f}", point.read * 1e-9));
        rows[2].push_back(fmt::format("{:.0f}", point.write * 1e-9));
        rows[3].push_back(fmt::format("{:.0f}", point.triad * 1e-9));
        rows[4].push_back(fmt::format("{:.0f}", point.update * 1e-9));
    }
    return align(rows, 1);
}

nlohmann::ordered_json bandwidth_json(const BandwidthCurve& curve) {
    auto points = nlohmann::ordered_json::array();
    for (const BandwidthPoint& point : curve.points)
        points.push_back({{"working_set_bytes", point.working_set},
                          {"read_bytes_per_second", point.read},
                          {"write_bytes_per_second", point.write},
                          {"triad_bytes_per_second", point.triad},
                          {"update_bytes_per_second", point.update}});
    return points;
}

nlohmann::ordered_json number_json(Value value) {
    if (value) return *value;
    return nullptr;
}

const char* name(Traffic traffic) {
    switch (traffic) {
        case Traffic::read:
            return "read";
        case Traffic::write:
            return "write";
        case Traffic::triad:
            return "triad";
        case Traffic::update:
            return "update";
    }
    return "";
}

}  // namespace sinter::bench
