// Kernels called with tensors. For .cpp files.
//
//     call(kernel::add, y, a, b, y.count());
#pragma once

#include <optional>

#include "core/buffer.h"
#include "core/profile/work.h"
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

/// What a kernel moves of an argument at least, in bytes: a tensor or a buffer once, all others nothing.
template <class Argument>
double bytes_of(const Argument& argument) {
    if constexpr (requires { argument.bytes(); })
        return argument.bytes();
    else
        return 0;
}

/// The multiply-adds that a geometry asks for; other arguments ask for none.
template <class Argument>
double multiply_adds_of(const Argument& argument) {
    if constexpr (requires { argument.multiply_adds(); })
        return argument.multiply_adds();
    else
        return 0;
}

/// Calls a kernel on the device of the first argument: what it writes, a Tensor or a Buffer.
template <class Kernel, class First, class... Rest>
void call(const Kernel& kernel, const First& first, const Rest&... rest) {
    std::optional<WorkScope> work;
    if (WorkObserver::current()) {
        work.emplace(Kernel::kName, (bytes_of(first) + ... + bytes_of(rest)), (0.0 + ... + multiply_adds_of(rest)));
    }
    first.device().run([&](auto& queue) { kernel(queue, first.data(queue), argument_on(queue, rest)...); });
}

/// A tensor that a kernel reads and writes, as an argument of call(): it moves twice.
struct InPlace {
    const Tensor& tensor;

    Device device() const { return tensor.device(); }
    double bytes() const { return 2 * tensor.bytes(); }

    template <class Queue>
    auto* data(const Queue& queue) const {
        return tensor.data(queue);
    }
};

/// `count` elements of a tensor from one of them on, as an argument of call(). The count is for the profile alone.
struct FromElement {
    const Tensor& tensor;
    Index first, count;

    Device device() const { return tensor.device(); }
    double bytes() const { return static_cast<double>(count) * static_cast<double>(tensor.device().element_bytes()); }

    template <class Queue>
    auto* data(const Queue& queue) const {
        return tensor.data(queue) + first;
    }
};

/// A buffer of which a kernel reads `count` elements somewhere, as an argument of call(). The count is for the profile
/// alone.
template <class T>
struct SomeOf {
    const Buffer<T>& buffer;
    Index count;

    double bytes() const { return static_cast<double>(count) * sizeof(T); }

    template <class Queue>
    T* data(const Queue&) const {
        return buffer.data();
    }
};

/// An Epilogue with a tensor for its bias, as an argument of call().
struct TensorEpilogue {
    Tensor bias = {};
    kernels::Activation activation = {};
    bool accumulate = false;

    double bytes() const { return bias.bytes(); }

    template <class Queue>
    kernels::Epilogue<typename Queue::Real> data(const Queue& queue) const {
        return {bias.data(queue), activation, accumulate};
    }
};

}  // namespace sinter
