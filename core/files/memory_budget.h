// A limit on the memory that threads use together.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sinter {

/// Bytes that threads share out among themselves. For use from any thread.
class MemoryBudget {
public:
    explicit MemoryBudget(std::int64_t bytes) : bytes_(bytes) {}
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;

    /// Part of a budget while it lives. The constructor waits until so many bytes are left; more than the whole budget
    /// are had by one at a time, when nobody else has any.
    class Share {
    public:
        Share(MemoryBudget& budget, std::int64_t bytes);
        ~Share();
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

    private:
        MemoryBudget& budget_;
        std::int64_t bytes_;
    };

private:
    const std::int64_t bytes_;
    std::mutex mutex_;  // of what follows
    std::condition_variable freed_;
    std::int64_t used_ = 0;
};

}  // namespace sinter
