// The layers of feed-forward networks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/buffer.h"
#include "core/nn/init.h"
#include "core/nn/module.h"
#include "core/ops/activation.h"
#include "core/ops/batch_norm.h"
#include "core/ops/conv.h"
#include "core/ops/layer_norm.h"
#include "core/ops/pool.h"
#include "core/ops/spectral_norm.h"

namespace sinter {

/// A module that maps one tensor to another.
class Layer : public Module {
public:
    virtual Tensor forward(const Tensor& x) = 0;
};

struct LinearOptions {
    Activation activation = identity();  ///< fused into the matrix product
    bool bias = true;
    Initialiser weight_init = init::uniform_fan_in();
    Initialiser bias_init = init::uniform_fan_in();
    /// Divides the weight by an estimate of its largest singular value, as torch.nn.utils.spectral_norm does: its
    /// parameter is then weight_orig, its buffers weight_u and weight_v, which start from one draw after the
    /// parameters'. Each forward pass in training takes one step of power iteration, so a training step that shows a
    /// discriminator real images, fakes, and fakes again for the generator, takes three; evaluation takes none.
    bool spectral_norm = false;
    /// What the inputs hold first, such as the images of a Flatten before the layer, and what the outputs are, such as
    /// those of a Reshape behind it. PyTorch flattens images channels first, so files have them in that order.
    FlattenedImage input_image = {}, output_image = {};
};

/// y = f(x W + b) for x [batch, in]. Parameters: weight [in, out], bias [out].
class Linear final : public Layer {
public:
    /// Draws the weight, then the bias, from `generator`, whose device the layer lives on.
    Linear(Index in, Index out, Generator& generator, const LinearOptions& options = {});
    Tensor forward(const Tensor& x) override;

private:
    Activation activation_;
    Tensor weight_, bias_;
    SingularVectors vectors_;
};

/// A pointwise activation by itself. Where it follows a Linear, LinearOptions::activation is faster.
class ActivationLayer final : public Layer {
public:
    explicit ActivationLayer(Activation activation) : activation_(activation) {}
    Tensor forward(const Tensor& x) override { return activate(x, activation_); }

private:
    Activation activation_;
};

/// Dropout while training, nothing in evaluation. Masks come from `generator`, which must outlive the layer.
class Dropout final : public Layer {
public:
    Dropout(double rate, Generator& generator);
    Tensor forward(const Tensor& x) override;

private:
    double rate_;
    Generator& generator_;
};

/// A convolution's options: PyTorch's names, padding on each side.
struct Conv2dOptions {
    Index stride = 1;
    Padding padding = {};  ///< before and after, the same vertically and horizontally
    bool same = false;     ///< TensorFlow's padding 'same' instead, whatever the image size
    Activation activation = identity();
    bool bias = true;
    Initialiser weight_init = init::uniform_fan_in();
    Initialiser bias_init = init::uniform_fan_in();
    bool spectral_norm = false;  ///< see LinearOptions; for Conv2d only
};

/// Convolution of images [batch, height, width, in] with a square kernel. Parameters: weight [kernel, kernel, in, out],
/// bias [out].
class Conv2d final : public Layer {
public:
    Conv2d(Index in, Index out, Index kernel, Generator& generator, const Conv2dOptions& options = {});
    Tensor forward(const Tensor& x) override;

private:
    Conv2dOptions options_;
    Tensor weight_, bias_;
    SingularVectors vectors_;
};

/// Transposed convolution of images [batch, height, width, in]. Parameters: weight [kernel, kernel, out, in], bias
/// [out]. With `same` the output is `stride` times as large as the input; else (size - 1) stride + kernel - padding +
/// output_padding, as in PyTorch.
class ConvTranspose2d final : public Layer {
public:
    ConvTranspose2d(Index in, Index out, Index kernel, Generator& generator, const Conv2dOptions& options = {},
                    Index output_padding = 0);
    Tensor forward(const Tensor& x) override;

private:
    Conv2dOptions options_;
    Index output_padding_;
    Tensor weight_, bias_;
};

struct BatchNormLayerOptions {
    double epsilon = 1e-5;
    double momentum = 0.1;               ///< PyTorch's: the share of the batch in the running statistics
    Activation activation = identity();  ///< fused
    Initialiser gamma_init = init::constant(1);
    FlattenedImage image = {};  ///< that the features are, for files; see LinearOptions
    bool affine = true;         ///< PyTorch's: whether gamma and beta are learned; else there are none
};

/// Batch normalisation over all axes but the last: PyTorch's BatchNorm1d on features and BatchNorm2d on images.
/// Parameters, where it is affine: weight (gamma) and bias (beta) [channels]; buffers: running_mean, running_var
/// [channels].
class BatchNorm final : public Layer {
public:
    BatchNorm(Index channels, Generator& generator, const BatchNormLayerOptions& options = {});
    Tensor forward(const Tensor& x) override;

    void set_statistics_momentum(std::optional<double> momentum) override;

private:
    BatchNormOptions options_;
    double momentum_;  ///< its own
    Tensor gamma_, beta_, running_mean_, running_variance_;
};

struct LayerNormLayerOptions {
    double epsilon = 1e-5;
    Activation activation = identity();  ///< fused
    /// Gain and offset [channels], as torch.nn.GroupNorm(1, channels) has them, instead of one for each value.
    bool per_channel = false;
};

/// Layer normalisation of each example, or each pixel, by itself: PyTorch's LayerNorm. `sizes` are the innermost axes
/// that are normalised together, channels last: {channels} for features and for single pixels, {height, width,
/// channels} for whole images. Parameters: weight (gamma) and bias (beta), of these sizes, or [channels].
class LayerNorm final : public Layer {
public:
    LayerNorm(const Shape& sizes, Generator& generator, const LayerNormLayerOptions& options = {});
    Tensor forward(const Tensor& x) override;

private:
    Shape sizes_;
    LayerNormOptions options_;
    Tensor gamma_, beta_;
};

/// The mean, or the maximum, of every window of images [batch, height, width, channels].
class AveragePool2d final : public Layer {
public:
    explicit AveragePool2d(const PoolOptions& options = {}) : options_(options) {}
    Tensor forward(const Tensor& x) override { return average_pool2d(x, options_); }

private:
    PoolOptions options_;
};

class MaxPool2d final : public Layer {
public:
    explicit MaxPool2d(const PoolOptions& options = {}) : options_(options) {}
    Tensor forward(const Tensor& x) override { return max_pool2d(x, options_); }

private:
    PoolOptions options_;
};

/// [batch, height, width, channels] to the means of the images [batch, channels]
class GlobalAveragePool2d final : public Layer {
public:
    Tensor forward(const Tensor& x) override { return global_average_pool2d(x); }
};

/// Every pixel of an image as a square of factor x factor.
class UpsampleNearest2d final : public Layer {
public:
    explicit UpsampleNearest2d(Index factor) : factor_(factor) {}
    Tensor forward(const Tensor& x) override { return upsample_nearest2d(x, factor_); }

private:
    Index factor_;
};

/// Rows of a learned table, picked by class labels or other indices. Parameter: weight [entries, columns], which starts
/// as PyTorch's, standard normal, unless told otherwise. `image` is what a row holds, for files; see LinearOptions.
class Embedding final : public Module {
public:
    Embedding(Index entries, Index columns, Generator& generator, const Initialiser& weight_init = init::normal(0, 1),
              FlattenedImage image = {});
    /// [count, columns] of `count` indices below `entries`.
    Tensor forward(const Buffer<std::int32_t>& indices);

private:
    Tensor weight_;
};

/// [batch, ...] as [batch, sizes...], each example keeping its elements.
class Reshape final : public Layer {
public:
    explicit Reshape(std::vector<Index> sizes) : sizes_(std::move(sizes)) {}
    Tensor forward(const Tensor& x) override;

private:
    std::vector<Index> sizes_;
};

/// [batch, ...] as [batch, elements]
class Flatten final : public Layer {
public:
    Tensor forward(const Tensor& x) override;
};

/// Layers one after the other.
class Sequential final : public Layer {
public:
    /// Ends a stage: a group of layers behind which somebody may look at what they give. Layers that no stage ends
    /// behind belong to none.
    void end_stage() { stage_ends_.push_back(layers_.size()); }
    Index stages() const { return static_cast<Index>(stage_ends_.size()); }

    /// Appends a layer of type T constructed from the arguments, under a name that is its place if empty; returns it.
    template <class T, class... Arguments>
    T& add(std::string name, Arguments&&... arguments) {
        auto layer = std::make_unique<T>(std::forward<Arguments>(arguments)...);
        T& added = *layer;
        if (name.empty()) name = std::to_string(layers_.size());
        add_module(name, added);
        layers_.emplace_back(std::move(name), std::move(layer));
        return added;
    }

    Tensor forward(const Tensor& x) override;
    /// What its last layer sees; x itself where there is one layer or none.
    Tensor forward_to_last(const Tensor& x);

    struct Outputs {
        Tensor stage, last;
    };
    /// What `stage`, counted from 1, gives, and what the last layer gives. Throws UsageError where there is no such
    /// stage.
    Outputs forward_through(const Tensor& x, Index stage);

private:
    Tensor forward_part(const Tensor& x, std::size_t first, std::size_t end);

    std::vector<std::pair<std::string, std::unique_ptr<Layer>>> layers_;
    std::vector<std::size_t> stage_ends_;
};

}  // namespace sinter
