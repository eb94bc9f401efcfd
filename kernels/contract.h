// The one macro that declares a kernel for every backend, and the conventions that all contracts share.
//
// A kernel is a plain function on raw memory:
//
//     kernel(queue, outputs..., inputs..., sizes and options...)
//
// * The queue's type selects the backend by overload resolution: CpuQueue (SIMD, threads), CudaQueue (a GPU, in builds
//   with SINTER_CUDA) or RefQueue<Real> (the readable scalar truth). A backend that lacks a kernel fails at link time,
//   never at run time.
// * Matrices are dense and row-major. Images are NHWC. A row is an example of the batch wherever there is a batch.
// * Kernels trust their arguments: shapes are checked once, by the op in core/ that calls the kernel.
// * Outputs may not overlap inputs unless the contract says "in place". A count of zero is valid and touches nothing,
//   except that a sum over nothing writes zero.
// * "=" means the output is overwritten whatever it held (NaN included); "+=" means it is read and added to.
// * Scalars that are fixed for the life of a program travel by value; scalars that change from step to step (learning
//   rate, random counter, position in the epoch) are read through pointers to device memory, so that a whole step can
//   be recorded once and replayed.
// * Results are deterministic: sums run over fixed tiles in a fixed order, whatever the number of threads.
#pragma once

#include <compare>
#include <cstdint>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// Signed sizes and offsets, in elements.
using Index = std::int64_t;

/// The element type of every optimised backend. Inside a contract, RefQueue's own Real takes its place.
using Real = float;

/// A dense row-major matrix of rows x columns.
struct MatrixShape {
    Index rows = 0;
    Index columns = 0;

    auto operator<=>(const MatrixShape&) const = default;

    constexpr Index count() const { return rows * columns; }
};

}  // namespace sinter::kernels

#ifdef SINTER_HAS_CUDA
#define SINTER_CUDA_KERNEL(name, ...) void name(CudaQueue& queue, __VA_ARGS__)
#else
#define SINTER_CUDA_KERNEL(name, ...) static_assert(true)
#endif

/// Declares kernel `name` for every backend. In the argument list `Real` is the queue's element type. callable::name is
/// the overloaded function as an object that knows its name, which can be passed on (core/call.h).
#define SINTER_KERNEL(name, ...)                                                                             \
    void name(CpuQueue& queue, __VA_ARGS__);                                                                 \
    SINTER_CUDA_KERNEL(name, __VA_ARGS__);                                                                   \
    template <class Real>                                                                                    \
    void name(RefQueue<Real>& queue, __VA_ARGS__);                                                           \
    namespace callable {                                                                                     \
    inline constexpr struct name##_callable {                                                                \
        static constexpr const char* kName = #name;                                                          \
        void operator()(auto& queue, const auto&... arguments) const { kernels::name(queue, arguments...); } \
    } name;                                                                                                  \
    }                                                                                                        \
    static_assert(true)
