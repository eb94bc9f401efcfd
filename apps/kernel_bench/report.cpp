#include "apps/kernel_bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/kernel_bench/text.h"

namespace sinter::bench {
namespace {

struct Rates {
    Value flops, fma_share;        // per second; of the FMA peak
    Value bytes, bandwidth_share;  // per second; of the bandwidth where the working set lives
    Value peer_flops, peer_ratio;  // per second; peer's time over ours: above 1 we are faster
};

Rates rates(const Machine& machine, const Measurement& m) {
    Rates r;
    if (m.flops > 0) {
        r.flops = m.flops / m.timing.seconds;
        r.fma_share = *r.flops / machine.best_fma_peak();
    }
    if (m.bytes > 0) {
        r.bytes = m.bytes / m.timing.seconds;
        r.bandwidth_share = *r.bytes / machine.bandwidth.at(m.working_set, m.traffic);
    }
    if (m.peer) {
        if (m.flops > 0) r.peer_flops = m.flops / m.peer->timing.seconds;
        r.peer_ratio = m.peer->timing.seconds / m.timing.seconds;
    }
    return r;
}

std::string format_peak(const Machine& machine) {
    const double start = machine.fma_peak, end = machine.fma_peak_at_end;
    if (std::abs(start - end) <= 0.05 * std::max(start, end))
        return fmt::format("FMA peak   {:.1f} GFLOP/s\n", machine.best_fma_peak() * 1e-9);
    return fmt::format(
        "FMA peak   {:.1f} GFLOP/s at the start, {:.1f} at the end: other programs are using this machine, so take all "
        "numbers\n           with care. Shares are of the higher one.\n",
        start * 1e-9, end * 1e-9);
}

std::string format_peers(const Machine& machine) {
    std::string text;
    for (const PeerLibrary& peer : machine.peers)
        text += fmt::format(
            "{:<11}{} {}\n", text.empty() ? "peers" : "", peer.name.empty() ? "none" : peer.name,
            peer.name.empty() ? fmt::format("for {}: {}", peer.beside, peer.absence) : "beside " + peer.beside);
    return text;
}

/// The case of a kernel that does worst by `value`, which is absent for cases that do not count.
struct Lowest {
    Value value;
    std::string size;

    void look_at(Value other, const Measurement& m) {
        if (!other || (value && *value <= *other)) return;
        value = other;
        size = m.size;
    }
};

std::string format_lowest(const Machine& machine, std::span<const Measurement> measurements) {
    constexpr std::int64_t kFullVector = 16;
    struct Kernel {
        std::string name;
        int cases = 0;
        Lowest fma_share, peer_ratio;
    };
    std::vector<Kernel> kernels;
    for (const Measurement& m : measurements) {
        if (m.narrowest_side.value_or(0) < kFullVector) continue;
        auto kernel = std::find_if(kernels.begin(), kernels.end(), [&](const Kernel& k) { return k.name == m.kernel; });
        if (kernel == kernels.end()) kernel = kernels.insert(kernel, {m.kernel, 0, {}, {}});
        const Rates r = rates(machine, m);
        kernel->cases += 1;
        kernel->fma_share.look_at(r.fma_share, m);
        kernel->peer_ratio.look_at(r.peer_ratio, m);
    }
    if (kernels.empty()) return "";
    std::vector<Row> rows = {{"kernel", "lowest", "at", ""}};
    for (const Kernel& kernel : kernels) {
        rows.push_back({fmt::format("{}, {} case{}", kernel.name, kernel.cases, kernel.cases == 1 ? "" : "s"), "% FMA",
                        kernel.fma_share.size, percent_text(kernel.fma_share.value)});
        if (kernel.peer_ratio.value)
            rows.push_back({"", "x peer", kernel.peer_ratio.size, ratio_text(kernel.peer_ratio.value)});
    }
    return fmt::format("\nof the cases with {} or more channels (or rows and columns) on every side:\n{}", kFullVector,
                       align(rows, 3));
}

}  // namespace

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown CPU";
}

std::string format_table(const Machine& machine, std::span<const Measurement> measurements) {
    std::string text = fmt::format("CPU        {}, {} thread{}, SIMD target {}\n", machine.cpu, machine.threads,
                                   machine.threads == 1 ? "" : "s", machine.simd);
    text += format_peak(machine);
    text += format_peers(machine) + format_bandwidth(machine.bandwidth) + '\n';

    const bool with_peer =
        std::any_of(measurements.begin(), measurements.end(), [](const Measurement& m) { return m.peer.has_value(); });
    std::vector<Row> rows = {{"family", "kernel", "size", "time", "GFLOP/s", "% FMA", "GB/s", "% bandwidth"}};
    if (with_peer) rows[0].insert(rows[0].end(), {"peer GFLOP/s", "x peer"});
    for (const Measurement& m : measurements) {
        const Rates r = rates(machine, m);
        rows.push_back({m.family, m.kernel, m.size, time_text(m.timing.seconds), giga_text(r.flops),
                        percent_text(r.fma_share), giga_text(r.bytes), percent_text(r.bandwidth_share)});
        if (with_peer) rows.back().insert(rows.back().end(), {giga_text(r.peer_flops), ratio_text(r.peer_ratio)});
    }
    return text + align(rows, 3) + format_lowest(machine, measurements);
}

std::string format_json(const Machine& machine, std::span<const Measurement> measurements) {
    using nlohmann::ordered_json;
    ordered_json cases = ordered_json::array();
    for (const Measurement& m : measurements) {
        const Rates r = rates(machine, m);
        cases.push_back({{"family", m.family},
                         {"kernel", m.kernel},
                         {"size", m.size},
                         {"seconds", m.timing.seconds},
                         {"fastest_seconds", m.timing.fastest},
                         {"samples", m.timing.samples},
                         {"calls_per_sample", m.timing.calls_per_sample},
                         {"flops", m.flops},
                         {"bytes", m.bytes},
                         {"working_set_bytes", m.working_set},
                         {"traffic", name(m.traffic)},
                         {"flops_per_second", number_json(r.flops)},
                         {"fma_peak_share", number_json(r.fma_share)},
                         {"bytes_per_second", number_json(r.bytes)},
                         {"bandwidth_share", number_json(r.bandwidth_share)},
                         {"narrowest_side", m.narrowest_side ? ordered_json(*m.narrowest_side) : ordered_json()},
                         {"peer", m.peer ? ordered_json(m.peer->name) : ordered_json()},
                         {"peer_seconds", number_json(m.peer ? Value(m.peer->timing.seconds) : std::nullopt)},
                         {"peer_flops_per_second", number_json(r.peer_flops)},
                         {"peer_time_ratio", number_json(r.peer_ratio)}});
    }
    ordered_json peers = ordered_json::array();
    for (const PeerLibrary& peer : machine.peers)
        if (!peer.name.empty()) peers.push_back(peer.name);
    const ordered_json document = {{"cpu", machine.cpu},
                                   {"simd_target", machine.simd},
                                   {"threads", machine.threads},
                                   {"fma_peak_flops_per_second", machine.best_fma_peak()},
                                   {"fma_peak_at_start", machine.fma_peak},
                                   {"fma_peak_at_end", machine.fma_peak_at_end},
                                   {"peers", peers},
                                   {"bandwidth", bandwidth_json(machine.bandwidth)},
                                   {"cases", cases}};
    return document.dump(2) + '\n';
}

}  // namespace sinter::bench
