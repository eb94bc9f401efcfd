#include "apps/roofs/timing.h"

#include <algorithm>
#include <cmath>

namespace sinter::bench {
namespace {

constexpr double kSampleSeconds = 200e-6;  // thousands of clock ticks; a lost time slice spoils one sample of many
constexpr double kWarmUpSeconds = 3e-3;    // caches, page tables, branch predictors, sleeping cores
constexpr double kSettleSeconds = 300e-6;

using Call = std::function<void()>;

double seconds_of(const Call& call, std::int64_t calls) {
    const Stopwatch watch;
    for (std::int64_t i = 0; i < calls; ++i) call();
    return watch.seconds();
}

/// Warms up and returns the number of calls that fills a sample.
std::int64_t calibrate(const Call& call) {
    call();  // the first call may allocate working memory
    const Stopwatch watch;
    double fastest = seconds_of(call, 1);
    std::int64_t calls = 1;
    while (watch.seconds() < kWarmUpSeconds) {
        fastest = std::min(fastest, seconds_of(call, calls) / static_cast<double>(calls));
        calls = std::clamp<std::int64_t>(2 * calls, 1, 1024);
    }
    return std::max<std::int64_t>(1, std::llround(kSampleSeconds / std::max(fastest, 1e-9)));
}

/// Waits until the threads of the contender before have stopped spinning for more work, then wakes this one's.
void settle(const Call& call) {
    for (const Stopwatch watch; watch.seconds() < kSettleSeconds;) {
    }
    call();
}

}  // namespace

std::vector<Timing> time_calls(std::span<const Call> contenders, const TimingOptions& options) {
    const std::size_t count = contenders.size();
    std::vector<Timing> timings(count);
    std::vector<std::vector<double>> samples(count);
    for (std::size_t i = 0; i < count; ++i) timings[i].calls_per_sample = calibrate(contenders[i]);

    double least = 0;  // measured time of the contender that has the least
    for (std::vector<double> total(count);
         least < options.min_seconds || samples[0].size() < static_cast<std::size_t>(options.min_samples);) {
        for (std::size_t i = 0; i < count; ++i) {
            if (count > 1) settle(contenders[i]);
            const double seconds = seconds_of(contenders[i], timings[i].calls_per_sample);
            total[i] += seconds;
            samples[i].push_back(seconds / static_cast<double>(timings[i].calls_per_sample));
        }
        least = *std::min_element(total.begin(), total.end());
    }
    for (std::size_t i = 0; i < count; ++i) {
        timings[i].samples = static_cast<int>(samples[i].size());
        timings[i].fastest = *std::min_element(samples[i].begin(), samples[i].end());
        timings[i].seconds = median(std::move(samples[i]));
    }
    return timings;
}

}  // namespace sinter::bench
