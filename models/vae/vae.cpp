#include "models/vae/vae.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/losses/likelihood.h"
#include "core/losses/loss.h"
#include "core/losses/vae.h"
#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/shape.h"
#include "core/profile/scope.h"
#include "core/tape.h"
#include "kernels/likelihood.h"

namespace sinter {
namespace {

/// "hidden", or "hidden0", "hidden1", ... where there are several.
std::string hidden_name(std::size_t i, std::size_t count) {
    return count == 1 ? "hidden" : "hidden" + std::to_string(i);
}

/// What a learned variance begins with: the variance of a pixel of which nothing is known, uniform in [0, 1].
const double kFirstLogVariance = std::log(1.0 / 12);

}  // namespace

bool takes_hidden(VaeArchitecture architecture) {
    switch (architecture) {
        case VaeArchitecture::dense:
            return true;
        case VaeArchitecture::conv:
        case VaeArchitecture::dcgan:
            return false;
    }
    return {};
}

bool has_batch_norm(VaeArchitecture architecture) {
    switch (architecture) {
        case VaeArchitecture::dense:
        case VaeArchitecture::conv:
            return false;
        case VaeArchitecture::dcgan:
            return true;
    }
    return {};
}

GanOptions dcgan_form(const VaeOptions& options) {
    require(
        options.height == options.width,
        "[vae] the dcgan VAE makes square images, got {}x{}; resize them, for instance to 32x32, or use the dense or "
        "the convolutional VAE",
        options.width, options.height);
    require_image_size(GanArchitecture::dcgan, options.height);
    require(options.latent <= kMaxGanLatent && options.base_width >= 1 && options.base_width <= kMaxGanWidth,
            "[vae] the dcgan VAE has at most {} latent units and a base width from 1 to {}, got {} and {}",
            kMaxGanLatent, kMaxGanWidth, options.latent, options.base_width);
    return {.architecture = GanArchitecture::dcgan,
            .size = options.height,
            .channels = options.channels,
            .latent = options.latent,
            .base_width = options.base_width,
            .classes = options.classes};
}

std::vector<Index> vae_conv_widths(Index height, Index width) {
    std::vector<Index> widths;
    Index rows = height, columns = width;
    for (Index channels = 32; widths.empty() || std::max(rows, columns) > 7; rows /= 2, columns /= 2) {
        require(rows % 2 == 0 && columns % 2 == 0,
                "[vae] the convolutional VAE halves its images until no side is longer than 7 pixels; {}x{} become "
                "{}x{}, which cannot be halved: resize them, for instance to 28x28, 32x32 or 64x64, or use the dense "
                "VAE",
                height, width, rows, columns);
        widths.push_back(channels);
        channels = std::min<Index>(2 * channels, 256);
    }
    return widths;
}

Vae::Vae(const VaeOptions& options, Generator& init) : options_(options), labels_(options.classes, init.device()) {
    require(options.height >= 1 && options.width >= 1 && options.channels >= 1 && options.latent >= 1,
            "[vae] expected images of at least one pixel and channel and at least one latent unit, got {}x{}x{} and {}",
            options.height, options.width, options.channels, options.latent);
    require(options.variance.is_learned || options.variance.value > 0, "[vae] expected a variance above 0, got {}",
            options.variance.value);
    switch (options.architecture) {
        case VaeArchitecture::dense:
            build_dense(init);
            break;
        case VaeArchitecture::conv:
            build_conv(init);
            break;
        case VaeArchitecture::dcgan:
            build_dcgan(init);
            break;
    }
    if (learns_variance())
        log_variance_ = add_parameter("log_variance", Tensor::full({1}, kFirstLogVariance, init.device()));
    if (generator_) {
        add_module("encoder", *image_encoder_);
        add_module("decoder", *generator_);
        return;
    }
    add_module("features", features_);
    add_module("encoder", encoder_);
    add_module("decoder", decoder_);
    labels_.scale_rows(decoder_.parameters().front().tensor);
}

void Vae::build_dense(Generator& init) {
    const std::size_t depth = options_.hidden.size();
    const FlattenedImage image{options_.height, options_.width, options_.channels};
    features_.add<Flatten>("flatten");
    Index width = image.count() + options_.classes;
    FlattenedImage input_image = image;  // of the first layer, whichever that is
    for (std::size_t i = 0; i < depth; ++i) {
        encoder_.add<Linear>(hidden_name(i, depth), width, options_.hidden[i], init,
                             LinearOptions{.activation = options_.activation, .input_image = input_image});
        width = options_.hidden[i];
        input_image = {};
    }
    encoder_.add<Linear>("heads", width, 2 * options_.latent, init, LinearOptions{.input_image = input_image});

    width = options_.latent + options_.classes;
    for (std::size_t i = 0; i < depth; ++i) {
        const Index next = options_.hidden[depth - 1 - i];
        decoder_.add<Linear>(hidden_name(i, depth), width, next, init,
                             LinearOptions{.activation = options_.activation});
        width = next;
    }
    decoder_.add<Linear>("logits", width, image.count(), init, LinearOptions{.output_image = image});
    decoder_.add<Reshape>("image", std::vector<Index>{image.height, image.width, image.channels});
}

// Keras' example ("Variational AutoEncoder", keras.io): kernels of 3, padding 'same', Glorot's initialisation, no
// biases at first. Its dense layer of 16 grows with the latent code, as it must not be narrower than the heads.
void Vae::build_conv(Generator& init) {
    const std::vector<Index> widths = vae_conv_widths(options_.height, options_.width);
    const auto dense = [](Activation activation, Initialiser weights = init::glorot_uniform()) {
        return LinearOptions{.activation = activation, .weight_init = weights, .bias_init = init::zeros()};
    };
    const auto conv = [](Index stride, Activation activation) {
        return Conv2dOptions{.stride = stride,
                             .same = true,
                             .activation = activation,
                             .weight_init = init::glorot_uniform(),
                             .bias_init = init::zeros()};
    };

    Index channels = options_.channels;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        features_.add<Conv2d>("down" + std::to_string(i + 1), channels, widths[i], 3, init, conv(2, relu()));
        channels = widths[i];
    }
    features_.add<Flatten>("flatten");

    const FlattenedImage smallest{options_.height >> widths.size(), options_.width >> widths.size(), channels};
    const Index bottleneck = std::max<Index>(16, 2 * options_.latent);
    LinearOptions from_image = dense(relu()), to_image = dense(relu());
    from_image.input_image = to_image.output_image = smallest;
    encoder_.add<Linear>("hidden", smallest.count() + options_.classes, bottleneck, init, from_image);
    // Glorot's bound for each head by itself: the two are one layer only for speed.
    const double head_bound = std::sqrt(6.0 / static_cast<double>(bottleneck + options_.latent));
    encoder_.add<Linear>("heads", bottleneck, 2 * options_.latent, init, dense(identity(), init::uniform(head_bound)));

    decoder_.add<Linear>("hidden", options_.latent + options_.classes, smallest.count(), init, to_image);
    decoder_.add<Reshape>("image", std::vector<Index>{smallest.height, smallest.width, smallest.channels});
    for (std::size_t i = widths.size(); i-- > 0;) {
        decoder_.add<ConvTranspose2d>("up" + std::to_string(widths.size() - i), channels, widths[i], 3, init,
                                      conv(2, relu()));
        channels = widths[i];
    }
    decoder_.add<ConvTranspose2d>("logits", channels, options_.channels, 3, init, conv(1, identity()));
}

void Vae::build_dcgan(Generator& init) {
    const GanOptions form = dcgan_form(options_);
    image_encoder_.emplace(form, 2 * options_.latent, init);
    // A label as large as z: unlike that of a GAN, the decoder of a VAE has z of each image, with the class in it, and
    // hears a small label late.
    generator_.emplace(form, identity(), init, init::normal(0, 1));
    // Unlike a generator it is evaluated after every epoch, however short: with the momentum 0.01 that one of 28 pixels
    // has, statistics are late by hundreds of steps.
    constexpr double kMomentum = 0.1;  // PyTorch's
    generator_->set_statistics_momentum(kMomentum);
}

Tensor Vae::encoder_input(const Tensor& images, const Buffer<std::int32_t>& labels) {
    const Scope scope("features");
    return labels_.append(features_.forward(images), labels);
}

void Vae::require_images(const Tensor& images) const {
    const Shape expected{images.size(0), options_.height, options_.width, options_.channels};
    require(images.shape() == expected, "[vae] expected images {}, got {}", expected, images.shape());
}

Tensor Vae::heads(const Tensor& images, const Buffer<std::int32_t>& labels) {
    require_images(images);
    if (image_encoder_) return image_encoder_->forward(images, labels);
    const Tensor input = encoder_input(images, labels);
    const Scope scope("encoder");
    return encoder_.forward(input);
}

Tensor Vae::features(const Tensor& images, const Buffer<std::int32_t>& labels) {
    require_images(images);
    if (image_encoder_) return image_encoder_->features(images);
    const Tensor input = encoder_input(images, labels);
    const Scope scope("encoder");
    return encoder_.forward_to_last(input);
}

Tensor Vae::decoder_output(const Tensor& z, const Buffer<std::int32_t>& labels) {
    const Scope scope("decoder");
    return generator_ ? generator_->forward(z, labels) : decoder_.forward(labels_.append(z, labels));
}

bool Vae::learns_variance() const {
    return options_.likelihood == Likelihood::gaussian && options_.variance.is_learned;
}

double Vae::log_variance() const {
    return learns_variance() ? log_variance_.item() : std::log(options_.variance.value);
}

/// Minus the log-likelihood of images under what the decoder gave for them, as the mean over the batch: see Losses.
Tensor Vae::reconstruction_loss(const Tensor& output, const Tensor& images) const {
    const double per_image = 1.0 / static_cast<double>(images.size(0));
    switch (options_.likelihood) {
        case Likelihood::gaussian:
            break;
        case Likelihood::bernoulli:
            return sigmoid_cross_entropy(output, images, per_image);
    }
    if (!learns_variance()) return squared_error(sigmoid(output), images, 0.5 / options_.variance.value * per_image);
    // |x - m|^2 / (2 sigma^2) + pixels / 2 (log sigma^2 + log 2 pi)
    const double half_pixels = 0.5 * static_cast<double>(images.count()) * per_image;
    return squared_error(sigmoid(output), images, 0.5 * per_image) * exp(-log_variance_) +
           affine(log_variance_, half_pixels, half_pixels * kernels::kLogTwoPi);
}

Vae::Losses Vae::losses(const Tensor& grid_images, Generator& noise, const Tensor& beta,
                        const Buffer<std::int32_t>& labels) {
    Tensor images = grid_images;
    if (learns_variance()) {
        const NoGrad no_grad;
        images = affine(images, 255.0 / 256, 0) + random_uniform(images.shape(), 0, 1.0 / 256, noise);
    }
    const auto [z, kl] = reparameterise_kl(heads(images, labels), noise);
    const Tensor reconstruction = reconstruction_loss(decoder_output(z, labels), images);
    const Tensor total = reconstruction + (beta.defined() ? beta * kl : kl);
    const NoGrad no_grad;
    return {total, beta.defined() ? reconstruction + kl : total.detach(), reconstruction, kl};
}

Tensor Vae::log_likelihoods(const Tensor& z, const Tensor& images, const Buffer<std::int32_t>& labels) {
    const NoGrad no_grad;
    const Tensor output = decoder_output(z, labels);
    switch (options_.likelihood) {
        case Likelihood::gaussian:
            return gaussian_log_likelihood(sigmoid(output), images, log_variance());
        case Likelihood::bernoulli:
            break;
    }
    return bernoulli_log_likelihood(output, images);
}

Tensor Vae::encode(const Tensor& images, const Buffer<std::int32_t>& labels) {
    return slice_columns(heads(images, labels), 0, options_.latent);
}

Tensor Vae::decode(const Tensor& z, const Buffer<std::int32_t>& labels) { return sigmoid(decoder_output(z, labels)); }

}  // namespace sinter
