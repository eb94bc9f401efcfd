#include "apps/profiling/work_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "apps/common/stopwatch.h"
#include "apps/profiling/kernel_table.h"
#include "core/train/readings.h"

namespace sinter {
namespace {

/// Totals over all profiled steps.
struct Row {
    std::string layer, kernel;
    std::int64_t launches = 0;
    double seconds = 0, gaps = 0, bytes = 0, least_seconds = 0;

    void add(const Row& other) {
        launches += other.launches;
        seconds += other.seconds;
        gaps += other.gaps;
        bytes += other.bytes;
        least_seconds += other.least_seconds;
    }
};

struct Section {
    std::string phase;
    std::vector<Row> rows;
};

template <class Item, class Is>
Item& find_or_add(std::vector<Item>& items, const Is& is, Item made) {
    const auto place = std::find_if(items.begin(), items.end(), is);
    return place != items.end() ? *place : items.emplace_back(std::move(made));
}

Row& row_of(std::vector<Section>& sections, const TimeSpan& launch) {
    const std::string phase = launch.work ? launch.work->phase : "", layer = launch.work ? launch.work->part->path : "";
    const std::string kernel = launch.work ? launch.work->kernel : short_kernel_name(launch.name);
    Section& section = find_or_add(sections, [&](const Section& s) { return s.phase == phase; }, {phase, {}});
    return find_or_add(section.rows, [&](const Row& r) { return r.layer == layer && r.kernel == kernel; },
                       {layer, kernel});
}

/// Calls `visit(launch, seconds, gap)` with what each launch took from the later of its beginning and its predecessor's
/// end, and with the time before it in which nothing ran.
template <class Visit>
void for_each_launch(std::span<const TimeSpan> launches, const Visit& visit) {
    double ended = 0;
    for (const TimeSpan& launch : launches) {
        if (&launch == launches.data() || launch.after_pause) ended = launch.begin;
        visit(launch, std::max(0.0, launch.end - std::max(launch.begin, ended)), std::max(0.0, launch.begin - ended));
        ended = std::max(ended, launch.end);
    }
}

/// The end of a long path is what tells layers apart.
std::string_view last_characters(std::string_view text, std::size_t count) {
    return text.substr(text.size() - std::min(text.size(), count));
}

}  // namespace

std::string work_table(std::span<const TimeSpan> launches, std::int64_t steps,
                       const std::optional<bench::Roofs>& roofs) {
    std::vector<Section> sections;
    std::map<const Work*, std::int64_t> last_step;  // in which a call was seen: it may launch several times
    std::int64_t step = 0;
    double whole = 0, whole_before = 0;
    std::vector<double> step_seconds;
    for_each_launch(launches, [&](const TimeSpan& launch, double seconds, double gap) {
        whole += seconds + gap;
        Row& row = row_of(sections, launch);
        ++row.launches;
        row.gaps += gap;
        row.seconds += seconds;
        if (const Work* const work = launch.work) {
            const auto [place, is_new] = last_step.try_emplace(work, step);
            if (is_new || std::exchange(place->second, step) != step) {
                row.bytes += work->bytes;
                if (roofs) row.least_seconds += roofs->least_seconds(work->bytes, work->multiply_adds);
            }
            if (work->kernel != std::string_view(kReadBack)) return;
            ++step;
            step_seconds.push_back(whole - std::exchange(whole_before, whole));
        }
    });

    const double count = static_cast<double>(steps);
    const auto line = [&](std::string_view layer, std::string_view kernel, const Row& row) {
        const std::string roof = row.least_seconds > 0 && row.seconds > 0
                                     ? fmt::format("{:.0f}%", 100 * row.least_seconds / row.seconds)
                                     : "";
        std::string cells =
            fmt::format("{:<30} {:<28} {:>8.4g} {:>9.1f} {:>6.1f}% {:>7.1f} {:>8.3f} {:>5}", last_characters(layer, 30),
                        kernel.substr(0, 28), static_cast<double>(row.launches) / count, 1e6 * row.seconds / count,
                        100 * row.seconds / whole, 1e6 * row.gaps / count, 1e-6 * row.bytes / count, roof);
        cells.erase(cells.find_last_not_of(' ') + 1);
        return cells + "\n";
    };
    std::string text = fmt::format("{:<30} {:<28} {:>8} {:>9} {:>7} {:>7} {:>8} {:>5}\n", "phase, layer", "kernel",
                                   "launches", "us", "share", "gap us", "MB", "roof");
    Row sum;
    for (const Section& section : sections) {
        Row total;
        for (const Row& row : section.rows) total.add(row);
        sum.add(total);
        text += line(section.phase.empty() ? "outside of phases" : section.phase, "", total);
        for (const Row& row : section.rows) text += line("  " + row.layer, row.kernel, row);
    }
    return text + line("all kernels", "", sum) +
           fmt::format("{:<68} {:>9.1f} {:>6.1f}%\n{:<68} {:>9.1f}   (means of {} step{}{})\n", "between kernels",
                       1e6 * sum.gaps / count, 100 * sum.gaps / whole, "step", 1e6 * whole / count, steps,
                       steps == 1 ? "" : "s",
                       step_seconds.empty() ? "" : fmt::format("; {}", step_times(step_seconds)));
}

std::string step_times(const std::vector<double>& seconds) {
    constexpr std::size_t kFewest = 20;  // of which one is above the 95th percentile
    std::string text = fmt::format("median {:.1f} us", 1e6 * median(seconds));
    if (seconds.size() < kFewest) return text;
    std::vector<double> sorted = seconds;
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(0.95 * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), place, sorted.end());
    return text + fmt::format(", 95th percentile {:.1f} us", 1e6 * *place);
}

}  // namespace sinter
