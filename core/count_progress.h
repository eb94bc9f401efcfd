// How far a count has come, on stderr: one redrawn line on a terminal, elsewhere a line every ten seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace sinter {

/// "Decoding  1234/5000  312 images/s  ETA 0:12". What takes less than a second shows nothing.
class CountProgress {
public:
    /// `what` is done `total` times, to `things`. Nothing is shown unless `shown`.
    CountProgress(std::string what, std::string things, std::int64_t total, bool shown);
    ~CountProgress();
    CountProgress(const CountProgress&) = delete;
    CountProgress& operator=(const CountProgress&) = delete;

    /// One more is done. For any number of threads.
    void count();

private:
    using Clock = std::chrono::steady_clock;
    using Ticks = Clock::rep;  // since began_

    void show(double seconds, std::int64_t done);

    const std::string what_, things_;
    const std::int64_t total_;
    const bool shown_, terminal_;
    const Clock::time_point began_ = Clock::now();
    std::atomic<std::int64_t> done_{0};
    std::atomic<Ticks> next_;  // when to show it again
    std::atomic<bool> line_is_shown_{false};
};

}  // namespace sinter
