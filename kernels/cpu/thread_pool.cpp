#include "kernels/cpu/thread_pool.h"

#include <algorithm>

namespace sinter::kernels {
namespace {

// Spinning covers the gaps between the kernels of one training step (a few microseconds); a gap that lasts longer, such
// as writing a checkpoint, parks the team so that it does not burn a core.
constexpr int kSpins = 4000;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
    if (threads <= 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    workers_.reserve(static_cast<std::size_t>(threads) - 1);
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
    stop_.store(true, std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::take_tasks(int thread) {
    for (;;) {
        const std::int64_t i = next_task_.fetch_add(1, std::memory_order_relaxed);
        if (i >= tasks_) return;
        function_(context_, i, thread);
    }
}

void ThreadPool::run_job(std::int64_t tasks, Function function, const void* context) {
    function_ = function;
    context_ = context;
    tasks_ = tasks;
    next_task_.store(0, std::memory_order_relaxed);
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    take_tasks(0);
    // Every worker must have left take_tasks() before the job's fields may be written again.
    for (int spin = 0; busy_.load(std::memory_order_acquire) != 0; ++spin) {
        if (spin < kSpins)
            pause();
        else
            std::this_thread::yield();  // more threads than cores: let the late worker run
    }
}

void ThreadPool::work(int thread) {
    std::uint32_t seen = 0;
    for (;;) {
        int spin = 0;
        std::uint32_t now;
        while ((now = generation_.load(std::memory_order_acquire)) == seen) {
            if (++spin < kSpins)
                pause();
            else
                generation_.wait(seen, std::memory_order_acquire);
        }
        seen = now;
        if (stop_.load(std::memory_order_relaxed)) return;
        take_tasks(thread);
        busy_.fetch_sub(1, std::memory_order_release);
    }
}

}  // namespace sinter::kernels
