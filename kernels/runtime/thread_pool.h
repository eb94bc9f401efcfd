// A fixed team of threads for kernels that last microseconds: workers spin briefly for the next job, then park.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

namespace sinter::kernels {

/// Runs a job's tasks on a fixed team of threads. Each thread begins with its own share of consecutive tasks, so that
/// the same part of the data meets the same core and its caches in every step. It then helps the others. Which thread
/// runs which task is left to chance; kernels make a task's result depend on its number alone. Jobs allocate nothing.
class ThreadPool {
public:
    /// A team of `threads`, the calling thread included; 0 means one for each of usable_cores(). Smaller where the
    /// system cannot start so many.
    explicit ThreadPool(int threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int threads() const { return static_cast<int>(workers_.size()) + 1; }

    /// Calls task(i, thread) for every i in [0, tasks), each once, and returns when all are done; `thread` is in [0,
    /// threads()) and picks working memory, never values. `task` must not throw and must not call run() itself. One
    /// thread at a time may call it.
    template <class Task>
    void run(std::int64_t tasks, const Task& task) {
        if (tasks <= 1 || workers_.empty()) {
            for (std::int64_t i = 0; i < tasks; ++i) task(i, 0);
            return;
        }
        run_job(
            tasks,
            [](const void* context, std::int64_t i, int thread) { (*static_cast<const Task*>(context))(i, thread); },
            &task);
    }

private:
    using Function = void (*)(const void*, std::int64_t, int);

    void run_job(std::int64_t tasks, Function function, const void* context);
    void work(int thread);
    void take_tasks(int thread);
    void stop_workers(std::size_t left);

    // The gate: bit 32 says that a job is open, the bits below count the workers inside it. The job's fields may be
    // written while the gate is closed and nobody is inside. A worker that comes late finds it closed, and nobody has
    // waited for it.
    static constexpr std::uint64_t kOpen = std::uint64_t{1} << 32;

    /// A thread's share of the job: it or others still have to take tasks [next, end).
    struct alignas(64) Share {
        std::atomic<std::int64_t> next{0};
        std::int64_t end = 0;
    };

    std::vector<std::thread> workers_;
    std::vector<Share> shares_;
    Function function_ = nullptr;
    const void* context_ = nullptr;
    alignas(64) std::atomic<std::uint64_t> gate_{0};
    alignas(64) std::atomic<std::uint32_t> generation_{0};            // counts jobs: what idle workers look at
    std::atomic<int> workers_left_{std::numeric_limits<int>::max()};  // those of a higher number end
};

}  // namespace sinter::kernels
