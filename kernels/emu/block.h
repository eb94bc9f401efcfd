// One block of a launch: its threads, and how they wait for each other. A thread is a plain call until it has to wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "kernels/emu/fiber.h"
#include "kernels/emu/language/vector_types.h"
#include "kernels/emu/schedule.h"

namespace sinter::emu {

inline constexpr int kWarpLanes = 32;

/// What every block of a launch shares.
struct Grid {
    std::string kernel;
    dim3 blocks, threads;
    std::size_t shared_bytes = 0;
    const void* function = nullptr;
    std::function<void()> call;  ///< the kernel with its arguments; threadIdx and its like say which thread it is
    Schedule schedule;
};

enum class BarrierKind { plain, count, all, any };

/// What lanes do together. The last one to arrive does it for all of them; `lanes` points to what each one brought.
using Combine = void (*)(void* const* lanes, unsigned mask);

/// Runs blocks, one at a time, on the OS thread that made it. The threads of a block run one after the other in the
/// order of the schedule, each as far as it gets.
class BlockRunner {
public:
    BlockRunner();
    ~BlockRunner();

    /// Runs one block to its end. Throws Fault.
    void run(const Grid& grid, uint3 block);

    /// The runner whose block the calling code is part of. Throws Fault on an OS thread that runs none.
    static BlockRunner& current();

    void* shared_memory();
    int barrier(BarrierKind kind, int predicate, const char* name, const std::source_location& at);
    void together(Combine combine, const char* name, unsigned mask, void* mine, const std::source_location& at);
    int lane() const { return running_ % kWarpLanes; }

    void start_copy(void* to, const void* from, std::size_t bytes, std::size_t valid_bytes);
    void close_copy_group();
    void finish_copies(int groups_that_may_remain);

    /// "kernel add_kernel, block (0,0,0), thread (3,0,0)"; for whoever reports a fault or a crash.
    std::string place() const;

    /// Throws Fault: the place, then `what`.
    [[noreturn]] void fail(const std::string& what) const;

private:
    enum class State : std::uint8_t { fresh, ready, at_barrier, at_warp, done };

    struct Copy {
        void* to;
        const void* from;
        std::size_t bytes, valid_bytes;

        void make() const;
    };
    /// Asynchronous copies that one thread started.
    struct CopiesUnderWay {
        std::vector<Copy> copies;             // the oldest first
        std::vector<std::size_t> group_ends;  // where each closed group ends in them
    };
    struct Thread {
        Fiber* fiber = nullptr;
        // What it waits for.
        const char* name = nullptr;
        std::source_location at;
        Combine combine = nullptr;
        unsigned mask = 0;
        void* mine = nullptr;
        uint3 index{};  // its threadIdx
        CopiesUnderWay under_way;
    };

    /// The lanes of one warp, as masks.
    struct Warp {
        unsigned existing, waiting, returned;
    };

    static void fiber_main(void* runner);
    void work();
    void run_thread();
    void wait();
    int next_runnable();
    void resume(int thread, Fiber& from);
    void leave(int thread);
    static void forget_copies(Thread& thread);
    void enter(int thread);
    void release_barrier(BarrierKind kind);
    [[noreturn]] void fail_deadlocked() const;
    std::string thread_text(int thread) const;
    std::string waiting_text(int thread) const;
    void prepare(const dim3& threads);
    void poison_shared_memory();
    void check_shared_memory() const;

    const Grid* grid_ = nullptr;
    uint3 block_{};
    int count_ = 0;    // threads of this block
    int running_ = 0;  // the thread that runs
    int place_in_order_ = 0;
    std::vector<int> order_;
    std::vector<State> states_;
    std::vector<Thread> threads_;
    dim3 shape_{0, 0, 0};  // of the block that the indices of threads_ were made for
    std::vector<Warp> warps_;
    int done_ = 0;
    int first_done_ = 0;

    int arrived_ = 0;  // at the barrier
    int first_arrived_ = 0;
    int predicates_ = 0;
    int barrier_result_ = 0;

    Fiber main_;
    std::vector<std::unique_ptr<Fiber>> fibers_;
    std::vector<Fiber*> idle_;
    std::exception_ptr fault_;
    std::byte* shared_ = nullptr;
};

}  // namespace sinter::emu
