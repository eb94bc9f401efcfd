#include "models/vae.h"

#include "core/ops/arithmetic.h"
#include "core/ops/loss.h"
#include "core/ops/shape.h"
#include "core/ops/vae.h"
#include "core/watch.h"

namespace sinter {
namespace {

/// "hidden", or "hidden0", "hidden1", ... where there are several.
std::string hidden_name(std::size_t i, std::size_t count) {
    return count == 1 ? "hidden" : "hidden" + std::to_string(i);
}

}  // namespace

Vae::Vae(const VaeOptions& options, Generator& init) : options_(options) {
    const std::size_t depth = options.hidden.size();
    Index width = options.image_size;
    for (std::size_t i = 0; i < depth; ++i) {
        encoder_.add<Linear>(hidden_name(i, depth), width, options.hidden[i], init,
                             LinearOptions{.activation = relu()});
        width = options.hidden[i];
    }
    encoder_.add<Linear>("heads", width, 2 * options.latent, init);

    width = options.latent;
    for (std::size_t i = 0; i < depth; ++i) {
        const Index next = options.hidden[depth - 1 - i];
        decoder_.add<Linear>(hidden_name(i, depth), width, next, init, LinearOptions{.activation = relu()});
        width = next;
    }
    decoder_.add<Linear>("logits", width, options.image_size, init);

    add_module("encoder", encoder_);
    add_module("decoder", decoder_);
}

Tensor Vae::heads(const Tensor& images) {
    const Scope scope("encoder");
    return encoder_.forward(images);
}

Tensor Vae::decoder_output(const Tensor& z) {
    const Scope scope("decoder");
    return decoder_.forward(z);
}

Vae::Losses Vae::losses(const Tensor& images, Generator& noise, const Tensor& beta) {
    const double per_image = 1.0 / static_cast<double>(images.size(0));
    const Tensor pixels = reshape(images, {images.size(0), options_.image_size});
    const auto [z, kl] = reparameterise_kl(heads(pixels), noise);
    const Tensor output = decoder_output(z);
    const Tensor reconstruction = options_.likelihood == Likelihood::bernoulli
                                      ? sigmoid_cross_entropy(output, pixels, per_image)
                                      : squared_error(activate(output, sigmoid()), pixels, 0.5 * per_image);
    return {reconstruction + (beta.defined() ? beta * kl : kl), reconstruction, kl};
}

Tensor Vae::encode(const Tensor& images) {
    return slice_columns(heads(reshape(images, {images.size(0), options_.image_size})), 0, options_.latent);
}

Tensor Vae::decode(const Tensor& z) { return activate(decoder_output(z), sigmoid()); }

}  // namespace sinter
