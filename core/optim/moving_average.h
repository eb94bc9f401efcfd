// The exponential moving average of a model's weights, of which generators draw better images than from the weights
// themselves (Yazici et al., arXiv:1806.04498).
#pragma once

#include "core/optim/arena.h"

namespace sinter {

/// Keeps the moving average of one module's parameters in a second module of the same structure, which is to draw
/// samples and to stand in checkpoints beside the first. Both must outlive this.
class MovingAverage {
public:
    /// Makes `average` an exact copy of the source, buffers included, and freezes it. `source_arena` is where the
    /// parameters of the source stand: its optimizer's. Throws UsageError where the tensors of the two differ in name,
    /// shape or device, or the arena is of another module.
    MovingAverage(Module& average, const Module& source, const ParameterArena& source_arena);

    /// average = decay average + (1 - decay) source for each parameter; buffers (running statistics) are copied.
    /// To be called after each step of the optimizer. Throws UsageError for a decay outside of [0, 1].
    void update(double decay) {
        prepare(decay);
        apply();
    }

    /// The host's part of update(), before what is recorded and replayed.
    void prepare(double decay);
    /// The device's part of update(), which may be recorded and replayed.
    void apply();

private:
    void copy_buffers();

    struct Pair {
        Tensor average, source;
    };
    ParameterArena average_;
    Tensor source_;  ///< the arena of the source
    Tensor weight_;  ///< of the source in the next update
    std::vector<Pair> buffers_;
};

}  // namespace sinter
