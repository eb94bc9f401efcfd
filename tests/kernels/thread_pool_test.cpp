// The thread pool: every task once, jobs in order, reuse after idle time. Meant for the thread sanitizer too.
#include "kernels/runtime/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include "kernels/runtime/machine.h"

namespace sinter::kernels {
namespace {

class ThreadPoolTest : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolTest, HasTheThreadsThatWereAskedFor) { EXPECT_EQ(ThreadPool(GetParam()).threads(), GetParam()); }

TEST_P(ThreadPoolTest, RunsEveryTaskOnceOnAThreadOfTheTeam) {
    ThreadPool pool(GetParam());
    for (const std::int64_t tasks : {0, 1, 2, 3, 4, 5, 63, 1000}) {
        std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
        std::atomic<bool> known_thread = true;
        pool.run(tasks, [&](std::int64_t task, int thread) {
            runs[static_cast<std::size_t>(task)].fetch_add(1);
            if (thread < 0 || thread >= GetParam()) known_thread = false;
        });
        EXPECT_TRUE(known_thread);
        EXPECT_TRUE(std::all_of(runs.begin(), runs.end(), [](const auto& count) { return count == 1; })) << tasks;
    }
}

TEST_P(ThreadPoolTest, FinishesAJobBeforeTheNextBegins) {
    // Plain integers, each job reading what other tasks of the job before wrote: a job that leaks into the next one
    // gives a wrong sum, and a data race under the thread sanitizer.
    ThreadPool pool(GetParam());
    constexpr std::size_t kTasks = 7;
    std::vector<std::int64_t> numbers(kTasks, 1), next(kTasks);
    constexpr int kJobs = 500;
    for (int job = 0; job < kJobs; ++job) {
        pool.run(kTasks, [&](std::int64_t task, int) {
            const auto i = static_cast<std::size_t>(task);
            next[i] = numbers[(i + 1) % kTasks] + 1;
        });
        std::swap(numbers, next);
    }
    EXPECT_EQ(numbers, std::vector<std::int64_t>(kTasks, 1 + kJobs));
}

TEST_P(ThreadPoolTest, WaitsForTheSlowestTask) {
    ThreadPool pool(GetParam());
    std::vector<std::atomic<bool>> done(8);
    for (int job = 0; job < 5; ++job) {
        for (auto& task_done : done) task_done = false;
        pool.run(8, [&](std::int64_t task, int thread) {
            std::this_thread::sleep_for(std::chrono::milliseconds(thread == 0 ? 1 : 5));  // the caller is done first
            done[static_cast<std::size_t>(task)] = true;
        });
        EXPECT_TRUE(std::all_of(done.begin(), done.end(), [](const auto& task_done) { return task_done.load(); }));
    }
}

TEST_P(ThreadPoolTest, GivesEachThreadMemoryOfItsOwn) {
    ThreadPool pool(GetParam());
    std::vector<std::int64_t> sums(static_cast<std::size_t>(GetParam()));
    for (int job = 0; job < 100; ++job) {
        pool.run(100, [&](std::int64_t task, int thread) { sums[static_cast<std::size_t>(thread)] += task; });
    }
    std::int64_t total = 0;
    for (const std::int64_t sum : sums) total += sum;
    EXPECT_EQ(total, 100 * (99 * 100 / 2));
}

TEST_P(ThreadPoolTest, WakesAgainAfterItsThreadsWentToSleep) {
    ThreadPool pool(GetParam());
    for (int job = 0; job < 5; ++job) {
        std::atomic<int> runs = 0;
        pool.run(20, [&](std::int64_t, int) { runs.fetch_add(1); });
        EXPECT_EQ(runs, 20);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));  // spinning ends well before
    }
}

TEST_P(ThreadPoolTest, StopsWhetherItsThreadsSpinOrSleep) {
    for (int round = 0; round < 20; ++round) {
        ThreadPool pool(GetParam());
        if (round % 2 == 0) pool.run(3, [](std::int64_t, int) {});
        if (round % 5 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolTest, ::testing::Values(1, 2, 3, 4));

TEST(ThreadPool, UsesEveryUsableCoreByDefault) { EXPECT_EQ(ThreadPool(0).threads(), usable_cores()); }

TEST(ThreadPool, GoesOnWithTheThreadsThatThereAre) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer takes terabytes of addresses, which no limit lets it keep";
#endif
    // Stacks take addresses, of which there is room for a few.
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
    std::int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before;
    limit.rlim_cur = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + (std::int64_t{64} << 20));
    ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
    ThreadPool pool(200);
    ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
    EXPECT_LT(pool.threads(), 200);
    std::atomic<int> sum = 0;
    pool.run(1000, [&](std::int64_t task, int thread) {
        sum += static_cast<int>(task);
        EXPECT_LT(thread, pool.threads());
    });
    EXPECT_EQ(sum, 999 * 1000 / 2);
}

}  // namespace
}  // namespace sinter::kernels
