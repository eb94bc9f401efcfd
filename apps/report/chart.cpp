#include "apps/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "apps/report/html.h"
#include "core/check.h"

namespace sinter {
namespace {

constexpr double kWidth = 440, kHeight = 250, kLeft = 56, kRight = 76, kTop = 14, kBottom = 42;
constexpr double kLabelHeight = 15;
constexpr const char* kDashes[kMaxChartLines] = {"", "7 4", "2 3", "9 3 2 3"};

struct Range {
    double low = std::numeric_limits<double>::infinity(), high = -low;

    void take(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    /// Something to divide by, where all values are equal.
    void widen() {
        if (high > low) return;
        const double half = low == 0 ? 1 : 0.05 * std::abs(low);
        low -= half;
        high += half;
    }
};

struct Scale {
    Range range;
    double from, to;  ///< where the ends of the range lie, in the picture

    double operator()(double value) const {
        return from + (value - range.low) / (range.high - range.low) * (to - from);
    }
};

std::string tick_text(double value) { return fmt::format("{:.6g}", value == 0 ? 0 : value); }

/// The names of the lines at their ends, moved apart where they would cover each other.
std::string end_labels(const std::vector<std::pair<double, std::size_t>>& ends, const Chart& chart) {
    std::string text;
    double next = -std::numeric_limits<double>::infinity();
    for (const auto& [y, line] : ends) {
        const double place = std::max(y + 4, next);
        next = place + kLabelHeight;
        text += fmt::format("<text x=\"{}\" y=\"{:.1f}\" style=\"fill:var(--line{})\">{}</text>\n", kWidth - kRight + 8,
                            place, line + 1, escape_html(chart.lines[line].name, 40));
    }
    return text;
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int wanted, double least) {
    const double rough = std::max(least, (high - low) / std::max(1, wanted)),
                 power = std::pow(10.0, std::floor(std::log10(rough)));
    double step = 10 * power;
    for (const double multiple : {5.0, 2.0, 1.0})
        if (multiple * power >= rough) step = multiple * power;
    std::vector<double> ticks;
    // Multiples, not sums: 0.3 is not three times 0.1 added up. A hair beyond the ends, where division rounds.
    for (double k = std::ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; ++k) ticks.push_back(k * step);
    return ticks;
}

std::string line_chart(const Chart& chart) {
    require(chart.lines.size() <= kMaxChartLines, "[chart] expected at most {} lines in one chart, got {}",
            kMaxChartLines, chart.lines.size());
    Range xs, ys;
    for (const ChartLine& line : chart.lines) {
        for (const ChartPoint& point : line.points) {
            if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
            xs.take(point.x);
            ys.take(point.y);
        }
    }
    if (xs.low > xs.high) return "";
    const Range values = ys;
    xs.widen();
    ys.widen();
    const Scale x{xs, kLeft, kWidth - kRight}, y{ys, kHeight - kBottom, kTop};

    std::string told = fmt::format("{} against {}, from {} to {}.", chart.title, chart.x_label, tick_text(values.low),
                                   tick_text(values.high));
    std::string drawn;
    for (const double tick : round_ticks(ys.low, ys.high, 5)) {
        drawn += fmt::format(
            "<line class=\"rule\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
            "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
            kLeft, kWidth - kRight, y(tick), y(tick), kLeft - 8, y(tick) + 4, tick_text(tick));
    }
    for (const double tick : round_ticks(xs.low, xs.high, 7, 1)) {
        drawn += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x(tick),
                             kHeight - kBottom + 18, tick_text(tick));
    }
    drawn += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (kLeft + kWidth - kRight) / 2,
                         kHeight - 6, escape_html(chart.x_label));

    std::vector<std::pair<double, std::size_t>> ends;
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        std::string path;
        ChartPoint last{};
        for (const ChartPoint& point : chart.lines[i].points) {
            if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
            path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(point.x), y(point.y));
            last = point;
        }
        if (path.empty()) continue;
        drawn += fmt::format(
            "<path class=\"line\" style=\"stroke:var(--line{0})\" stroke-dasharray=\"{1}\" d=\"{2}\"/>"
            "<circle r=\"3\" style=\"fill:var(--line{0})\" cx=\"{3:.1f}\" cy=\"{4:.1f}\"/>\n",
            i + 1, kDashes[i], path, x(last.x), y(last.y));
        ends.push_back({y(last.y), i});
        const std::string& name = chart.lines[i].name;
        told += fmt::format(" {} at {}.", name.empty() ? "Ends" : name + " ends", tick_text(last.y));
    }
    std::sort(ends.begin(), ends.end());
    return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}{}</svg>\n", kWidth, kHeight,
                       escape_html(told), drawn, end_labels(ends, chart));
}

}  // namespace sinter
