// The ways in which a GAN's training goes wrong without a number that is not finite, and how to see them.
#pragma once

#include <string_view>
#include <vector>

#include "apps/training/means.h"
#include "apps/training/trouble.h"
#include "core/data/image_set.h"
#include "core/tensor.h"
#include "models/gan/gan_training.h"

namespace sinter {

// `advice`: what a program says to try.

/// Mean over the images of the distance to the nearest other one, as the root of the mean squared difference of pixels
/// in [0, 1]. It is small where the images are few ones again and again, and also where they are many of one kind.
double nearest_distance(const std::vector<float>& images, Index count);

/// What to try, by the options that a program has.
struct GanAdvice {
    const char* saturated = "try a lower --lr-d, --instance-noise 0.1, --r1 10 or --loss hinge with --spectral-norm";
    const char* lost = "try a higher --lr-d, a lower --lr-g, or smaller penalties and less noise on the discriminator";
    const char* collapsed = "try a lower --lr-g, a smaller --beta1, --r1 10 or --loss wasserstein with --n-critic 5";
};

/// Whether the discriminator told real from fake without effort for a whole epoch, whose means of loss_d, d_real and
/// d_fake are given: the generator's gradient vanishes then.
Finding find_saturation(const Means& epoch, const GanTrainingOptions& options, const GanAdvice& advice = {});

/// Whether it took generated images for real ones for a whole epoch: the generator has nothing more to learn from it.
Finding find_defeat(const Means& epoch, const GanTrainingOptions& options, const GanAdvice& advice = {});

/// Compares images that the generator draws with as many real ones: when those of the generator lie much nearer to
/// each other, it maps most codes to few images.
class DiversityJudge {
public:
    /// `real`: images of the data set, of which `count` are compared with as many drawn ones.
    DiversityJudge(const ImageSet& real, Index count);
    Finding find_collapse(const Tensor& generated, const GanAdvice& advice = {}) const;

private:
    Index count_;
    double real_distance_ = 0;
};

}  // namespace sinter
