// The dense variational autoencoder (Kingma & Welling, arXiv:1312.6114; beta: Higgins et al., 2017).
//
//     image -> [hidden, ReLU]... -> heads (mu | log sigma^2) -> z = mu + sigma eps -> [hidden, ReLU]... -> logits ->
//     image
#pragma once

#include <string>
#include <vector>

#include "core/nn/layers.h"
#include "core/random.h"

namespace sinter {

enum class Likelihood {
    bernoulli,  ///< cross-entropy on logits; pixels are probabilities
    gaussian    ///< unit variance, up to a constant: half the squared error; pixels are means through a sigmoid
};

struct VaeOptions {
    Index image_size = 784;
    std::vector<Index> hidden = {400};  ///< of the encoder; the decoder mirrors it
    Index latent = 20;
    Likelihood likelihood = Likelihood::bernoulli;
};

class Vae final : public Module {
public:
    /// Initialises like PyTorch's Linear, drawing from `init`; lives on its device.
    Vae(const VaeOptions& options, Generator& init);

    const VaeOptions& options() const { return options_; }

    /// Means over the batch, in nats per image, as tensors [1].
    struct Losses {
        Tensor total;           ///< reconstruction + beta * kl: minus the evidence lower bound where beta is 1
        Tensor reconstruction;  ///< minus the expected log-likelihood, one sample
        Tensor kl;              ///< KL(q(z|x) || N(0, I))
    };
    /// The loss of images [batch, image_size] in [0, 1]. `beta` is a tensor [1], or undefined for 1; the noise is one
    /// draw.
    Losses losses(const Tensor& images, Generator& noise, const Tensor& beta = {});

    /// mu of images: [batch, latent]
    Tensor encode(const Tensor& images);
    /// Images in [0, 1] of latent codes z: [batch, image_size]
    Tensor decode(const Tensor& z);

private:
    Tensor heads(const Tensor& images);
    Tensor decoder_output(const Tensor& z);

    VaeOptions options_;
    Sequential encoder_, decoder_;
};

}  // namespace sinter
