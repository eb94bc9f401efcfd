// A budget shared by threads: never more in use than it holds, but always enough for one.
#include "core/files/memory_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

namespace sinter {
namespace {

TEST(MemoryBudget, IsNeverExceededByThreadsTogether) {
    constexpr std::int64_t kBudget = 100;
    MemoryBudget budget(kBudget);
    std::atomic<std::int64_t> used{0}, highest{0};
    const auto work = [&](std::int64_t bytes) {
        for (int round = 0; round < 200; ++round) {
            const MemoryBudget::Share share(budget, bytes);
            const std::int64_t now = used += bytes;
            std::int64_t seen = highest;
            while (now > seen && !highest.compare_exchange_weak(seen, now)) {
            }
            std::this_thread::yield();
            used -= bytes;
        }
    };
    std::vector<std::thread> threads;
    for (const std::int64_t bytes : {60, 50, 40, 30}) threads.emplace_back(work, bytes);
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(highest, kBudget);
    EXPECT_GE(highest, 60);
}

TEST(MemoryBudget, MakesAnExceptionForOneThatIsAloneWithMoreThanAll) {
    MemoryBudget budget(100);
    std::atomic<bool> had{false};
    std::optional<MemoryBudget::Share> small;
    small.emplace(budget, 1);
    std::thread large([&] {
        const MemoryBudget::Share share(budget, 1000);
        had = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_FALSE(had) << "as long as somebody else has a share";
    small.reset();
    large.join();
    EXPECT_TRUE(had);
    const MemoryBudget::Share all(budget, 100);
}

}  // namespace
}  // namespace sinter
