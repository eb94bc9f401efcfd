// Atomic operations, also between the blocks that OS threads run at the same time. There are none on floating-point
// numbers, because sinter's sums are the same in every run.
#pragma once

#include <atomic>
#include <type_traits>

template <class Value>
requires std::is_integral_v<Value> Value atomicAdd(Value* address, Value value) {
    return std::atomic_ref(*address).fetch_add(value);
}
template <class Value>
requires std::is_integral_v<Value> Value atomicOr(Value* address, Value value) {
    return std::atomic_ref(*address).fetch_or(value);
}
template <class Value>
requires std::is_integral_v<Value> Value atomicAnd(Value* address, Value value) {
    return std::atomic_ref(*address).fetch_and(value);
}
template <class Value>
requires std::is_integral_v<Value> Value atomicExch(Value* address, Value value) {
    return std::atomic_ref(*address).exchange(value);
}
template <class Value>
requires std::is_integral_v<Value> Value atomicCAS(Value* address, Value expected, Value value) {
    std::atomic_ref(*address).compare_exchange_strong(expected, value);
    return expected;
}
template <class Value>
requires std::is_integral_v<Value> Value atomicMin(Value* address, Value value) {
    std::atomic_ref at(*address);
    Value old = at.load();
    while (value < old && !at.compare_exchange_weak(old, value)) {
    }
    return old;
}
template <class Value>
requires std::is_integral_v<Value> Value atomicMax(Value* address, Value value) {
    std::atomic_ref at(*address);
    Value old = at.load();
    while (old < value && !at.compare_exchange_weak(old, value)) {
    }
    return old;
}

/// Counts 0, 1, ..., limit, 0, ...: returns the old value.
inline unsigned atomicInc(unsigned* address, unsigned limit) {
    std::atomic_ref at(*address);
    unsigned old = at.load();
    while (!at.compare_exchange_weak(old, old >= limit ? 0 : old + 1)) {
    }
    return old;
}

namespace sinter::emu {

/// A full fence that the thread sanitizer understands, which std::atomic_thread_fence() is not.
inline std::atomic<unsigned> fences{0};
inline void fence() { fences.fetch_add(1, std::memory_order_seq_cst); }

}  // namespace sinter::emu

inline void __threadfence() { sinter::emu::fence(); }
inline void __threadfence_block() { sinter::emu::fence(); }
