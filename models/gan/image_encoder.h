// The way from an image back to numbers about it, a code for instance: the mirror of a generator, for models that have
// both. Convolutions as the discriminator of the same options has them, with batch norm, or hidden layers, then one
// linear layer.
#pragma once

#include "models/gan/gan.h"
#include "models/one_hot_labels.h"

namespace sinter {

class ImageEncoder final : public Module {
public:
    /// `outputs`: how many numbers of each image; weights are drawn from `init`. Where the options have classes the
    /// label, one-hot, stands beside the features. Throws UsageError for sizes that the architecture does not have.
    ImageEncoder(const GanOptions& options, Index outputs, Generator& init);

    /// [batch, outputs] of images [batch, size, size, channels] and, if there are classes, a label each.
    Tensor forward(const Tensor& images, const Buffer<std::int32_t>& labels = {});
    /// What the last layer sees: [batch, features]
    Tensor features(const Tensor& images);

private:
    GanOptions options_;
    Sequential features_;
    std::unique_ptr<Linear> heads_;
    OneHotLabels labels_;
};

}  // namespace sinter
