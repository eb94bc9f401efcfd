// What holds a training's weights once a loss is no longer finite.
#pragma once

#include <initializer_list>

#include "core/tensor.h"

namespace sinter {

/// Keeps the weights of a training as they were before the first loss that is NaN or infinite, without the host having
/// to look at every loss before the weights change.
class UpdateGuard {
public:
    explicit UpdateGuard(Device device) : proceed_(Tensor::full({1}, 1, device)) {}

    /// The numbers of a step (tensors of one element, at most seven) side by side, and behind them `proceed`. Holds all
    /// updates from now on, for good, if one of the first `losses` is not finite: to be called before they are applied.
    /// An undefined tensor is a number that the step does not have: NaN.
    Tensor gather(std::initializer_list<Tensor> numbers, int losses) const;
    /// The same for the one-element `loss` alone.
    void check(const Tensor& loss) const { gather({loss}, 1); }
    /// One number: 0 once updates are held.
    const Tensor& proceed() const { return proceed_; }

private:
    Tensor proceed_;
};

}  // namespace sinter
