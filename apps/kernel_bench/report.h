// What kernel_bench found, as an aligned table for people and as JSON for programs.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "apps/kernel_bench/bandwidth.h"
#include "apps/kernel_bench/timing.h"

namespace sinter::bench {

/// The machine and its roofs, all measured in this run with the same number of threads.
struct Machine {
    std::string cpu;
    std::string simd;
    int threads = 1;
    double fma_peak = 0;         ///< floating-point operations per second, at the start of the run
    double fma_peak_at_end = 0;  ///< the same at its end
    BandwidthCurve bandwidth;
    std::string peer;  ///< whose matrix product is timed beside ours; empty if none was found

    /// The peak that kernels are compared with: the better of the two.
    double best_fma_peak() const { return std::max(fma_peak, fma_peak_at_end); }
};

/// One kernel case, timed.
struct Measurement {
    std::string family, kernel, size;
    double flops = 0;        ///< floating-point operations per call; 0 if memory decides alone
    double bytes = 0;        ///< that any implementation must move, per call; 0 if unknown
    double working_set = 0;  ///< bytes that stay in use from call to call
    Traffic traffic = Traffic::triad;
    Timing timing;
    std::optional<Timing> peer;
};

/// The processor's name as the system tells it, or "unknown CPU".
std::string cpu_model();

/// A header with the machine and its roofs, then a line per case.
std::string format_table(const Machine& machine, std::span<const Measurement> measurements);

/// The same numbers in SI units (seconds, bytes, operations per second), one object; indented, ends with a newline.
std::string format_json(const Machine& machine, std::span<const Measurement> measurements);

}  // namespace sinter::bench
