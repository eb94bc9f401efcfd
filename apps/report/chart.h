// Curves as inline SVG.
#pragma once

#include <string>
#include <vector>

namespace sinter {

struct ChartPoint {
    double x, y;
};

struct ChartLine {
    std::string name;
    std::vector<ChartPoint> points;  ///< in the order of x; those that are not finite are left out
};

struct Chart {
    std::string title;                  ///< for those who hear the page; people see the page's own heading
    std::string x_label;                ///< "epoch"
    std::vector<ChartLine> lines = {};  ///< up to kMaxChartLines
};

inline constexpr std::size_t kMaxChartLines = 4;

/// The chart as an <svg> element with axes, ticks at round numbers and the name of each line at its end. Empty where no
/// line has a point. Colours are those of html_page(). Throws UsageError for more lines than have colours.
std::string line_chart(const Chart& chart);

/// Round numbers within [low, high], about `wanted` of them: multiples of 1, 2 or 5 times a power of ten, `least` or
/// more apart.
std::vector<double> round_ticks(double low, double high, int wanted, double least = 0);

}  // namespace sinter
