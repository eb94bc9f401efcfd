// --beta and --kl-warmup: the weight of a VAE's KL divergence (Higgins et al., ICLR 2017: beta-VAE), which may rise
// over the first epochs (Sonderby et al., arXiv:1602.02282).
#pragma once

#include <cstdint>

#include "core/device.h"
#include "core/options/option_list.h"
#include "core/tensor.h"

namespace sinter {

struct KlWeightOptions {
    double beta = 1;
    double warmup = 0;  ///< epochs over which the weight rises from 0
};
void describe(OptionList& list, KlWeightOptions& options);

/// The weight in each step, in the memory of the device: a recorded step reads it there.
class KlWeight {
public:
    KlWeight(const KlWeightOptions& options, std::int64_t steps_per_epoch, Device device);

    /// Sets the weight of this step, from 1.
    void prepare(std::int64_t step);
    /// [1]; undefined where the weight is 1 in every step.
    const Tensor& tensor() const { return tensor_; }

private:
    double beta_, rising_steps_;
    Tensor tensor_;
};

}  // namespace sinter
