// The exponential moving average of a model's weights, of which generators draw better images than from the weights
// themselves (Yazici et al., arXiv:1806.04498).
#pragma once

#include "core/nn/module.h"

namespace sinter {

/// Keeps the moving average of one module's parameters in a second module of the same structure, which is to draw
/// samples and to stand in checkpoints beside the first. Both must outlive this.
class MovingAverage {
public:
    /// Makes `average` an exact copy of the source, buffers included, and freezes it. Throws UsageError where the
    /// tensors of the two differ in name, shape or device.
    MovingAverage(Module& average, const Module& source);

    /// average = decay average + (1 - decay) source for each parameter; buffers (running statistics) are copied.
    /// To be called after each step of the optimizer. Throws UsageError for a decay outside of [0, 1].
    void update(double decay);

private:
    struct Pair {
        Tensor average, source;
    };
    std::vector<Pair> parameters_, buffers_;
};

}  // namespace sinter
