#include "kernels/emu/block.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "kernels/emu/fault.h"
#include "kernels/emu/language/builtins.h"
#include "kernels/emu/language/limits.h"
#include "kernels/emu/sanitizers.h"
#include "kernels/emu/shared_statics.h"
#include "kernels/emu/traffic.h"

constinit thread_local uint3 threadIdx{};
constinit thread_local uint3 blockIdx{};
constinit thread_local dim3 blockDim{};
constinit thread_local dim3 gridDim{};

namespace sinter::emu {
namespace {

// All bits set: a NaN in every floating-point type, -1 in every integer.
constexpr int kPoison = 0xFF;
constexpr std::size_t kSharedGuard = 1024;
constexpr std::byte kGuardByte{0xA7};

thread_local BlockRunner* running_here = nullptr;

std::string text(const uint3& at) {
    return "(" + std::to_string(at.x) + "," + std::to_string(at.y) + "," + std::to_string(at.z) + ")";
}

std::string text(const char* name, const std::source_location& at) {
    const std::string file = at.file_name();
    return std::string(name) + " (" + file.substr(file.rfind('/') + 1) + ":" + std::to_string(at.line()) + ")";
}

std::string hexadecimal(unsigned mask) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string digits = "0x";
    for (int shift = 28; shift >= 0; shift -= 4) digits += kDigits[mask >> shift & 15];
    return digits;
}

uint3 thread_index(int thread, const dim3& threads) {
    const auto t = static_cast<unsigned>(thread);
    return {t % threads.x, t / threads.x % threads.y, t / threads.x / threads.y};
}

}  // namespace

BlockRunner::BlockRunner() {
    shared_ = static_cast<std::byte*>(::operator new (kMaxSharedBytes + kSharedGuard, std::align_val_t{1024}));
}

BlockRunner::~BlockRunner() {
    allow(shared_, kMaxSharedBytes + kSharedGuard);
    ::operator delete (shared_, std::align_val_t{1024});
}

BlockRunner& BlockRunner::current() {
    if (!running_here) throw Fault("device code was called from the host, outside of any launch");
    return *running_here;
}

void BlockRunner::run(const Grid& grid, uint3 block) {
    grid_ = &grid;
    block_ = block;
    prepare(grid.threads);
    const std::uint64_t number =
        block.x + std::uint64_t{grid.blocks.x} * (block.y + std::uint64_t{grid.blocks.y} * block.z);
    put_in_order(order_, count_, grid.schedule, number);
    done_ = arrived_ = predicates_ = 0;
    place_in_order_ = count_ - 1;
    fault_ = nullptr;
    blockIdx = block;
    blockDim = grid.threads;
    gridDim = grid.blocks;
    poison_shared_memory();
    if (counting_traffic()) count_block();

    running_here = this;
    resume(next_runnable(), main_);
    running_here = nullptr;

    if (fault_) {
        idle_.clear();
        for (const auto& fiber : fibers_) {
            fiber->restart();
            idle_.push_back(fiber.get());
        }
        for (Thread& thread : threads_) forget_copies(thread);
        std::rethrow_exception(fault_);
    }
    check_shared_memory();
}

/// Threads and warps of a block of this shape, none of them started.
void BlockRunner::prepare(const dim3& threads) {
    count_ = static_cast<int>(threads.x * threads.y * threads.z);
    states_.assign(static_cast<std::size_t>(count_), State::fresh);
    if (threads_.size() < states_.size()) threads_.resize(states_.size());
    if (shape_.x != threads.x || shape_.y != threads.y || shape_.z != threads.z) {
        for (int t = 0; t < count_; ++t) threads_[static_cast<std::size_t>(t)].index = thread_index(t, threads);
        shape_ = threads;
    }
    warps_.assign((states_.size() + kWarpLanes - 1) / kWarpLanes, {~0u, 0, 0});
    if (count_ % kWarpLanes != 0) warps_.back().existing = (1u << count_ % kWarpLanes) - 1;
}

/// A fiber runs fresh threads one after the other, as long as they do not wait. A thread that waits keeps the fiber,
/// and another fiber goes on with the rest. A kernel that never waits runs on one fiber, as a loop.
void BlockRunner::fiber_main(void* runner) {
    auto& self = *static_cast<BlockRunner*>(runner);
    for (;;) self.work();
}

void BlockRunner::work() {
    Fiber& fiber = *threads_[static_cast<std::size_t>(running_)].fiber;
    int next = running_;
    try {
        do {
            enter(next);
            threads_[static_cast<std::size_t>(next)].fiber = &fiber;
            grid_->call();
            leave(next);
            next = next_runnable();
            if (next < 0 && done_ < count_) fail_deadlocked();
        } while (next >= 0 && states_[static_cast<std::size_t>(next)] == State::fresh);
    } catch (...) {
        fault_ = std::current_exception();
    }
    if (fault_) {
        Fiber::change(fiber, main_);
    } else {
        idle_.push_back(&fiber);
        if (next < 0) {
            Fiber::change(fiber, main_);
        } else {
            resume(next, fiber);
        }
    }
}

void BlockRunner::forget_copies(Thread& thread) {
    thread.under_way.copies.clear();
    thread.under_way.group_ends.clear();
}

void BlockRunner::enter(int thread) {
    running_ = thread;
    threadIdx = threads_[static_cast<std::size_t>(thread)].index;
}

void BlockRunner::leave(int thread) {
    if (done_ == 0) first_done_ = thread;
    states_[static_cast<std::size_t>(thread)] = State::done;
    forget_copies(threads_[static_cast<std::size_t>(thread)]);
    ++done_;
    if (arrived_ > 0) fail("returned, but " + waiting_text(first_arrived_) + " for all threads of the block");
    Warp& warp = warps_[static_cast<std::size_t>(thread / kWarpLanes)];
    warp.returned |= 1u << thread % kWarpLanes;
    for (unsigned waiting = warp.waiting; waiting != 0; waiting &= waiting - 1) {
        const int other = thread / kWarpLanes * kWarpLanes + std::countr_zero(waiting);
        if (threads_[static_cast<std::size_t>(other)].mask >> thread % kWarpLanes & 1) {
            fail("returned, but " + waiting_text(other) + " for it: it is named in the mask");
        }
    }
}

int BlockRunner::next_runnable() {
    for (int step = 1; step <= count_; ++step) {
        int place = place_in_order_ + step;
        if (place >= count_) place -= count_;
        const int thread = order_[static_cast<std::size_t>(place)];
        if (states_[static_cast<std::size_t>(thread)] <= State::ready) {
            place_in_order_ = place;
            return thread;
        }
    }
    return -1;
}

/// Goes on with `thread`, either where it waited or from its start on a spare fiber.
void BlockRunner::resume(int thread, Fiber& from) {
    Thread& next = threads_[static_cast<std::size_t>(thread)];
    if (states_[static_cast<std::size_t>(thread)] == State::fresh) {
        if (idle_.empty()) {
            fibers_.push_back(std::make_unique<Fiber>(&BlockRunner::fiber_main, this));
            idle_.push_back(fibers_.back().get());
        }
        next.fiber = idle_.back();
        idle_.pop_back();
    }
    enter(thread);
    Fiber::change(from, *next.fiber);
}

/// Lets others run until this thread is ready again.
void BlockRunner::wait() {
    const int me = running_;
    const int next = next_runnable();
    if (next < 0) fail_deadlocked();
    if (next != me) resume(next, *threads_[static_cast<std::size_t>(me)].fiber);
    enter(me);
}

int BlockRunner::barrier(BarrierKind kind, int predicate, const char* name, const std::source_location& at) {
    Thread& mine = threads_[static_cast<std::size_t>(running_)];
    mine.name = name;
    mine.at = at;
    if (done_ > 0) {
        fail("waits at " + text(name, at) + " for all threads of the block, but thread " + thread_text(first_done_) +
             " has returned");
    }
    if (arrived_ == 0) first_arrived_ = running_;
    const Thread& first = threads_[static_cast<std::size_t>(first_arrived_)];
    if (first.name != name || first.at.line() != at.line() || first.at.column() != at.column() ||
        (first.at.file_name() != at.file_name() && std::strcmp(first.at.file_name(), at.file_name()) != 0)) {
        fail("waits at " + text(name, at) + ", but " + waiting_text(first_arrived_) +
             ": all threads of a block must meet at the same barrier");
    }
    predicates_ += predicate != 0;
    states_[static_cast<std::size_t>(running_)] = State::at_barrier;
    if (++arrived_ == count_) release_barrier(kind);
    wait();
    return barrier_result_;
}

void BlockRunner::release_barrier(BarrierKind kind) {
    barrier_result_ = kind == BarrierKind::all   ? predicates_ == count_
                      : kind == BarrierKind::any ? predicates_ > 0
                                                 : predicates_;
    std::fill(states_.begin(), states_.end(), State::ready);
    arrived_ = predicates_ = 0;
    place_in_order_ = count_ - 1;
}

void BlockRunner::together(Combine combine, const char* name, unsigned mask, void* mine,
                           const std::source_location& at) {
    const int first = running_ / kWarpLanes * kWarpLanes;
    Warp& warp = warps_[static_cast<std::size_t>(running_ / kWarpLanes)];
    Thread& self = threads_[static_cast<std::size_t>(running_)];
    self.name = name;
    self.at = at;
    self.combine = combine;
    self.mask = mask;
    self.mine = mine;
    const auto calls = [&] { return "calls " + text(name, at) + " with the mask " + hexadecimal(mask); };
    if (!(mask >> lane() & 1)) {
        fail(calls() + ", which does not name its own lane " + std::to_string(lane()));
    }
    if (const unsigned absent = mask & ~warp.existing) {
        fail(calls() + ", which names lane " + std::to_string(std::countr_zero(absent)) +
             ", but the warp ends with lane " + std::to_string(count_ - first - 1));
    }
    if (const unsigned returned = mask & warp.returned) {
        fail(calls() + ", which names lane " + std::to_string(std::countr_zero(returned)) +
             ", but that thread has returned");
    }
    const auto expect_same = [&](int thread) {
        const Thread& other = threads_[static_cast<std::size_t>(thread)];
        if (other.mask == mask && other.combine == combine) return;
        fail(calls() + ", but " + waiting_text(thread) + " with the mask " + hexadecimal(other.mask) +
             ": lanes that a mask names must do the same together");
    };
    if (const unsigned others = mask & warp.waiting) expect_same(first + std::countr_zero(others));  // fails early
    states_[static_cast<std::size_t>(running_)] = State::at_warp;
    warp.waiting |= 1u << lane();
    if ((mask & warp.waiting) == mask) {
        void* lanes[kWarpLanes] = {};
        for (unsigned left = mask; left != 0; left &= left - 1) {
            const int i = std::countr_zero(left);
            expect_same(first + i);
            lanes[i] = threads_[static_cast<std::size_t>(first + i)].mine;
            states_[static_cast<std::size_t>(first + i)] = State::ready;
        }
        warp.waiting &= ~mask;
        combine(lanes, mask);
        if (grid_->schedule.order == Schedule::reversed) {
            place_in_order_ = count_ - 2 - std::min(first + kWarpLanes - 1, count_ - 1);  // go on with this warp
        }
    }
    wait();
}

void BlockRunner::Copy::make() const {
    count_read(from, valid_bytes);
    if (valid_bytes > 0) std::memcpy(to, from, valid_bytes);
    std::memset(static_cast<std::byte*>(to) + valid_bytes, 0, bytes - valid_bytes);
}

void BlockRunner::start_copy(void* to, const void* from, std::size_t bytes, std::size_t valid_bytes) {
    if (reinterpret_cast<std::uintptr_t>(to) % bytes != 0 || reinterpret_cast<std::uintptr_t>(from) % bytes != 0) {
        fail("starts an asynchronous copy of " + std::to_string(bytes) + " bytes that are not aligned to as many");
    }
    const Copy copy{to, from, bytes, valid_bytes};
    const Schedule::Order order = grid_->schedule.order;
    if (order == Schedule::reversed || (order == Schedule::shuffled && running_ % 2 != 0)) return copy.make();
    threads_[static_cast<std::size_t>(running_)].under_way.copies.push_back(copy);
}

void BlockRunner::close_copy_group() {
    CopiesUnderWay& mine = threads_[static_cast<std::size_t>(running_)].under_way;
    mine.group_ends.push_back(mine.copies.size());
}

void BlockRunner::finish_copies(int groups_that_may_remain) {
    CopiesUnderWay& mine = threads_[static_cast<std::size_t>(running_)].under_way;
    const std::ptrdiff_t groups = std::ssize(mine.group_ends) - groups_that_may_remain;
    if (groups <= 0) return;
    const auto last_end = mine.group_ends.begin() + groups;
    const std::size_t finished = last_end[-1];
    const auto end = mine.copies.begin() + static_cast<std::ptrdiff_t>(finished);
    for (auto copy = mine.copies.begin(); copy != end; ++copy) copy->make();
    mine.copies.erase(mine.copies.begin(), end);
    mine.group_ends.erase(mine.group_ends.begin(), last_end);
    for (std::size_t& group_end : mine.group_ends) group_end -= finished;
}

void* BlockRunner::shared_memory() {
    if (grid_->shared_bytes == 0) fail("uses dynamic shared memory, but the launch gave it none");
    return shared_;
}

void BlockRunner::poison_shared_memory() {
    allow(shared_, kMaxSharedBytes + kSharedGuard);
    std::memset(shared_, kPoison, grid_->shared_bytes);
    std::memset(shared_ + grid_->shared_bytes, static_cast<int>(kGuardByte), kSharedGuard);
    forbid(shared_ + grid_->shared_bytes, kMaxSharedBytes + kSharedGuard - grid_->shared_bytes);
    const SharedStatics statics = shared_statics_of(grid_->function);
    if (statics.bytes > 0) std::memset(statics.begin, kPoison, statics.bytes);
}

void BlockRunner::check_shared_memory() const {
    allow(shared_ + grid_->shared_bytes, kSharedGuard);
    for (std::size_t i = 0; i < kSharedGuard; ++i) {
        if (shared_[grid_->shared_bytes + i] != kGuardByte) {
            throw Fault("kernel " + grid_->kernel + ", block " + text(block_) + ": a thread wrote " +
                        std::to_string(i) + " bytes past the end of the " + std::to_string(grid_->shared_bytes) +
                        " bytes of dynamic shared memory");
        }
    }
}

std::string BlockRunner::thread_text(int thread) const { return text(thread_index(thread, grid_->threads)); }

std::string BlockRunner::place() const {
    return "kernel " + grid_->kernel + ", block " + text(block_) + ", thread " + thread_text(running_);
}

std::string BlockRunner::waiting_text(int thread) const {
    const Thread& waiting = threads_[static_cast<std::size_t>(thread)];
    return "thread " + thread_text(thread) + " waits at " + text(waiting.name, waiting.at);
}

void BlockRunner::fail(const std::string& what) const { throw Fault(place() + ": " + what); }

void BlockRunner::fail_deadlocked() const {
    int at_barrier = -1, at_warp = -1;
    for (int thread = count_ - 1; thread >= 0; --thread) {
        if (states_[static_cast<std::size_t>(thread)] == State::at_barrier) at_barrier = thread;
        if (states_[static_cast<std::size_t>(thread)] == State::at_warp) at_warp = thread;
    }
    std::string what = "nobody can go on: ";
    if (at_warp >= 0) {
        what +=
            waiting_text(at_warp) + " with the mask " + hexadecimal(threads_[static_cast<std::size_t>(at_warp)].mask);
        if (at_barrier >= 0) what += ", and ";
    }
    if (at_barrier >= 0) what += waiting_text(at_barrier);
    fail(what);
}

}  // namespace sinter::emu
