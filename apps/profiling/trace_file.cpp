#include "apps/profiling/trace_file.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "apps/profiling/kernel_table.h"
#include "core/files/files.h"

namespace sinter {
namespace {

enum Track { kHost = 1, kLayers, kKernels };

/// Names a track.
nlohmann::json name_of(Track track, const char* name) {
    return {{"ph", "M"}, {"name", "thread_name"}, {"pid", 1}, {"tid", track}, {"args", {{"name", name}}}};
}

std::string layer_of(const TimeSpan& launch) {
    if (!launch.work) return "";
    const std::string &path = launch.work->part->path, phase = launch.work->phase;
    return path.empty() ? phase : phase + ": " + path;
}

}  // namespace

void write_trace(const std::filesystem::path& file, std::span<const TimeSpan> ranges,
                 std::span<const TimeSpan> launches) {
    double zero = std::numeric_limits<double>::infinity();
    for (const auto& spans : {ranges, launches}) {
        for (const TimeSpan& span : spans) zero = std::min(zero, span.begin);
    }
    nlohmann::json events = {name_of(kHost, "host"), name_of(kLayers, "layers"), name_of(kKernels, "kernels")};
    const auto add = [&](Track track, const std::string& name, double begin, double end, nlohmann::json facts) {
        events.push_back({{"ph", "X"},
                          {"name", name},
                          {"pid", 1},
                          {"tid", track},
                          {"ts", 1e6 * (begin - zero)},
                          {"dur", 1e6 * (end - begin)},
                          {"args", std::move(facts)}});
    };
    for (const TimeSpan& range : ranges) {
        if (range.end > 0) add(kHost, range.name, range.begin, range.end, nlohmann::json::object());
    }
    for (std::size_t first = 0, next = 0; first < launches.size(); first = next) {
        while (next < launches.size() && layer_of(launches[next]) == layer_of(launches[first])) ++next;
        if (const std::string layer = layer_of(launches[first]); !layer.empty())
            add(kLayers, layer, launches[first].begin, launches[next - 1].end, nlohmann::json::object());
    }
    for (const TimeSpan& launch : launches) {
        nlohmann::json facts = nlohmann::json::object();
        if (const Work* const work = launch.work) {
            facts = {{"kernel", work->kernel},
                     {"layer", work->part->path},
                     {"phase", work->phase},
                     {"bytes", work->bytes},
                     {"multiply_adds", work->multiply_adds}};
        }
        add(kKernels, short_kernel_name(launch.name), launch.begin, launch.end, std::move(facts));
    }
    const nlohmann::json whole = {{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events)}};
    write_file_atomically(file, whole.dump(1) + "\n");
}

}  // namespace sinter
