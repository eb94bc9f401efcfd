// Deep convolutional GANs (Radford et al., arXiv:1511.06434), as TensorFlow's tutorial has them for 28x28 images and as
// PyTorch's example has them for 64x64 (and, one stage less, 32x32).
//
//     z -> [transposed convolution, batch norm, (Leaky)ReLU]... -> tanh -> image
//     image -> [convolution, (batch norm,) LeakyReLU, (dropout)]... -> one logit
#pragma once

#include "core/nn/layers.h"
#include "core/random.h"

namespace sinter {

struct DcganOptions {
    Index size = 28;  ///< of the square images: 28, 32 or 64
    Index channels = 1;
    Index latent = 100;
    Index base_width = 64;  ///< channels of the widest images inside the networks
};

/// The two networks of a DCGAN. They are separate modules, each for an optimizer of its own.
class Dcgan {
public:
    /// Draws the weights from `init`: Glorot uniform for 28, N(0, 0.02) with gamma N(1, 0.02) for 32 and 64. `noise`
    /// gives the dropout masks of the 28 discriminator. Throws UsageError for other sizes.
    Dcgan(const DcganOptions& options, Generator& init, Generator& noise);

    const DcganOptions& options() const { return options_; }
    Sequential& generator() { return generator_; }
    Sequential& discriminator() { return discriminator_; }

    /// Images [batch, size, size, channels] in [-1, 1] of latent codes [batch, latent].
    Tensor generate(const Tensor& z);
    /// Logits [batch, 1]: above 0 means real.
    Tensor discriminate(const Tensor& images);

private:
    void build_28(Generator& init, Generator& noise);
    void build_power_of_two(Generator& init);

    DcganOptions options_;
    Sequential generator_, discriminator_;
};

}  // namespace sinter
