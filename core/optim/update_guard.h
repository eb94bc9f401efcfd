// The numbers that a training step found, and what holds its weights once one of them is no longer finite.
#pragma once

#include <array>
#include <initializer_list>

#include "core/tensor.h"
#include "kernels/optimizer.h"

namespace sinter {

/// A number of a step: its name in metrics and progress, and a tensor [1]; undefined where the step does not have it.
struct StepNumber {
    const char* name;  ///< a literal
    Tensor value;
};

/// The numbers of one step, gathered on the device for the host to read later (core/train/readings.h).
struct StepNumbers {
    static constexpr int kMaxNumbers = kernels::NumberPlaces<float>::kMaxNumbers;

    std::array<const char*, kMaxNumbers> names = {};
    int count = 0;
    Tensor values;  ///< [count + 1]: the numbers, NaN where the step has none; last 1, or 0 once updates are held
};

/// Keeps the weights of a training as they were before the first number that is NaN or infinite, without the host
/// having to look at every loss before the weights change. (Of two networks that learn one after the other, the first
/// may have learned in that step, from a loss that was finite.)
class UpdateGuard {
public:
    explicit UpdateGuard(Device device) : proceed_(Tensor::full({1}, 1, device)) {}

    /// Collects the numbers of a step. Holds all updates from now on, for good, if one of them is not finite: call it
    /// before they are applied. Throws UsageError for more than kMaxNumbers, or one that is not of one element.
    StepNumbers collect(std::initializer_list<StepNumber> numbers) const;
    /// Holds updates as collect() does, for a loss that the host does not read.
    void check(const Tensor& loss) const { collect({{"loss", loss}}); }
    /// One number: 0 once updates are held.
    const Tensor& proceed() const { return proceed_; }

private:
    Tensor proceed_;
};

}  // namespace sinter
