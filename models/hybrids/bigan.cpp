#include "models/hybrids/bigan.h"

#include "core/check.h"
#include "core/losses/vae.h"
#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/random.h"
#include "core/ops/shape.h"
#include "core/profile/scope.h"
#include "models/gan/dcgan.h"

namespace sinter {
namespace {

constexpr double kSlope = 0.2;

const BiGanOptions& checked(const BiGanOptions& options) {
    require(options.size >= 1 && options.channels >= 1 && options.latent >= 1 && options.base_width >= 1,
            "[bigan] expected at least one pixel, channel, latent unit and unit of width, got {}, {}, {} and {}",
            options.size, options.channels, options.latent, options.base_width);
    require_image_size(options.architecture, options.size);
    return options;
}

/// How many numbers the encoder gives for an image.
Index encoder_outputs(const BiGanOptions& options) {
    switch (options.encoder) {
        case BiGanEncoder::deterministic:
            return options.latent;
        case BiGanEncoder::stochastic:
            break;
    }
    return 2 * options.latent;
}

/// The DCGAN whose layers `conv` takes.
GanOptions dcgan(const BiGanOptions& options, DiscriminatorNorm norm) {
    return {.architecture = GanArchitecture::dcgan,
            .size = options.size,
            .channels = options.channels,
            .latent = options.latent,
            .base_width = options.base_width,
            .discriminator_norm = norm};
}

FlattenedImage image_of(const BiGanOptions& options) { return {options.size, options.size, options.channels}; }

// The authors' networks for permutation-invariant MNIST, as their program has them: no biases, batch normalisation
// without gain and offset, weights N(0, 0.02). Where they add a linear map of z to what a layer gives, here that layer
// takes z beside its other inputs, which is the same.
Index mlp_width(const BiGanOptions& options) { return 16 * options.base_width; }

LinearOptions mlp_linear(Activation activation = identity()) {
    return {.activation = activation, .bias = false, .weight_init = init::normal(0, 0.02)};
}

LinearOptions mlp_linear_of(FlattenedImage image, Activation activation) {
    LinearOptions linear = mlp_linear(activation);
    linear.input_image = image;
    return linear;
}

BatchNormLayerOptions mlp_norm(Activation activation) { return {.activation = activation, .affine = false}; }

LinearOptions conv_linear(Activation activation = identity(), FlattenedImage input = {}) {
    return {.activation = activation,
            .weight_init = init::glorot_uniform(),
            .bias_init = init::zeros(),
            .input_image = input};
}

Tensor flat(const Tensor& x) { return reshape(x, {x.size(0), x.count() / x.size(0)}); }

}  // namespace

void require_image_size(BiGanArchitecture architecture, Index size) {
    switch (architecture) {
        case BiGanArchitecture::conv:
            return require_dcgan_size(size);
        case BiGanArchitecture::mlp:
            break;  // any
    }
}

BiGan::GeneratorNetwork::GeneratorNetwork(const BiGanOptions& options, Generator& init) {
    switch (options.architecture) {
        case BiGanArchitecture::mlp: {
            const Index width = mlp_width(options);
            const FlattenedImage image = image_of(options);
            first.add<Linear>("hidden0", options.latent, width, init, mlp_linear());
            first.add<BatchNorm>("norm0", width, init, mlp_norm(relu()));
            layers.add<Linear>("hidden1", width + options.latent, width, init, mlp_linear());
            layers.add<BatchNorm>("norm1", width, init, mlp_norm(relu()));
            LinearOptions last = mlp_linear(sigmoid());
            last.output_image = image;
            layers.add<Linear>("image", width, image.count(), init, last);
            layers.add<Reshape>("reshape", std::vector<Index>{image.height, image.width, image.channels});
            break;
        }
        case BiGanArchitecture::conv:
            add_dcgan_generator(layers, options.latent, dcgan(options, DiscriminatorNorm::none), sigmoid(), init);
            break;
    }
    add_module("first", first);
    add_module("layers", layers);
}

BiGan::EncoderNetwork::EncoderNetwork(const BiGanOptions& options, Generator& init) {
    const Index outputs = encoder_outputs(options);
    switch (options.architecture) {
        case BiGanArchitecture::mlp: {
            const Index width = mlp_width(options);
            const FlattenedImage image = image_of(options);
            features.add<Flatten>("flatten");
            features.add<Linear>("hidden0", image.count(), width, init, mlp_linear_of(image, leaky_relu(kSlope)));
            features.add<Linear>("hidden1", width, width, init, mlp_linear());
            features.add<BatchNorm>("norm1", width, init, mlp_norm(leaky_relu(kSlope)));
            heads = std::make_unique<Linear>(width, outputs, init, mlp_linear());
            break;
        }
        case BiGanArchitecture::conv: {
            const FlattenedImage image =
                add_dcgan_features(features, dcgan(options, DiscriminatorNorm::batch), init, nullptr);
            heads = std::make_unique<Linear>(image.count(), outputs, init, conv_linear(identity(), image));
            break;
        }
    }
    add_module("features", features);
    add_module("heads", *heads);
}

BiGan::Pair::Pair(const BiGanOptions& options, Generator& init) : generator(options, init), encoder(options, init) {
    add_module("generator", generator);
    add_module("encoder", encoder);
}

BiGan::DiscriminatorNetwork::DiscriminatorNetwork(const BiGanOptions& options, Generator& init, Generator& noise) {
    switch (options.architecture) {
        case BiGanArchitecture::mlp: {
            const Index width = mlp_width(options);
            const FlattenedImage image = image_of(options);
            images.add<Flatten>("flatten");
            images.add<Linear>("hidden0", image.count(), width, init, mlp_linear_of(image, leaky_relu(kSlope)));
            joint.add<Linear>("hidden1", width + options.latent, width, init, mlp_linear());
            joint.add<BatchNorm>("norm1", width, init, mlp_norm(leaky_relu(kSlope)));
            // From zero, as the authors have it: a discriminator that is born without an opinion.
            joint.add<Linear>("logit", width, 1, init, LinearOptions{.bias = false, .weight_init = init::zeros()});
            break;
        }
        case BiGanArchitecture::conv: {
            const Index beside = 8 * options.base_width, width = 16 * options.base_width;
            const DiscriminatorNorm norm = published_norm(GanArchitecture::dcgan, options.size);
            const FlattenedImage image = add_dcgan_features(images, dcgan(options, norm), init, &noise);
            const Activation leaky = leaky_relu(kSlope);
            codes.add<Linear>("hidden0", options.latent, beside, init, conv_linear(leaky));
            codes.add<Linear>("hidden1", beside, beside, init, conv_linear(leaky));
            joint.add<Linear>("hidden", image.count() + beside, width, init, conv_linear(leaky, image));
            joint.add<Linear>("logit", width, 1, init, conv_linear());
            break;
        }
    }
    add_module("images", images);
    add_module("codes", codes);
    add_module("joint", joint);
}

BiGan::BiGan(const BiGanOptions& options, Generator& init, Generator& noise)
    : options_(checked(options)), pair_(options_, init), discriminator_(options_, init, noise) {}

void BiGan::require_images(const Tensor& images) const {
    const Shape expected{images.size(0), options_.size, options_.size, options_.channels};
    require(images.shape() == expected, "[bigan] expected images {}, got {}", expected, images.shape());
}

void BiGan::require_codes(const Tensor& codes) const {
    require(codes.shape().rank() == 2 && codes.size(1) == options_.latent, "[bigan] expected codes [batch, {}], got {}",
            options_.latent, codes.shape());
}

Tensor BiGan::draw_codes(Index count, Generator& noise) const {
    const Shape shape{count, options_.latent};
    switch (options_.encoder) {
        case BiGanEncoder::deterministic:
            return random_uniform(shape, -1, 1, noise);
        case BiGanEncoder::stochastic:
            break;
    }
    return random_normal(shape, 0, 1, noise);
}

Tensor BiGan::generate(const Tensor& z) {
    const Scope scope("generator");
    require_codes(z);
    const auto layers_input = [&] {
        const Scope layer("first");
        switch (options_.architecture) {
            case BiGanArchitecture::mlp:
                return concatenate_columns(pair_.generator.first.forward(z), z);
            case BiGanArchitecture::conv:
                break;
        }
        return z;
    };
    return pair_.generator.layers.forward(layers_input());
}

Tensor BiGan::features(const Tensor& images) {
    require_images(images);
    return flat(pair_.encoder.features.forward(images));
}

Tensor BiGan::encoder_output(const Tensor& images) {
    const Scope scope("encoder");
    const Tensor found = features(images);
    const Scope layer("heads");
    return pair_.encoder.heads->forward(found);
}

Tensor BiGan::unbounded_codes(const Tensor& images) {
    switch (options_.encoder) {
        case BiGanEncoder::deterministic:
            return encoder_output(images);
        case BiGanEncoder::stochastic:
            break;
    }
    return slice_columns(encoder_output(images), 0, options_.latent);
}

Tensor BiGan::encode(const Tensor& images) {
    switch (options_.encoder) {
        case BiGanEncoder::deterministic:
            // 2 sigmoid(s) - 1, as the authors bring the output into the range of uniform codes.
            return tanh(0.5 * unbounded_codes(images));
        case BiGanEncoder::stochastic:
            break;
    }
    return unbounded_codes(images);
}

Tensor BiGan::infer(const Tensor& images, Generator& noise) {
    switch (options_.encoder) {
        case BiGanEncoder::deterministic:
            return encode(images);
        case BiGanEncoder::stochastic:
            break;
    }
    return reparameterise_kl(encoder_output(images), noise).z;
}

Tensor BiGan::discriminate(const Tensor& images, const Tensor& codes) {
    const Scope scope("discriminator");
    require_images(images);
    require_codes(codes);
    require(images.size(0) == codes.size(0), "[bigan] expected a code for each of {} images, got {}", images.size(0),
            codes.size(0));
    const auto of_images = [&] {
        const Scope layer("images");
        return flat(discriminator_.images.forward(images));
    };
    const auto of_codes = [&] {
        const Scope layer("codes");
        return discriminator_.codes.forward(codes);
    };
    const Tensor left = of_images(), right = of_codes();
    const Scope layer("joint");
    return discriminator_.joint.forward(concatenate_columns(left, right));
}

}  // namespace sinter
