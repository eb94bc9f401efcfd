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
inline constexpr std::uint32_t kPictures = 0xC0000000u;
inline constexpr std::uint32_t kDataOrder = 0xFFFFFFFFu;
}  // namespace draws

/// Gives every random draw of a training step its own address (seed, draw within the step, step). The step lives in
/// device memory, so a recorded step replayed later draws new numbers; seed and step are all that a checkpoint needs.
/// Must outlive the graph of what was drawn from it: backward draws the same numbers again.
class Generator {
public:
    /// Draws are numbered from `first_draw`: generators of equal seed with distant first draws are independent.
    Generator(std::uint64_t seed, Device device, std::uint32_t first_draw = draws::kTraining);
    Generator(const Generator&) = delete;
    Generator& operator=(const Generator&) = delete;

    /// The address of the next draw in this step.
    kernels::RandomAddress next() { return {seed_, draw_++, device_step_.data()}; }

    /// Starts step `step`: its draws are numbered from the first again.
    void start_step(std::uint64_t step);

    std::uint64_t seed() const { return seed_; }
    std::uint64_t step() const { return step_; }
    Device device() const { return device_step_.device(); }

private:
    std::uint64_t seed_;
    std::uint32_t first_draw_, draw_;
    std::uint64_t step_ = 0;
    Buffer<std::uint64_t> device_step_;
};

}  // namespace sinter
