// What kernel_bench found, as an aligned table for people and as JSON for programs.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/kernel_bench/case_facts.h"
#include "apps/roofs/bandwidth.h"
#include "apps/roofs/timing.h"

namespace sinter::bench {

/// A library that is timed beside our kernels.
struct PeerLibrary {
    std::string beside;   ///< what it is timed at: "matrix products"
    std::string name;     ///< with its version; empty if it takes no part
    std::string absence;  ///< why it takes no part
};

/// The machine and its roofs, all measured in this run with the same number of threads.
struct Machine {
    std::string cpu;
    std::string simd;
    int threads = 1;
    double fma_peak = 0;         ///< floating-point operations per second, at the start of the run
    double fma_peak_at_end = 0;  ///< the same at its end
    BandwidthCurve bandwidth;
    std::vector<PeerLibrary> peers;

    /// The peak that kernels are compared with: the better of the two.
    double best_fma_peak() const { return std::max(fma_peak, fma_peak_at_end); }
};

/// One kernel case, timed.
struct Measurement : CaseFacts {
    struct Peer {
        std::string name;
        Timing timing;
    };

    Timing timing;
    std::optional<Peer> peer;
};

/// The processor's name as the system tells it, or "unknown CPU".
std::string cpu_model();

/// A header with the machine and its roofs, a line per case, and at the end for each kernel of matrix products or
/// convolutions the lowest share of the FMA peak and the lowest ratio to its peer, over the cases of which no side is
/// so narrow that a vector stays partly empty (16 or more).
std::string format_table(const Machine& machine, std::span<const Measurement> measurements);

/// The same numbers in SI units (seconds, bytes, operations per second), one object; indented, ends with a newline.
std::string format_json(const Machine& machine, std::span<const Measurement> measurements);

}  // namespace sinter::bench
