// Device memory of integers: images as bytes, labels, permutations, counters. Not differentiable, not shaped.
#pragma once

#include <span>
#include <vector>

#include "core/device.h"
#include "core/shape.h"

namespace sinter {

/// `count` elements of an integer type on a device. Copies share the memory.
template <class T>
class Buffer {
public:
    Buffer() = default;
    Buffer(Index count, Device device)
        : device_(device), count_(count), storage_(device.memory().take(static_cast<std::size_t>(count) * sizeof(T))) {}
    Buffer(std::span<const T> values, Device device) : Buffer(static_cast<Index>(values.size()), device) {
        upload(values);
    }

    T* data() const { return storage_ ? static_cast<T*>(storage_->data()) : nullptr; }
    /// The same, for call().
    template <class Queue>
    T* data(const Queue&) const {
        return data();
    }
    Index count() const { return count_; }
    double bytes() const { return static_cast<double>(count_) * sizeof(T); }
    Device device() const { return device_; }

    /// Copies values from the host, from element `first` on.
    void upload(std::span<const T> values, Index first = 0) {
        device_.run([&](auto& queue) { queue.upload(data() + first, values.data(), values.size_bytes()); });
    }
    /// Copies everything to the host; waits for the device.
    std::vector<T> to_vector() const {
        std::vector<T> values(static_cast<std::size_t>(count_));
        device_.run([&](auto& queue) { queue.download(values.data(), data(), values.size() * sizeof(T)); });
        return values;
    }

private:
    Device device_ = Device::cpu();
    Index count_ = 0;
    Ref<Storage> storage_;
};

}  // namespace sinter
