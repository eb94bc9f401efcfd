#include "core/nn/layers.h"

#include "core/check.h"
#include "core/ops/embedding.h"
#include "core/ops/linear.h"
#include "core/ops/operands.h"
#include "core/ops/random.h"
#include "core/ops/shape.h"
#include "core/profile/scope.h"

namespace sinter {
namespace {

/// PyTorch's name of a weight: under spectral normalisation `weight` is what is computed from it.
const char* weight_name(bool spectral_norm) { return spectral_norm ? "weight_orig" : "weight"; }

/// The weight that a layer computes with.
Tensor in_use(const Tensor& weight, SingularVectors& vectors, bool training) {
    return vectors.u.defined() ? spectral_norm(weight, vectors, training) : weight;
}

void require_image_fits(const char* layer, const FlattenedImage& image, Index values) {
    require(image.height >= 0 && image.width >= 0 && image.channels >= 0 && image.count() <= values,
            "[{}] expected an image of at most {} values, got {}x{}x{}", layer, values, image.height, image.width,
            image.channels);
}

}  // namespace

Linear::Linear(Index in, Index out, Generator& generator, const LinearOptions& options)
    : activation_(options.activation) {
    require(in > 0 && out > 0, "[linear] expected at least one input and one output, got {} and {}", in, out);
    require_image_fits("linear", options.input_image, in);
    require_image_fits("linear", options.output_image, out);
    const FileLayout inputs = vector_layout(options.input_image), outputs = vector_layout(options.output_image);
    weight_ =
        add_parameter(weight_name(options.spectral_norm), options.weight_init.make({in, out}, {in, out}, generator),
                      linear_layout(options.input_image, options.output_image));
    if (options.bias) bias_ = add_parameter("bias", options.bias_init.make({out}, {in, out}, generator), outputs);
    if (options.spectral_norm) {
        const auto [u, v] = start_power_iteration(weight_, generator);
        vectors_ = {add_buffer("weight_u", u, outputs), add_buffer("weight_v", v, inputs)};
    }
}

Tensor Linear::forward(const Tensor& x) { return linear(x, in_use(weight_, vectors_, training()), bias_, activation_); }

Dropout::Dropout(double rate, Generator& generator) : rate_(rate), generator_(generator) {
    require(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), got {}", rate);
}

Tensor Dropout::forward(const Tensor& x) { return training() ? dropout(x, rate_, generator_) : x; }

namespace {

/// Stride and padding along both axes, for a convolution whose input is height x width.
ConvOptions conv_options(const Conv2dOptions& options, Index kernel, Index height, Index width) {
    if (!options.same) return {options.stride, options.padding, options.padding};
    return {options.stride, same_padding(height, kernel, options.stride), same_padding(width, kernel, options.stride)};
}

void require_sizes(const char* layer, Index in, Index out, Index kernel, Index stride) {
    require(in > 0 && out > 0 && kernel > 0 && stride > 0,
            "[{}] expected positive channels, kernel and stride, got {} to {} channels, kernel {}, stride {}", layer,
            in, out, kernel, stride);
}

}  // namespace

Conv2d::Conv2d(Index in, Index out, Index kernel, Generator& generator, const Conv2dOptions& options)
    : options_(options) {
    require_sizes("conv2d", in, out, kernel, options.stride);
    const Fan fan{in * kernel * kernel, out * kernel * kernel};
    weight_ = add_parameter(weight_name(options.spectral_norm),
                            options.weight_init.make({kernel, kernel, in, out}, fan, generator), kConvLayout);
    if (options.bias) bias_ = add_parameter("bias", options.bias_init.make({out}, fan, generator));
    if (options.spectral_norm) {
        const auto [u, v] = start_power_iteration(weight_, generator);
        vectors_ = {add_buffer("weight_u", u), add_buffer("weight_v", v, kConvWindowLayout)};
    }
}

Tensor Conv2d::forward(const Tensor& x) {
    require_images("conv2d", x);
    return conv2d(x, in_use(weight_, vectors_, training()), bias_,
                  conv_options(options_, weight_.size(0), x.size(1), x.size(2)), options_.activation);
}

ConvTranspose2d::ConvTranspose2d(Index in, Index out, Index kernel, Generator& generator, const Conv2dOptions& options,
                                 Index output_padding)
    : options_(options), output_padding_(output_padding) {
    require_sizes("conv2d_transpose", in, out, kernel, options.stride);
    require(output_padding >= 0 && output_padding < options.stride,
            "[conv2d_transpose] expected an output padding of at least 0 and below the stride {}, got {}",
            options.stride, output_padding);
    require(!options.same || output_padding == 0,
            "[conv2d_transpose] padding 'same' fixes the size of the output; leave the output padding at 0, got {}",
            output_padding);
    require(!options.spectral_norm,
            "[conv2d_transpose] spectral normalisation is for Linear and Conv2d; leave spectral_norm off");
    // Fans by PyTorch's and Keras' reading of the weight: in is what one value of the output's kernel window receives.
    const Fan fan{out * kernel * kernel, in * kernel * kernel};
    weight_ = add_parameter("weight", options.weight_init.make({kernel, kernel, out, in}, fan, generator), kConvLayout);
    if (options.bias) bias_ = add_parameter("bias", options.bias_init.make({out}, fan, generator));
}

Tensor ConvTranspose2d::forward(const Tensor& x) {
    require_images("conv2d_transpose", x);
    const Index kernel = weight_.size(0), padding = options_.padding.before + options_.padding.after;
    const auto grown = [&](Index size) {
        return options_.same ? size * options_.stride
                             : (size - 1) * options_.stride + kernel - padding + output_padding_;
    };
    const Index height = grown(x.size(1)), width = grown(x.size(2));
    require(height > 0 && width > 0, "[conv2d_transpose] images of {}x{} would become {}x{}; use less padding",
            x.size(1), x.size(2), height, width);
    return conv2d_transpose(x, weight_, bias_, conv_options(options_, kernel, height, width), height, width,
                            options_.activation);
}

BatchNorm::BatchNorm(Index channels, Generator& generator, const BatchNormLayerOptions& options)
    : options_{options.epsilon, options.momentum, options.activation}, momentum_(options.momentum) {
    require(channels > 0, "[batch_norm] expected at least one channel, got {}", channels);
    require_image_fits("batch_norm", options.image, channels);
    const FileLayout layout = vector_layout(options.image);
    if (options.affine) {
        gamma_ = add_parameter("weight", options.gamma_init.make({channels}, {}, generator), layout);
        beta_ = add_parameter("bias", Tensor::zeros({channels}, generator.device()), layout);
    } else {
        gamma_ = Tensor::full({channels}, 1, generator.device());
        beta_ = Tensor::zeros({channels}, generator.device());
    }
    running_mean_ = add_buffer("running_mean", Tensor::zeros({channels}, generator.device()), layout);
    running_variance_ = add_buffer("running_var", Tensor::full({channels}, 1, generator.device()), layout);
}

Tensor BatchNorm::forward(const Tensor& x) {
    return training() ? batch_norm(x, gamma_, beta_, running_mean_, running_variance_, options_)
                      : batch_norm_inference(x, gamma_, beta_, running_mean_, running_variance_, options_);
}

void BatchNorm::set_statistics_momentum(std::optional<double> momentum) {
    options_.momentum = momentum.value_or(momentum_);
}

LayerNorm::LayerNorm(const Shape& sizes, Generator& generator, const LayerNormLayerOptions& options)
    : sizes_(sizes), options_{options.epsilon, options.activation} {
    require(sizes.rank() >= 1 && sizes.count() > 0, "[layer_norm] expected the sizes to normalise over, got {}", sizes);
    const Shape gains = options.per_channel ? Shape{sizes[-1]} : sizes;
    const FileLayout layout = gains.rank() == 3 ? kImageLayout : kPlainLayout;
    gamma_ = add_parameter("weight", Tensor::full(gains, 1, generator.device()), layout);
    beta_ = add_parameter("bias", Tensor::zeros(gains, generator.device()), layout);
}

Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, sizes_, gamma_, beta_, options_); }

Embedding::Embedding(Index entries, Index columns, Generator& generator, const Initialiser& weight_init,
                     FlattenedImage image) {
    require(entries > 0 && columns > 0, "[embedding] expected at least one entry and one column, got {} and {}",
            entries, columns);
    require_image_fits("embedding", image, columns);
    weight_ = add_parameter("weight", weight_init.make({entries, columns}, {entries, columns}, generator),
                            rows_layout(image));
}

Tensor Embedding::forward(const Buffer<std::int32_t>& indices) { return embedding(weight_, indices); }

Tensor Reshape::forward(const Tensor& x) {
    Shape shape{x.size(0)};
    for (Index size : sizes_) shape = shape.with(size);
    return reshape(x, shape);
}

Tensor Flatten::forward(const Tensor& x) { return reshape(x, {x.size(0), x.size(0) == 0 ? 0 : x.count() / x.size(0)}); }

Tensor Sequential::forward(const Tensor& x) { return forward_part(x, 0, layers_.size()); }

Tensor Sequential::forward_to_last(const Tensor& x) {
    return forward_part(x, 0, layers_.empty() ? 0 : layers_.size() - 1);
}

Tensor Sequential::forward_part(const Tensor& x, std::size_t first, std::size_t end) {
    Tensor y = x;
    for (std::size_t i = first; i < end; ++i) {
        const auto& [name, layer] = layers_[i];
        const Scope scope(name.c_str());
        y = layer->forward(y);
    }
    return y;
}

Sequential::Outputs Sequential::forward_through(const Tensor& x, Index stage) {
    require(stage >= 1 && stage <= stages(), "[sequential] expected a stage from 1 to {}, got {}", stages(), stage);
    const std::size_t end = stage_ends_[static_cast<std::size_t>(stage - 1)];
    const Tensor y = forward_part(x, 0, end);
    return {y, forward_part(y, end, layers_.size())};
}

}  // namespace sinter
