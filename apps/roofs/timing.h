// Timing short calls: a guard against the optimiser, and medians of interleaved samples.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "apps/common/stopwatch.h"

namespace sinter::bench {

/// Makes the compiler believe that `value` is used.
inline void keep(float value) { asm volatile("" : : "m"(value) : "memory"); }

struct TimingOptions {
    double min_seconds = 0.02;  ///< measured time per contender, at least
    int min_samples = 7;
};

/// What a call takes.
struct Timing {
    double seconds = 0;  ///< per call: the median over the samples
    double fastest = 0;  ///< per call, in the fastest sample
    int samples = 0;
    std::int64_t calls_per_sample = 0;
};

/// Times each contender and returns the results in their order. A sample is a batch of calls long enough for the clock;
/// the contenders' samples take turns, so that a change of the machine's mood meets them alike. Everything is warm: the
/// buffers are the same in each call, as in a training step.
std::vector<Timing> time_calls(std::span<const std::function<void()>> contenders, const TimingOptions& options);

}  // namespace sinter::bench
