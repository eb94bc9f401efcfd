// A limit on the memory that threads use together.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sinter {

/// Bytes that threads share among themselves. Any thread may use it.
class MemoryBudget {
public:
    explicit MemoryBudget(std::int64_t bytes) : bytes_(bytes) {}
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;

    /// Holds a part of the budget while it lives. The constructor waits until this many bytes are left. A share larger
    /// than the whole budget waits until nobody else holds one.
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
