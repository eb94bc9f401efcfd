// The numbers of every step (losses, mostly), brought to the host without making it wait for the device.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "kernels/readback.h"

namespace sinter {

/// Which step: its number, where in its epoch it begins, how many images it has, and the kind of its pass (see
/// CapturedStep).
struct StepPlace {
    std::int64_t step = 0;
    Index position = 0, images = 0;
    std::uint64_t kind = 0;
};

/// What a step found, when it has arrived on the host.
struct Reading {
    StepPlace place;
    std::span<const double> values;  ///< in the order in which they were given; valid until the next reading
};

/// Hands over readings in the order of their steps: on a CUDA device kLag steps later, so that the next steps are
/// under way while the host looks at this one; elsewhere at once.
class Readings {
public:
    static constexpr int kLag = 2;

    /// For `values` numbers a step, at most eight.
    Readings(Device device, int values);

    /// Begins to read the array `values` of the step, and calls consume(Reading) for the step of kLag steps before (or
    /// this one).
    template <class Consume>
    void push(const StepPlace& place, const Tensor& values, Consume consume) {
        post(place, values);
        while (under_way_ > lag_) consume(take());
    }

    /// Waits for all that are under way. Throws DeviceError, as push() does, where a step of before failed on the
    /// device.
    template <class Consume>
    void flush(Consume consume) {
        while (under_way_ > 0) consume(take());
    }

private:
    struct Slot {
        StepPlace place;
        std::vector<double> values;
    };

    void post(const StepPlace& place, const Tensor& values);
    Reading take();

    Device device_;
    int lag_ = 0, first_ = 0, under_way_ = 0;
    std::vector<Slot> slots_;
#ifdef SINTER_HAS_CUDA
    std::optional<kernels::CudaReadback> readback_;
#endif
};

}  // namespace sinter
