// Every op, forward and backward, against what PyTorch computed (tests/fixtures/ops.safetensors).
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <set>

#include "core/buffer.h"
#include "core/losses/loss.h"
#include "core/losses/vae.h"
#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/batch_norm.h"
#include "core/ops/conv.h"
#include "core/ops/embedding.h"
#include "core/ops/layer_norm.h"
#include "core/ops/linear.h"
#include "core/ops/pool.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/ops/spectral_norm.h"
#include "core/tape.h"
#include "tests/common/fixtures.h"

namespace sinter::tests {
namespace {

const SafetensorsFile& file() {
    static const SafetensorsFile ops = open_fixture("ops.safetensors");
    return ops;
}

Tensor stored(const std::string& name, Device device) { return fixture_tensor(file(), name, device); }

/// The inputs of one case, by name; those that have a gradient in the file are parameters.
class CaseInputs {
public:
    CaseInputs(std::string name, Device device) : case_(std::move(name)), device_(device) {}

    const Tensor& operator()(const std::string& input) const {
        const auto [place, fresh] = tensors_.try_emplace(input);
        if (fresh) {
            place->second = stored(case_ + "." + input, device_);
            if (file().find(case_ + ".d" + input)) place->second.set_requires_grad(true);
        }
        return place->second;
    }
    Buffer<std::int32_t> labels() const {
        return {std::span<const std::int32_t>(entry_values<std::int32_t>(file().at(case_ + ".labels"))), device_};
    }
    const std::map<std::string, Tensor>& used() const { return tensors_; }

private:
    std::string case_;
    Device device_;
    mutable std::map<std::string, Tensor> tensors_;
};

using In = const CaseInputs&;

/// How far float may be off, in units of its epsilon: elements that are computed one by one have a bound that is
/// relative to themselves, plus one for values that are differences from 1 (1 - y^2 of tanh). Sums of up to 75 terms
/// are off by roundings of their terms, which may be larger than the sum: their bound is relative to the largest
/// element.
enum class Rounding { pointwise, sums };

struct OpCase {
    Rounding rounding;
    std::function<Tensor(In)> f;
};

/// Convolutions by what follows "conv2d_" in the names of their cases. Padding is that of PyTorch, the same on every
/// side, or computed by same_padding() for the size of the images.
void add_convolutions(std::map<std::string, OpCase>& m) {
    const auto add = [&m](const std::string& name, const ConvOptions& options, Activation f = identity(),
                          bool bias = true) {
        m["conv2d_" + name] = {Rounding::sums,
                               [=](In in) { return conv2d(in("x"), in("w"), bias ? in("b") : Tensor(), options, f); }};
    };
    const auto same = [](Index height, Index width, Index kernel, Index stride) {
        return ConvOptions{stride, same_padding(height, kernel, stride), same_padding(width, kernel, stride)};
    };
    const ConvOptions halving{2, {1, 1}, {1, 1}};
    add("k1s1", {});
    add("k3s1_same", same(4, 5, 3, 1));
    add("k3s2_same", same(6, 5, 3, 2));
    add("k4s2p1", halving);
    add("k5s2_same", same(7, 6, 5, 2));
    add("k5s1_same", same(4, 3, 5, 1));
    add("k3x2s2p1", halving);
    add("one_input_channel", halving);
    add("one_output_channel", {});
    add("without_bias", halving, identity(), false);
    add("leaky_relu", halving, leaky_relu(0.2f));
    add("gelu", halving, gelu());

    const auto add_transposed = [&m](const std::string& name, const ConvOptions& options, Index height, Index width,
                                     Activation f = identity(), bool bias = true) {
        m["conv2d_transpose_" + name] = {Rounding::sums, [=](In in) {
                                             return conv2d_transpose(in("x"), in("w"), bias ? in("b") : Tensor(),
                                                                     options, height, width, f);
                                         }};
    };
    add_transposed("k4s2p1", halving, 6, 8);
    add_transposed("k4s1p0", {}, 4, 4);
    add_transposed("k5s2_same", same(8, 6, 5, 2), 8, 6);
    add_transposed("k5s2_same_odd", same(7, 6, 5, 2), 7, 6);
    add_transposed("k5s1_same", same(3, 4, 5, 1), 3, 4);
    add_transposed("k3s2p1_output_padding", halving, 6, 4);
    add_transposed("k3x2s2p1", halving, 5, 2);
    add_transposed("without_bias", halving, 4, 6, identity(), false);
    add_transposed("tanh", halving, 6, 4, tanh());
    add_transposed("silu", halving, 6, 4, silu());
}

/// Pools by what follows "_pool2d_" in the names of their cases, and what else has windows or indices.
void add_pools_and_embedding(std::map<std::string, OpCase>& m) {
    const std::map<std::string, PoolOptions> pools = {{"k2", {}}, {"k3s2p1", {3, 2, 1}}, {"k3s1", {3, 1}}};
    for (const auto& [name, options] : pools) {
        m["average_pool2d_" + name] = {Rounding::sums,
                                       [=, options = options](In in) { return average_pool2d(in("x"), options); }};
        m["max_pool2d_" + name] = {Rounding::sums,
                                   [=, options = options](In in) { return max_pool2d(in("x"), options); }};
    }
    m["global_average_pool2d"] = {Rounding::sums, [](In in) { return global_average_pool2d(in("x")); }};
    m["upsample_nearest2d"] = {Rounding::sums, [](In in) { return upsample_nearest2d(in("x"), 3); }};
    m["embedding"] = {Rounding::sums, [](In in) { return embedding(in("table"), in.labels()); }};
}

/// What a spectral_norm case does with the normalised weight.
const std::map<std::string, std::function<Tensor(const Tensor& x, const Tensor& weight)>>& spectral_norm_cases() {
    static const std::map<std::string, std::function<Tensor(const Tensor& x, const Tensor& weight)>> all = {
        {"spectral_norm_linear", [](const Tensor& x, const Tensor& weight) { return linear(x, weight, {}); }},
        {"spectral_norm_conv2d", [](const Tensor& x, const Tensor& weight) { return conv2d(x, weight, {}, {}); }},
    };
    return all;
}

/// What a batch_norm case does in training; its running statistics have a test of their own.
const std::map<std::string, BatchNormOptions>& batch_norm_cases() {
    static const std::map<std::string, BatchNormOptions> all = {
        {"batch_norm_features", {1e-3, 0.1, identity()}},
        {"batch_norm_features_leaky_relu", {1e-3, 0.01, leaky_relu(0.2f)}},
        {"batch_norm_features_gelu", {1e-3, 0.1, gelu()}},
        {"batch_norm_images", {1e-3, 0.01, identity()}},
        {"batch_norm_images_leaky_relu", {1e-3, 0.1, leaky_relu(0.2f)}},
    };
    return all;
}

/// Layer normalisations by what follows "layer_norm_" in the names of their cases, over the innermost axes of `sizes`.
void add_layer_norms(std::map<std::string, OpCase>& m) {
    const auto add = [&m](const std::string& name, const Shape& sizes, const LayerNormOptions& options) {
        m["layer_norm_" + name] = {Rounding::sums,
                                   [=](In in) { return layer_norm(in("x"), sizes, in("gamma"), in("beta"), options); }};
    };
    add("features", {5}, {1e-5, identity()});
    add("features_gelu", {5}, {1e-3, gelu()});
    add("pixels", {4}, {1e-5, identity()});
    add("images", {2, 3, 4}, {1e-5, identity()});
    add("channels_of_images", {2, 3, 4}, {1e-5, identity()});
    add("channels_of_images_leaky_relu", {2, 3, 4}, {1e-3, leaky_relu(0.2f)});
}

const std::map<std::string, OpCase>& cases() {
    constexpr double kPerRow = 1.0 / 5;  // the cases have 5 rows and 7 columns
    static const std::map<std::string, OpCase> all = [] {
        std::map<std::string, OpCase> m;
        const std::map<std::string, Activation> activations = {
            {"relu", relu()}, {"leaky_relu", leaky_relu(0.2f)}, {"elu", elu()}, {"sigmoid", sigmoid()},
            {"tanh", tanh()}, {"softplus", softplus()},         {"exp", exp()}, {"gelu", gelu()},
            {"silu", silu()},
        };
        for (const auto& [name, activation] : activations) {
            m[name] = {Rounding::pointwise, [f = activation](In in) { return activate(in("x"), f); }};
            m["linear_" + name] = {Rounding::sums,
                                   [f = activation](In in) { return linear(in("x"), in("w"), in("b"), f); }};
        }
        m["linear"] = {Rounding::sums, [](In in) { return linear(in("x"), in("w"), in("b")); }};
        for (const bool ta : {false, true}) {
            for (const bool tb : {false, true}) {
                m[std::string("matmul_") + (ta ? "t" : "n") + (tb ? "t" : "n")] = {
                    Rounding::sums, [=](In in) { return matmul(in("a"), in("b"), ta, tb); }};
            }
        }
        m["add"] = {Rounding::pointwise, [](In in) { return in("a") + in("b"); }};
        m["subtract"] = {Rounding::pointwise, [](In in) { return in("a") - in("b"); }};
        m["multiply"] = {Rounding::pointwise, [](In in) { return in("a") * in("b"); }};
        m["divide"] = {Rounding::pointwise, [](In in) { return in("a") / in("b"); }};
        m["affine"] = {Rounding::pointwise, [](In in) { return affine(in("x"), 2.5, -0.75); }};
        m["sqrt"] = {Rounding::pointwise, [](In in) { return sqrt(in("x")); }};
        m["log"] = {Rounding::pointwise, [](In in) { return log(in("x")); }};
        m["clamp"] = {Rounding::pointwise, [](In in) { return clamp(in("x"), -0.5, 0.75); }};
        m["add_row"] = {Rounding::sums, [](In in) { return add_row(in("x"), in("row")); }};
        m["multiply_row"] = {Rounding::sums, [](In in) { return multiply_row(in("x"), in("row")); }};
        m["multiply_column"] = {Rounding::sums, [](In in) { return multiply_column(in("x"), in("column")); }};

        m["sum_all"] = {Rounding::sums, [](In in) { return sum(in("x")); }};
        m["sum_rows"] = {Rounding::sums, [](In in) { return sum(in("x"), {0}); }};
        m["sum_columns"] = {Rounding::sums, [](In in) { return sum(in("x"), {1}); }};
        m["sum_axes_1"] = {Rounding::sums, [](In in) { return sum(in("x"), {1}); }};
        m["sum_axes_02"] = {Rounding::sums, [](In in) { return sum(in("x"), {0, 2}); }};
        m["sum_axes_13"] = {Rounding::sums, [](In in) { return sum(in("x"), {-1, 1}); }};
        m["sum_axes_012"] = {Rounding::sums, [](In in) { return sum(in("x"), {0, 1, 2}); }};
        m["sum_axes_023"] = {Rounding::sums, [](In in) { return sum(in("x"), {0, 2, 3}); }};
        m["sum_axes_3"] = {Rounding::sums, [](In in) { return sum(in("x"), {3}); }};
        m["mean_axes_12"] = {Rounding::sums, [](In in) { return mean(in("x"), {1, 2}); }};
        m["mean_all"] = {Rounding::sums, [](In in) { return mean(in("x")); }};
        m["mean_rows"] = {Rounding::sums, [](In in) { return mean(in("x"), {0}); }};
        m["mean_columns"] = {Rounding::sums, [](In in) { return mean(in("x"), {1}); }};
        m["concatenate_columns"] = {Rounding::pointwise, [](In in) { return concatenate_columns(in("a"), in("b")); }};
        m["slice_columns"] = {Rounding::pointwise, [](In in) { return slice_columns(in("x"), 2, 3); }};
        m["transpose"] = {Rounding::pointwise, [](In in) { return transpose(in("x")); }};

        m["binary_cross_entropy_with_logits"] = {
            Rounding::sums, [](In in) { return sigmoid_cross_entropy(in("logits"), in("targets"), kPerRow); }};
        m["mse"] = {Rounding::sums, [](In in) { return squared_error(in("prediction"), in("targets"), kPerRow); }};
        m["cross_entropy"] = {Rounding::sums,
                              [](In in) { return softmax_cross_entropy(in("logits"), in.labels(), kPerRow); }};
        m["row_norms"] = {Rounding::sums, [](In in) { return row_norms(in("x")); }};
        add_convolutions(m);
        add_pools_and_embedding(m);
        add_layer_norms(m);
        for (const auto& [name, options] : batch_norm_cases()) {
            m[name] = {Rounding::sums, [options = options](In in) {
                           return batch_norm(in("x"), in("gamma"), in("beta"), {}, {}, options);
                       }};
        }
        return m;
    }();
    return all;
}

struct Bound {
    double absolute, relative;
};

Bound bound(const Tensor& actual, const std::string& name, Rounding rounding, std::span<const double> expected) {
    const double scale = rounding == Rounding::sums ? largest_magnitude(expected) : 1;
    if (actual.device() == Device::cpu()) {
        constexpr double kEpsilon = std::numeric_limits<float>::epsilon();
        return {8 * kEpsilon * scale, 32 * kEpsilon};
    }
    // Activation holds the slope of LeakyReLU as a float: 0.2f is 1.5e-8 above PyTorch's 0.2, relatively.
    if (name.find("leaky_relu") != std::string::npos) return {2e-8 * scale, 2e-8};
    // Double: a few roundings of 1.1e-16, through exp and log some hundred at worst.
    return {1e-14 * scale, 1e-13};
}

void expect_as_in_the_file(const Tensor& actual, const std::string& name, Rounding rounding) {
    ASSERT_TRUE(actual.defined()) << name;
    EXPECT_EQ(actual.shape().text(), fixture_shape(file(), name).text()) << name;
    const std::vector<double> expected = fixture_values(file(), name);
    const auto [absolute, relative] = bound(actual, name, rounding, expected);
    expect_close(actual.to_doubles(), expected, absolute, relative, name + " on " + actual.device().name());
}

class OpFixture : public testing::TestWithParam<std::string> {};

TEST_P(OpFixture, AgreesWithPyTorchForwardAndBackward) {
    const OpCase& op = cases().at(GetParam());
    for (const Device device : {Device::reference(), Device::cpu()}) {
        const CaseInputs inputs(GetParam(), device);
        const Tensor y = op.f(inputs);
        expect_as_in_the_file(y, GetParam() + ".y", op.rounding);
        backward(sum(y * stored(GetParam() + ".dy", device)));
        for (const auto& [name, input] : inputs.used()) {
            if (input.requires_grad()) expect_as_in_the_file(input.grad(), GetParam() + ".d" + name, op.rounding);
        }
    }
}

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (const auto& [name, op] : cases()) names.push_back(name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Ops, OpFixture, testing::ValuesIn(case_names()), case_name);

std::vector<std::string> batch_norm_names() {
    std::vector<std::string> names;
    for (const auto& [name, options] : batch_norm_cases()) names.push_back(name);
    return names;
}

class BatchNormFixture : public testing::TestWithParam<std::string> {};

TEST_P(BatchNormFixture, MovesItsStatisticsAndEvaluatesLikePyTorch) {
    const std::string name = GetParam();
    const BatchNormOptions& options = batch_norm_cases().at(name);
    for (const Device device : {Device::reference(), Device::cpu()}) {
        const CaseInputs in(name, device);
        const Tensor mean = stored(name + ".running_mean", device), variance = stored(name + ".running_var", device);
        batch_norm(in("x"), in("gamma"), in("beta"), mean, variance, options);
        expect_as_in_the_file(mean, name + ".moved_mean", Rounding::sums);
        expect_as_in_the_file(variance, name + ".moved_var", Rounding::sums);
        const Tensor y = batch_norm_inference(in("x"), in("gamma"), in("beta"), mean, variance, options);
        expect_as_in_the_file(y, name + ".y_eval", Rounding::sums);
        backward(sum(y * stored(name + ".dy", device)));
        for (const char* input : {"x", "gamma", "beta"})
            expect_as_in_the_file(in(input).grad(), name + ".d" + input + "_eval", Rounding::sums);
    }
}
INSTANTIATE_TEST_SUITE_P(Ops, BatchNormFixture, testing::ValuesIn(batch_norm_names()), case_name);

class SpectralNormFixture : public testing::TestWithParam<std::string> {};

TEST_P(SpectralNormFixture, MovesItsVectorsAndAgreesWithPyTorch) {
    const std::string name = GetParam();
    for (const Device device : {Device::reference(), Device::cpu()}) {
        const CaseInputs in(name, device);
        SingularVectors vectors{stored(name + ".u", device),
                                Tensor::zeros(fixture_shape(file(), name + ".moved_v"), device)};  // v follows from u
        const auto layer = [&](const Tensor& weight) { return spectral_norm_cases().at(name)(in("x"), weight); };
        Tensor y;
        for (int pass = 0; pass < 3; ++pass) y = layer(spectral_norm(in("w"), vectors, true));
        expect_as_in_the_file(y, name + ".y", Rounding::sums);
        for (int pass = 0; pass < 2; ++pass) {  // the second shows that the first left the vectors alone
            expect_as_in_the_file(vectors.u, name + ".moved_u", Rounding::sums);
            expect_as_in_the_file(vectors.v, name + ".moved_v", Rounding::sums);
            expect_as_in_the_file(layer(spectral_norm(in("w"), vectors, false)), name + ".y_eval", Rounding::sums);
        }
        // Iterated once more before backward: the third pass keeps the vectors that it was computed with.
        spectral_norm(in("w"), vectors, true);
        backward(sum(y * stored(name + ".dy", device)));
        expect_as_in_the_file(in("x").grad(), name + ".dx", Rounding::sums);
        expect_as_in_the_file(in("w").grad(), name + ".dw", Rounding::sums);
    }
}
INSTANTIATE_TEST_SUITE_P(Ops, SpectralNormFixture, testing::Values("spectral_norm_linear", "spectral_norm_conv2d"),
                         case_name);

class BottleneckFixture : public testing::TestWithParam<std::string> {};

TEST_P(BottleneckFixture, AgreesWithPyTorchForwardAndBackward) {
    const std::string name = GetParam();
    for (const Device device : {Device::reference(), Device::cpu()}) {
        Generator noise(11, device, 2);
        noise.start_step(3);
        Tensor heads = stored(name + ".heads", device);
        heads.set_requires_grad(true);
        const auto [z, kl] = reparameterise_kl(heads, noise);
        expect_as_in_the_file(z, name + ".z", Rounding::pointwise);
        expect_as_in_the_file(kl, name + ".kl", Rounding::sums);
        backward(sum(z * stored(name + ".dz", device)) + kl * stored(name + ".dkl", device));
        expect_as_in_the_file(heads.grad(), name + ".dheads", Rounding::pointwise);
    }
}
INSTANTIATE_TEST_SUITE_P(Ops, BottleneckFixture, testing::Values("reparameterise_kl", "reparameterise_kl_clamped"),
                         case_name);

// An address that needs the high words of seed and step and the top bit of the draw.
TEST(RandomFixture, DrawsTheNumbersOfTheIndependentGenerator) {
    for (const Device device : {Device::reference(), Device::cpu()}) {
        Generator generator(0x0123456789ABCDEFu, device, 0x80000003u);
        generator.start_step((std::uint64_t{1} << 40) + 5);
        expect_as_in_the_file(random_uniform({11}, 0, 1, generator), "random_uniform.y", Rounding::pointwise);
        generator.start_step((std::uint64_t{1} << 40) + 5);
        expect_as_in_the_file(random_normal({11}, 0, 1, generator), "random_normal.y", Rounding::pointwise);
    }
}

TEST(OpFixture, EveryCaseOfTheFileIsTested) {
    std::set<std::string> tested = {"reparameterise_kl", "reparameterise_kl_clamped", "random_uniform",
                                    "random_normal"};
    for (const auto& [name, op] : cases()) tested.insert(name);
    for (const auto& [name, layer] : spectral_norm_cases()) tested.insert(name);
    std::set<std::string> stored;
    for (const SafetensorsEntry& entry : file().entries()) stored.insert(entry.name.substr(0, entry.name.find('.')));
    EXPECT_EQ(stored, tested);
}

}  // namespace
}  // namespace sinter::tests
