// Kernels called with tensors. For .cpp files.
//
//     call(kernel::add, y, a, b, y.count());
#pragma once

#include "core/tensor.h"
#include "kernels/gemm.h"

namespace sinter {

/// Every kernel as an object; see SINTER_KERNEL.
namespace kernel = kernels::callable;

/// What a kernel gets for an argument. Tensors, and whatever else has a data(queue), give memory or a value in the
/// element type of the queue; all others are passed on as they are.
template <class Queue, class Argument>
decltype(auto) argument_on(const Queue& queue, const Argument& argument) {
    if constexpr (requires { argument.data(queue); })
        return argument.data(queue);
    else
        return (argument);
}

/// Calls a kernel on the device of the first argument: what it writes, a Tensor or a Buffer.
template <class Kernel, class First, class... Rest>
void call(const Kernel& kernel, const First& first, const Rest&... rest) {
    first.device().run([&](auto& queue) { kernel(queue, first.data(queue), argument_on(queue, rest)...); });
}

/// A tensor from one of its elements on, as an argument of call().
struct FromElement {
    const Tensor& tensor;
    Index first;

    Device device() const { return tensor.device(); }

    template <class Queue>
    auto* data(const Queue& queue) const {
        return tensor.data(queue) + first;
    }
};

/// An Epilogue with a tensor for its bias, as an argument of call().
struct TensorEpilogue {
    Tensor bias = {};
    kernels::Activation activation = {};
    bool accumulate = false;

    template <class Queue>
    kernels::Epilogue<typename Queue::Real> data(const Queue& queue) const {
        return {bias.data(queue), activation, accumulate};
    }
};

}  // namespace sinter
