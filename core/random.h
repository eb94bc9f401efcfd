// The source of random numbers: an address book for Philox, not a state (see kernels/random.h).
#pragma once

#include <cstdint>

#include "core/buffer.h"
#include "kernels/random.h"

namespace sinter {

/// Where the draws of each purpose are numbered from, so that none meets another's numbers under the same seed.
namespace draws {
inline constexpr std::uint32_t kTraining = 0;
inline constexpr std::uint32_t kInitialisation = 0x40000000u;
inline constexpr std::uint32_t kEvaluation = 0x80000000u;
inline constexpr std::uint32_t kImportance = 0xA0000000u;      ///< samples of posteriors; steps are images
inline constexpr std::uint32_t kDequantisation = 0xA8000000u;  ///< of measured images; steps are images
inline constexpr std::uint32_t kBinarisation = 0xB0000000u;    ///< of training images
inline constexpr std::uint32_t kClusters = 0xB8000000u;        ///< first centres of k-means
inline constexpr std::uint32_t kPictures = 0xC0000000u;
inline constexpr std::uint32_t kDataChoice = 0xFFFFFFFCu;
inline constexpr std::uint32_t kDataShifts = 0xFFFFFFFDu;
inline constexpr std::uint32_t kDataFlips = 0xFFFFFFFEu;
inline constexpr std::uint32_t kDataOrder = 0xFFFFFFFFu;
}  // namespace draws

/// The step that a generator is in, on the host and in device memory.
struct RandomStep final : RefCounted {
    explicit RandomStep(Device device) : on_device(1, device) {}
    std::uint64_t number = 0;
    Buffer<std::uint64_t> on_device;
};

/// One random draw of one step. An op keeps it to draw the same numbers again in backward.
class Draw {
public:
    Draw(std::uint64_t seed, std::uint32_t draw, Ref<RandomStep> step)
        : address_{seed, draw, step->on_device.data()}, number_(step->number), step_(std::move(step)) {}

    /// Where its numbers live. Throws UsageError once the generator is in another step: backward must come before.
    const kernels::RandomAddress& address() const;

private:
    kernels::RandomAddress address_;
    std::uint64_t number_;
    Ref<RandomStep> step_;
};

/// Gives every random draw of a training step its own address (seed, draw within the step, step). The step lives in
/// device memory, so a recorded step replayed later draws new numbers; seed and step are all that a checkpoint needs.
class Generator {
public:
    /// Draws are numbered from `first_draw`: generators of equal seed with distant first draws are independent.
    Generator(std::uint64_t seed, Device device, std::uint32_t first_draw = draws::kTraining);
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;

    /// The next draw of this step.
    Draw next() { return Draw(seed_, draw_++, step_); }

    /// Starts step `step`: its draws are numbered from the first again.
    void start_step(std::uint64_t step);

    std::uint64_t seed() const { return seed_; }
    std::uint64_t step() const { return step_->number; }
    Device device() const { return step_->on_device.device(); }

private:
    std::uint64_t seed_;
    std::uint32_t first_draw_, draw_;
    Ref<RandomStep> step_;
};

}  // namespace sinter
