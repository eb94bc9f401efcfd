// What the tests of the emulated device share.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/emu/sanitizers.h"
#include "kernels/emu/schedule.h"
#include "kernels/emu/stream.h"
#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// An array in the memory of a queue's device.
template <class Value>
class DeviceArray {
public:
    DeviceArray(CudaQueue& queue, const std::vector<Value>& values)
        : queue_(queue), count_(values.size()), data_(static_cast<Value*>(queue.allocate(bytes()))) {
        queue.upload(data_, values.data(), bytes());
    }
    ~DeviceArray() { queue_.release(data_); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;

    Value* data() const { return data_; }
    std::vector<Value> values() const {
        std::vector<Value> result(count_);
        queue_.download(result.data(), data_, bytes());
        return result;
    }

private:
    std::size_t bytes() const { return count_ * sizeof(Value); }

    CudaQueue& queue_;
    std::size_t count_;
    Value* data_;
};

/// 1, 2, 3, ...
inline std::vector<float> counting(std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i + 1);
    return values;
}

/// The sentence of the QueueError that `action` throws; empty if it throws none.
template <class Action>
std::string sentence_of(Action action) {
    try {
        action();
    } catch (const QueueError& error) {
        return error.what();
    }
    return "";
}

inline std::vector<emu::Schedule> all_schedules() {
    using emu::Schedule;
    return {{Schedule::forward}, {Schedule::reversed}, {Schedule::shuffled, 1}, {Schedule::shuffled, 2}};
}

/// Every test begins with the forward schedule and with streams that report a fault where it is made, whatever the
/// environment says.
class EmulatedDevice : public ::testing::Test {
protected:
    void SetUp() override {
        emu::set_schedule({});
        emu::set_streams(emu::Streams::prompt);
    }

    CudaQueue queue;
};

}  // namespace sinter::kernels
