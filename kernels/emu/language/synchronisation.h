// How the threads of a block and the lanes of a warp meet: barriers, shuffles, votes, reductions.
//
// They are stricter than a device. A mask may only name lanes that exist and have not returned, and all of them must
// make the same call with the same mask. A lane may only read from a lane that the mask names. No thread may return
// before a barrier that others wait at. Two kinds are missing on purpose: __activemask(), whose result is not defined,
// and __reduce_add_sync() and its like, which the oldest device that sinter is built for does not have.
#pragma once

#include <bit>
#include <source_location>
#include <string>
#include <type_traits>

#include "kernels/emu/language/builtins.h"

namespace sinter::emu {

using Here = std::source_location;

int wait_for_block(int kind, int predicate, const char* name, const Here& at);
/// Waits until all lanes of `mask` are here. Then combine(lanes, mask) is called once for all of them.
void meet(void (*combine)(void* const* lanes, unsigned mask), const char* name, unsigned mask, void* mine,
          const Here& at);
int lane_of_caller();
void* dynamic_shared();
[[noreturn]] void device_fault(const std::string& what);

/// What a lane brings to a meeting and takes away.
template <class Value>
struct Exchange {
    Value value;
    Value result;
    int source;  ///< the lane whose value it wants
};

template <class Value>
void exchange(void* const* lanes, unsigned mask) {
    for (int lane = 0; lane < warpSize; ++lane) {
        if (!(mask >> lane & 1)) continue;
        auto& mine = *static_cast<Exchange<Value>*>(lanes[lane]);
        if (!(mask >> mine.source & 1)) {
            device_fault("lane " + std::to_string(lane) + " of a shuffle reads from lane " +
                         std::to_string(mine.source) + ", which the mask does not name");
        }
        mine.result = static_cast<const Exchange<Value>*>(lanes[mine.source])->value;
    }
}

template <class Value>
Value shuffle(const char* name, unsigned mask, Value value, int source, const Here& at) {
    static_assert(std::is_arithmetic_v<Value> && (sizeof(Value) == 4 || sizeof(Value) == 8),
                  "shuffles move numbers of 4 or 8 bytes");
    Exchange<Value> mine{value, {}, source};
    meet(&exchange<Value>, name, mask, &mine, at);
    return mine.result;
}

/// Folds the values of all lanes of the mask, in the order of the lanes. Every lane gets the result.
template <class Value, class Fold>
Value fold_lanes(const char* name, unsigned mask, Value value, Fold, const Here& at) {
    Exchange<Value> mine{value, {}, 0};
    meet(
        [](void* const* lanes, unsigned present) {
            const auto of = [&](int lane) -> Exchange<Value>& { return *static_cast<Exchange<Value>*>(lanes[lane]); };
            const int first = std::countr_zero(present);
            Value result = of(first).value;
            for (int lane = first + 1; lane < warpSize; ++lane) {
                if (present >> lane & 1) result = Fold{}(result, of(lane).value);
            }
            for (int lane = first; lane < warpSize; ++lane) {
                if (present >> lane & 1) of(lane).result = result;
            }
        },
        name, mask, &mine, at);
    return mine.result;
}

}  // namespace sinter::emu

inline void __syncthreads(const sinter::emu::Here& at = sinter::emu::Here::current()) {
    sinter::emu::wait_for_block(0, 0, "__syncthreads()", at);
}
inline int __syncthreads_count(int predicate, const sinter::emu::Here& at = sinter::emu::Here::current()) {
    return sinter::emu::wait_for_block(1, predicate, "__syncthreads_count()", at);
}
inline int __syncthreads_and(int predicate, const sinter::emu::Here& at = sinter::emu::Here::current()) {
    return sinter::emu::wait_for_block(2, predicate, "__syncthreads_and()", at);
}
inline int __syncthreads_or(int predicate, const sinter::emu::Here& at = sinter::emu::Here::current()) {
    return sinter::emu::wait_for_block(3, predicate, "__syncthreads_or()", at);
}

inline void __syncwarp(unsigned mask = 0xffffffffu, const sinter::emu::Here& at = sinter::emu::Here::current()) {
    sinter::emu::meet([](void* const*, unsigned) {}, "__syncwarp()", mask, nullptr, at);
}

template <class Value>
Value __shfl_sync(unsigned mask, Value value, int source, int width = warpSize,
                  const sinter::emu::Here& at = sinter::emu::Here::current()) {
    const int segment = sinter::emu::lane_of_caller() / width * width;
    return sinter::emu::shuffle("__shfl_sync()", mask, value, segment + (source & (width - 1)), at);
}

template <class Value>
Value __shfl_up_sync(unsigned mask, Value value, unsigned delta, int width = warpSize,
                     const sinter::emu::Here& at = sinter::emu::Here::current()) {
    const int lane = sinter::emu::lane_of_caller(), source = lane - static_cast<int>(delta);
    return sinter::emu::shuffle("__shfl_up_sync()", mask, value, source < lane / width * width ? lane : source, at);
}

template <class Value>
Value __shfl_down_sync(unsigned mask, Value value, unsigned delta, int width = warpSize,
                       const sinter::emu::Here& at = sinter::emu::Here::current()) {
    const int lane = sinter::emu::lane_of_caller(), source = lane + static_cast<int>(delta);
    const int end = lane / width * width + width;
    return sinter::emu::shuffle("__shfl_down_sync()", mask, value, source < end ? source : lane, at);
}

template <class Value>
Value __shfl_xor_sync(unsigned mask, Value value, int lane_mask, int width = warpSize,
                      const sinter::emu::Here& at = sinter::emu::Here::current()) {
    const int lane = sinter::emu::lane_of_caller(), source = lane ^ lane_mask;
    const int end = lane / width * width + width;
    return sinter::emu::shuffle("__shfl_xor_sync()", mask, value, source < end ? source : lane, at);
}

inline unsigned __ballot_sync(unsigned mask, int predicate,
                              const sinter::emu::Here& at = sinter::emu::Here::current()) {
    const unsigned mine = predicate ? 1u << sinter::emu::lane_of_caller() : 0u;
    return sinter::emu::fold_lanes(
        "__ballot_sync()", mask, mine, [](unsigned a, unsigned b) { return a | b; }, at);
}
inline int __any_sync(unsigned mask, int predicate, const sinter::emu::Here& at = sinter::emu::Here::current()) {
    return sinter::emu::fold_lanes(
        "__any_sync()", mask, int{predicate != 0}, [](int a, int b) { return a | b; }, at);
}
inline int __all_sync(unsigned mask, int predicate, const sinter::emu::Here& at = sinter::emu::Here::current()) {
    return sinter::emu::fold_lanes(
        "__all_sync()", mask, int{predicate != 0}, [](int a, int b) { return a & b; }, at);
}
