// Shares of a job's tasks, and the gate that workers pass to take them.
#include "kernels/runtime/thread_pool.h"

#include <exception>

#include "kernels/runtime/machine.h"

namespace sinter::kernels {
namespace {

// A pause lasts some tens of nanoseconds. Idle workers spin through the gaps between the kernels of a training step (a
// few microseconds) and park when a gap lasts longer, such as writing a checkpoint, so that they do not burn a core.
constexpr int kIdleSpins = 2000;
// The caller waits for tasks that are under way, which are short; after this long the core of a worker is probably
// taken by someone else, and yielding lets it go on.
constexpr int kJoinSpins = 400;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
    if (threads <= 0) threads = usable_cores();
    shares_ = std::vector<Share>(static_cast<std::size_t>(threads));
    workers_.reserve(static_cast<std::size_t>(threads) - 1);
    try {
        for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
    } catch (const std::exception&) {
        // The system has no more threads to give, or no memory for their stacks: half of those that there are do the
        // work, and leave memory for it.
        stop_workers(workers_.size() / 2);
    }
}

ThreadPool::~ThreadPool() { stop_workers(0); }

/// Ends all workers but the first `left`.
void ThreadPool::stop_workers(std::size_t left) {
    workers_left_.store(static_cast<int>(left), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    while (workers_.size() > left) {
        workers_.back().join();
        workers_.pop_back();
    }
}

void ThreadPool::take_tasks(int thread) {
    const std::size_t count = workers_.size() + 1;
    for (std::size_t i = 0; i < count; ++i) {
        Share& share = shares_[(static_cast<std::size_t>(thread) + i) % count];
        for (;;) {
            const std::int64_t task = share.next.fetch_add(1, std::memory_order_relaxed);
            if (task >= share.end) break;
            function_(context_, task, thread);
        }
    }
}

void ThreadPool::run_job(std::int64_t tasks, Function function, const void* context) {
    function_ = function;
    context_ = context;
    const std::int64_t count = threads();
    for (std::int64_t i = 0; i < count; ++i) {
        Share& share = shares_[static_cast<std::size_t>(i)];
        share.next.store(tasks * i / count, std::memory_order_relaxed);
        share.end = tasks * (i + 1) / count;
    }
    gate_.fetch_or(kOpen, std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    take_tasks(0);
    gate_.fetch_and(~kOpen, std::memory_order_relaxed);
    for (int spin = 0; gate_.load(std::memory_order_acquire) != 0; ++spin) {
        if (spin < kJoinSpins)
            pause();
        else
            std::this_thread::yield();
    }
}

void ThreadPool::work(int thread) {
    std::uint32_t seen = 0;
    for (;;) {
        int spin = 0;
        std::uint32_t now;
        while ((now = generation_.load(std::memory_order_acquire)) == seen) {
            if (++spin < kIdleSpins)
                pause();
            else
                generation_.wait(seen, std::memory_order_acquire);
        }
        seen = now;
        if (thread > workers_left_.load(std::memory_order_relaxed)) return;
        // The job of this generation may be over and the next one open already: then this works on the next one.
        if (gate_.fetch_add(1, std::memory_order_acquire) & kOpen) take_tasks(thread);
        gate_.fetch_sub(1, std::memory_order_release);
    }
}

}  // namespace sinter::kernels
