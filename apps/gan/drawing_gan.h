// The networks of a GAN that draw, how they stand in a checkpoint, and the images that they make.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/optim/moving_average.h"
#include "core/train/checkpoint.h"
#include "models/gan/gan.h"

namespace sinter {

/// The GAN that draws: a copy whose generator holds the moving average of the trained one, or the trained GAN itself
/// where no average is wanted.
class DrawingGan {
public:
    /// `is_averaged`: whether there is a copy. `arena`, if given, is that of the trained generator's optimizer, and the
    /// copy follows it; without it the copy is to be loaded from a checkpoint. `trained` must outlive this.
    DrawingGan(Gan& trained, bool is_averaged, const ParameterArena* arena = nullptr);

    Gan& gan() { return copy_ ? *copy_ : trained_; }
    /// The copy's generator; null where there is none.
    Module* averaged_generator() { return copy_ ? &copy_->generator() : nullptr; }
    /// What is to be updated after each step of the generator; null where there is nothing.
    MovingAverage* average() { return average_ ? &*average_ : nullptr; }

    /// Makes the average fit to draw and to be saved: gives its batch normalisation statistics of its own. The next
    /// step copies the trained generator's statistics again, so that a run does not depend on how often this is done.
    void settle(std::uint64_t seed);

private:
    Gan& trained_;
    Generator unused_;  ///< the copy's weights are overwritten
    std::optional<Gan> copy_;
    std::optional<MovingAverage> average_;
};

/// The optimizers of both networks, where they are wanted.
struct GanOptimizers {
    Optimizer *generator = nullptr, *discriminator = nullptr;
};

/// "generator." and "discriminator.", and "average." where there is a moving average.
std::vector<CheckpointPart> checkpoint_parts(Gan& gan, DrawingGan& drawing, GanOptimizers optimizers = {});

/// Whether the checkpoint holds a moving average of the generator.
bool has_moving_average(const CheckpointFacts& facts, const std::string& file);

/// Images that a GAN draws of latent codes, with its generator in evaluation mode, as values in [0, 1], kSampleBatch at
/// a time: [count, size, size, channels]. `labels`: of a conditional GAN, one for each code.
Tensor generate_images(Gan& gan, const Tensor& codes, const std::vector<std::int32_t>& labels = {});

}  // namespace sinter
