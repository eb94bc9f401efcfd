#include "apps/kernel_bench/cuda/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "apps/kernel_bench/text.h"
#include "core/device.h"

namespace sinter::bench {
namespace {

using kernels::Precision;

struct Rates {
    Value flops, peak_share;                 // per second, warm; of the precision's peak
    Value bytes, bandwidth_share;            // per second, warm; of the bandwidth where the working set lives
    Value cold_bytes, cold_bandwidth_share;  // per second; of the bandwidth of the device's memory
};

bool is_product(const CaseFacts& facts) { return facts.narrowest_side.has_value(); }

Rates rates(const CudaMachine& machine, const CudaMeasurement& m) {
    Rates r;
    if (m.flops > 0) {
        r.flops = m.flops / m.warm.seconds;
        r.peak_share = *r.flops / machine.peaks.of(is_product(m) ? machine.precision : Precision::fp32);
    }
    if (m.bytes > 0) {
        r.bytes = m.bytes / m.warm.seconds;
        r.bandwidth_share = *r.bytes / machine.bandwidth.at(m.working_set, m.traffic);
    }
    if (m.bytes > 0 && m.cold) {
        r.cold_bytes = m.bytes / m.cold->seconds;
        r.cold_bandwidth_share = *r.cold_bytes / machine.bandwidth.points.back().of(m.traffic);
    }
    return r;
}

std::string tera_text(Value value) { return value ? fmt::format("{:.1f} TFLOP/s", *value * 1e-12) : "not here"; }

std::string format_device(const CudaMachine& machine) {
    const CudaDevice& device = machine.device;
    std::string text = fmt::format("device     {}, compute capability {}.{}, {} multiprocessors, {} of L2 cache\n",
                                   device.name, device.compute_capability / 10, device.compute_capability % 10,
                                   device.multiprocessors, bytes_text(device.l2_bytes));
    if (device.emulated)
        text +=
            "           It is emulated on the CPU: the times below are the emulator's and say nothing about a GPU.\n";
    text += fmt::format("peaks      FMA {}, mma.sync TF32 {}, bf16 {}; this run's products are in {}\n",
                        tera_text(machine.peaks.fma), tera_text(machine.peaks.tf32), tera_text(machine.peaks.bf16),
                        name_of(kPrecisions, machine.precision));
    text += fmt::format("launch     an empty kernel takes {} of a graph\n", time_text(machine.empty_launch));
    if (machine.vendor_absence.empty())
        return text +
               "vendor     cuBLASLt beside matrix products, cuDNN beside convolutions and batch normalisation\n"
               "           (SPATIAL); weights lie as cuDNN wants them, and what is bf16 is bf16 in memory\n";
    return text + fmt::format("vendor     none: {}\n", machine.vendor_absence);
}

/// The vendor's time over ours: above 1 we are faster.
Value ratio(const std::optional<Timing>& vendor, const std::optional<Timing>& ours) {
    if (!vendor || !ours) return std::nullopt;
    return vendor->seconds / ours->seconds;
}

Value warm_ratio(const CudaMeasurement& m) { return m.vendor ? ratio(m.vendor->warm, m.warm) : std::nullopt; }
Value cold_ratio(const CudaMeasurement& m) { return m.vendor ? ratio(m.vendor->cold, m.cold) : std::nullopt; }

nlohmann::ordered_json timing_json(const Timing& timing) {
    return {{"seconds", timing.seconds},
            {"fastest_seconds", timing.fastest},
            {"samples", timing.samples},
            {"calls_per_sample", timing.calls_per_sample}};
}

}  // namespace

std::string format_table(const CudaMachine& machine, std::span<const CudaMeasurement> measurements) {
    std::string text = format_device(machine) + format_bandwidth(machine.bandwidth) + '\n';
    std::vector<Row> rows = {
        {"family", "kernel", "size", "warm", "GFLOP/s", "% peak", "GB/s", "% bandwidth", "cold", "GB/s", "% memory"}};
    const bool with_vendor = std::any_of(measurements.begin(), measurements.end(),
                                         [](const CudaMeasurement& m) { return m.vendor.has_value(); });
    if (with_vendor) rows[0].insert(rows[0].end(), {"vendor", "x vendor", "x cold"});
    for (const CudaMeasurement& m : measurements) {
        const Rates r = rates(machine, m);
        rows.push_back({m.family, m.kernel, m.size, time_text(m.warm.seconds), giga_text(r.flops),
                        percent_text(r.peak_share), giga_text(r.bytes), percent_text(r.bandwidth_share),
                        m.cold ? time_text(m.cold->seconds) : "-", giga_text(r.cold_bytes),
                        percent_text(r.cold_bandwidth_share)});
        if (with_vendor)
            rows.back().insert(rows.back().end(), {m.vendor ? time_text(m.vendor->warm.seconds) : "-",
                                                   ratio_text(warm_ratio(m)), ratio_text(cold_ratio(m))});
    }
    text += align(rows, 3);
    for (const CudaMeasurement& m : measurements)
        if (!m.vendor_failure.empty())
            text += fmt::format("{}/{}/{}: {}\n", m.family, m.kernel, m.size, m.vendor_failure);
    return text;
}

std::string format_json(const CudaMachine& machine, std::span<const CudaMeasurement> measurements) {
    using nlohmann::ordered_json;
    ordered_json cases = ordered_json::array();
    for (const CudaMeasurement& m : measurements) {
        const Rates r = rates(machine, m);
        cases.push_back({{"family", m.family},
                         {"kernel", m.kernel},
                         {"size", m.size},
                         {"flops", m.flops},
                         {"bytes", m.bytes},
                         {"working_set_bytes", m.working_set},
                         {"traffic", name(m.traffic)},
                         {"warm", timing_json(m.warm)},
                         {"cold", m.cold ? timing_json(*m.cold) : ordered_json()},
                         {"vendor_seconds", number_json(m.vendor ? Value(m.vendor->warm.seconds) : std::nullopt)},
                         {"vendor_failure", m.vendor_failure},
                         {"vendor_time_ratio", number_json(warm_ratio(m))},
                         {"vendor_cold_time_ratio", number_json(cold_ratio(m))},
                         {"flops_per_second", number_json(r.flops)},
                         {"peak_share", number_json(r.peak_share)},
                         {"bytes_per_second", number_json(r.bytes)},
                         {"bandwidth_share", number_json(r.bandwidth_share)},
                         {"cold_bytes_per_second", number_json(r.cold_bytes)},
                         {"cold_bandwidth_share", number_json(r.cold_bandwidth_share)}});
    }
    const CudaDevice& device = machine.device;
    const ordered_json document = {{"device", device.name},
                                   {"emulated", device.emulated},
                                   {"compute_capability", device.compute_capability},
                                   {"multiprocessors", device.multiprocessors},
                                   {"l2_bytes", device.l2_bytes},
                                   {"precision", name_of(kPrecisions, machine.precision)},
                                   {"fma_peak_flops_per_second", machine.peaks.fma},
                                   {"tf32_peak_flops_per_second", number_json(machine.peaks.tf32)},
                                   {"bf16_peak_flops_per_second", number_json(machine.peaks.bf16)},
                                   {"vendor", machine.vendor_absence.empty()},
                                   {"empty_launch_seconds", machine.empty_launch},
                                   {"bandwidth", bandwidth_json(machine.bandwidth)},
                                   {"cases", cases}};
    return document.dump(2) + '\n';
}

}  // namespace sinter::bench
