// Every op's first and second derivatives against central differences.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/losses/loss.h"
#include "core/losses/vae.h"
#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/augment.h"
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
#include "kernels/cases/activations.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"
#include "tests/common/gradient_check.h"

namespace sinter::tests {
namespace {

struct OpCase {
    std::string name;
    Function f;
    std::vector<Tensor> inputs;
    Derivatives promised = Derivatives::all;
};

std::vector<std::pair<std::string, Activation>> activations() {
    std::vector<std::pair<std::string, Activation>> all;
    for (const kernels::NamedActivation& named : kernels::kAllActivations)
        all.emplace_back(named.name, named.activation);
    return all;
}

/// A generator whose draws are the same in every call of a function under test: it is set back to step 5. Held by
/// pointer because ops keep the address of its step for their backward.
std::shared_ptr<Generator> fixed_generator() { return std::make_shared<Generator>(31, test_device(), 2); }

void add_pointwise(std::vector<OpCase>& ops) {
    const Shape matrix{3, 4};
    const Tensor x = away_from_zero(matrix, 1), other = away_from_zero(matrix, 2);
    const Tensor positive = uniform(matrix, 0.3, 2, 3), row = away_from_zero({4}, 4), column = away_from_zero({3}, 5);
    for (const auto& [name, activation] : activations()) {
        ops.push_back({"activate_" + name, [=, f = activation](Inputs in) { return activate(in[0], f); }, {x}});
    }
    ops.push_back({"add", [](Inputs in) { return in[0] + in[1]; }, {x, other}});
    ops.push_back({"subtract", [](Inputs in) { return in[0] - in[1]; }, {x, other}});
    ops.push_back({"multiply", [](Inputs in) { return in[0] * in[1]; }, {x, other}});
    ops.push_back({"multiply_by_itself", [](Inputs in) { return in[0] * in[0]; }, {x}});
    ops.push_back({"divide", [](Inputs in) { return in[0] / in[1]; }, {x, positive}});
    ops.push_back({"affine", [](Inputs in) { return affine(in[0], 2.5, -0.75); }, {x}});
    ops.push_back({"negate", [](Inputs in) { return -in[0]; }, {x}});
    ops.push_back(
        {"multiply_scalar", [](Inputs in) { return multiply_scalar(in[0], in[1]); }, {x, uniform({1}, 1, 2, 6)}});
    ops.push_back({"sqrt", [](Inputs in) { return sqrt(in[0]); }, {positive}});
    ops.push_back({"log", [](Inputs in) { return log(in[0]); }, {positive}});
    // The bounds lie inside (-0.2, 0.2), where no input is, and beyond: both sides of each are visited.
    ops.push_back({"clamp", [](Inputs in) { return clamp(in[0], -0.1, 0.15) + clamp(in[0], -9, 9); }, {x}});
    ops.push_back({"clamp_of_a_product", [](Inputs in) { return clamp(in[0] * in[1], 0.01, 0.7); }, {x, other}});
    ops.push_back({"add_row", [](Inputs in) { return add_row(in[0], in[1]); }, {x, row}});
    ops.push_back({"multiply_row", [](Inputs in) { return multiply_row(in[0], in[1]); }, {x, row}});
    ops.push_back({"multiply_column", [](Inputs in) { return multiply_column(in[0], in[1]); }, {x, column}});
}

void add_products(std::vector<OpCase>& ops) {
    for (const bool ta : {false, true}) {
        for (const bool tb : {false, true}) {
            const Tensor a = away_from_zero(ta ? Shape{4, 3} : Shape{3, 4}, 10);
            const Tensor b = away_from_zero(tb ? Shape{2, 4} : Shape{4, 2}, 11);
            ops.push_back({std::string("matmul_") + (ta ? "t" : "n") + (tb ? "t" : "n"),
                           [=](Inputs in) { return matmul(in[0], in[1], ta, tb); },
                           {a, b}});
        }
    }
    const Tensor square = away_from_zero({3, 3}, 12);
    ops.push_back({"matmul_of_a_matrix_with_itself", [](Inputs in) { return matmul(in[0], in[0], true); }, {square}});

    const Tensor x = away_from_zero({3, 4}, 13), w = away_from_zero({4, 2}, 14), b = away_from_zero({2}, 15);
    for (const auto& [name, activation] : activations()) {
        ops.push_back(
            {"linear_" + name, [f = activation](Inputs in) { return linear(in[0], in[1], in[2], f); }, {x, w, b}});
        ops.push_back({"linear_without_bias_" + name,
                       [f = activation](Inputs in) { return linear(in[0], in[1], {}, f); },
                       {x, w}});
    }
}

void add_convolutions(std::vector<OpCase>& ops) {
    const Tensor w = away_from_zero({3, 2, 2, 3}, 60), b = away_from_zero({3}, 61);
    // A kernel and padding that are not square, and a last row of the image that no window covers.
    const ConvOptions options{2, {1, 0}, {0, 1}};
    const Tensor images = away_from_zero({2, 5, 4, 2}, 62);
    // The weight of a transposed convolution is [height, width, out, in]: w from its three channels to two.
    const Tensor maps = away_from_zero({2, 2, 2, 3}, 63), transposed_b = away_from_zero({2}, 64);
    for (const auto& [name, activation] : activations()) {
        if (name != "identity" && name != "tanh" && name != "leaky_relu" && name != "gelu") continue;
        ops.push_back({"conv2d_" + name,
                       [=, f = activation](Inputs in) { return conv2d(in[0], in[1], in[2], options, f); },
                       {images, w, b}});
        ops.push_back(
            {"conv2d_transpose_" + name,
             [=, f = activation](Inputs in) { return conv2d_transpose(in[0], in[1], in[2], options, 5, 4, f); },
             {maps, w, transposed_b}});
    }
    ops.push_back({"conv2d_without_bias_tanh",
                   [=](Inputs in) { return conv2d(in[0], in[1], {}, options, tanh()); },
                   {images, w}});
    ops.push_back({"conv2d_transpose_without_bias_tanh",
                   [=](Inputs in) { return conv2d_transpose(in[0], in[1], {}, options, 5, 4, tanh()); },
                   {maps, w}});
}

void add_batch_norm(std::vector<OpCase>& ops) {
    const Tensor images = away_from_zero({2, 2, 2, 3}, 70);
    const Tensor gamma = away_from_zero({3}, 71), beta = away_from_zero({3}, 72), other_beta = away_from_zero({3}, 73);
    const Tensor mean = uniform({3}, -1, 1, 74), variance = uniform({3}, 0.5, 2, 75);
    for (const auto& [name, activation] : activations()) {
        if (name != "identity" && name != "tanh" && name != "leaky_relu" && name != "gelu") continue;
        const BatchNormOptions options{1e-3, 0.1, activation};
        ops.push_back({"batch_norm_" + name,
                       [=](Inputs in) { return batch_norm(in[0], in[1], in[2], {}, {}, options); },
                       {images, gamma, beta}});
        ops.push_back({"batch_norm_of_fixed_gamma_and_beta_" + name,
                       [=](Inputs in) { return batch_norm(in[0], gamma, beta, {}, {}, options); },
                       {images}});
        ops.push_back({"batch_norm_inference_" + name,
                       [=](Inputs in) { return batch_norm_inference(in[0], in[1], in[2], mean, variance, options); },
                       {images, gamma, beta}});
    }
    const BatchNormOptions options{1e-3, 0.1, tanh()};
    // The second op to run backward finds a gradient of gamma, but none of its own beta.
    ops.push_back({"batch_norm_twice_with_one_gamma",
                   [=](Inputs in) {
                       const Tensor once = batch_norm(in[0], in[1], in[2], {}, {}, options);
                       return batch_norm(once, in[1], in[3], {}, {}, options);
                   },
                   {images, gamma, beta, other_beta}});
    ops.push_back({"batch_norm_twice_with_one_beta",
                   [=](Inputs in) {
                       const Tensor once = batch_norm(in[0], in[1], in[2], {}, {}, options);
                       return batch_norm(once, in[3], in[2], {}, {}, options);
                   },
                   {images, gamma, beta, other_beta}});
}

void add_layer_norm(std::vector<OpCase>& ops) {
    const Tensor images = away_from_zero({2, 2, 2, 3}, 90);
    const Tensor gamma = away_from_zero({3}, 91), beta = away_from_zero({3}, 92);
    const Tensor gains = away_from_zero({2, 2, 3}, 93), offsets = away_from_zero({2, 2, 3}, 94);
    for (const auto& [name, activation] : activations()) {
        if (name != "identity" && name != "leaky_relu" && name != "silu") continue;
        const LayerNormOptions options{1e-3, activation};
        ops.push_back({"layer_norm_of_pixels_" + name,
                       [=](Inputs in) { return layer_norm(in[0], {3}, in[1], in[2], options); },
                       {images, gamma, beta}});
        ops.push_back({"layer_norm_of_images_" + name,
                       [=](Inputs in) {
                           return layer_norm(in[0], {2, 2, 3}, in[1], in[2], options);
                       },
                       {images, gamma, beta}});
        ops.push_back({"layer_norm_with_many_gains_" + name,
                       [=](Inputs in) {
                           return layer_norm(in[0], {2, 2, 3}, in[1], in[2], options);
                       },
                       {images, gains, offsets}});
    }
    ops.push_back(
        {"layer_norm_of_fixed_gamma", [=](Inputs in) { return layer_norm(in[0], {3}, gamma, in[1]); }, {images, beta}});
    // The second op to run backward finds a gradient of gamma, but none of its own beta.
    ops.push_back({"layer_norm_twice_with_one_gamma",
                   [=](Inputs in) { return layer_norm(layer_norm(in[0], {3}, in[1], in[2]), {3}, in[1], in[3]); },
                   {images, gamma, beta, away_from_zero({3}, 95)}});
}

void add_pools_and_embedding(std::vector<OpCase>& ops) {
    const Tensor images = away_from_zero({2, 5, 4, 2}, 80), table = away_from_zero({4, 3}, 81);
    const PoolOptions overlapping{3, 2, 1};
    for (const auto& [name, options] : {std::pair("", PoolOptions{}), std::pair("_overlapping", overlapping)}) {
        ops.push_back({std::string("average_pool2d") + name,
                       [options = options](Inputs in) { return average_pool2d(in[0], options); },
                       {images}});
        ops.push_back({std::string("max_pool2d") + name,
                       [options = options](Inputs in) { return max_pool2d(in[0], options); },
                       {images},
                       Derivatives::first});
    }
    ops.push_back({"global_average_pool2d", [](Inputs in) { return global_average_pool2d(in[0]); }, {images}});
    ops.push_back({"upsample_nearest2d", [](Inputs in) { return upsample_nearest2d(in[0], 3); }, {images}});
    // Row 1 is picked by none, row 2 by three.
    const Buffer<std::int32_t> indices(std::vector<std::int32_t>{2, 0, 2, 3, 2}, test_device());
    ops.push_back({"embedding", [=](Inputs in) { return embedding(in[0], indices); }, {table}});
}

void add_spectral_norm(std::vector<OpCase>& ops) {
    const auto vectors = [](const Tensor& weight) { return start_power_iteration(weight, *fixed_generator()); };
    const Tensor matrix = away_from_zero({4, 3}, 82), kernel = away_from_zero({2, 3, 2, 3}, 83);
    ops.push_back({"spectral_norm_of_a_matrix",
                   [v = vectors(matrix)](Inputs in) mutable { return spectral_norm(in[0], v, false); },
                   {matrix}});
    ops.push_back({"spectral_norm_of_a_kernel",
                   [v = vectors(kernel)](Inputs in) mutable { return spectral_norm(in[0], v, false); },
                   {kernel}});
}

void add_reductions_and_layout(std::vector<OpCase>& ops) {
    const Tensor x = away_from_zero({3, 4}, 20), other = away_from_zero({3, 2}, 21);
    const Tensor row = away_from_zero({4}, 22), column = away_from_zero({3}, 23);
    ops.push_back({"sum", [](Inputs in) { return sum(in[0]); }, {x}});
    ops.push_back({"mean", [](Inputs in) { return mean(in[0]); }, {x}});
    ops.push_back({"sum_rows", [](Inputs in) { return sum(in[0], {0}); }, {x}});
    ops.push_back({"sum_columns", [](Inputs in) { return sum(in[0], {1}); }, {x}});
    const Tensor images = away_from_zero({2, 3, 2, 3}, 25);
    ops.push_back({"sum_of_inner_axes", [](Inputs in) { return sum(in[0], {1, 2}); }, {images}});
    ops.push_back({"sum_of_scattered_axes", [](Inputs in) { return sum(in[0], {-1, 1}); }, {images}});
    ops.push_back({"mean_of_axes", [](Inputs in) { return mean(in[0], {0, 2}); }, {images}});
    ops.push_back({"row_norms", [](Inputs in) { return row_norms(in[0]); }, {x}});
    ops.push_back({"broadcast_scalar",
                   [](Inputs in) {
                       return broadcast_scalar(in[0], {3, 4});
                   },
                   {uniform({1}, 1, 2, 24)}});
    ops.push_back({"broadcast_row", [](Inputs in) { return broadcast_row(in[0], 3); }, {row}});
    ops.push_back({"broadcast_column", [](Inputs in) { return broadcast_column(in[0], 4); }, {column}});
    ops.push_back({"reshape", [](Inputs in) { return reshape(in[0], {2, 6}); }, {x}});
    ops.push_back({"transpose", [](Inputs in) { return transpose(in[0]); }, {x}});
    ops.push_back({"slice_columns", [](Inputs in) { return slice_columns(in[0], 1, 2); }, {x}});
    ops.push_back(
        {"overlapping_slices", [](Inputs in) { return slice_columns(in[0], 1, 2) * slice_columns(in[0], 2, 2); }, {x}});
    ops.push_back({"concatenate_columns", [](Inputs in) { return concatenate_columns(in[0], in[1]); }, {x, other}});
}

void add_random(std::vector<OpCase>& ops) {
    const auto generator = fixed_generator();
    for (const auto& [name, which] : {std::pair<std::string, Augmentation>{"colour", {.colour = true}},
                                      {"translation_and_cutout", {.translation = true, .cutout = true}},
                                      {"everything", {true, true, true}}}) {
        ops.push_back({"augment_" + name,
                       [generator, which = which](Inputs in) {
                           generator->start_step(5);
                           return augment(in[0], which, *generator);
                       },
                       {away_from_zero({2, 8, 9, 3}, 45)}});
    }
    ops.push_back({"dropout",
                   [generator](Inputs in) {
                       generator->start_step(5);
                       return dropout(in[0], 0.4, *generator);
                   },
                   {away_from_zero({5, 6}, 30)}});
    const auto latent = [generator](Inputs in) {
        generator->start_step(5);
        return reparameterise_kl(in[0], *generator);
    };
    const Tensor heads = away_from_zero({3, 4}, 31);
    ops.push_back({"reparameterise_kl_z", [latent](Inputs in) { return latent(in).z; }, {heads}, Derivatives::first});
    ops.push_back({"reparameterise_kl_kl", [latent](Inputs in) { return latent(in).kl; }, {heads}, Derivatives::first});
    ops.push_back({"reparameterise_kl_both",
                   [latent](Inputs in) {
                       const auto [z, kl] = latent(in);
                       return multiply_scalar(z, kl);
                   },
                   {heads},
                   Derivatives::first});
}

void add_losses(std::vector<OpCase>& ops) {
    const Tensor x = uniform({3, 4}, -4, 4, 40), targets = uniform({3, 4}, 0, 1, 41);
    const Buffer<std::int32_t> labels(std::vector<std::int32_t>{3, 0, 1}, test_device());
    ops.push_back({"sigmoid_cross_entropy",
                   [=](Inputs in) { return sigmoid_cross_entropy(in[0], targets, 0.3); },
                   {x},
                   Derivatives::first});
    ops.push_back(
        {"squared_error", [=](Inputs in) { return squared_error(in[0], targets, 0.3); }, {x}, Derivatives::first});
    ops.push_back({"softmax_cross_entropy",
                   [=](Inputs in) { return softmax_cross_entropy(in[0], labels, 0.3); },
                   {x},
                   Derivatives::first});
}

/// All ops, with what they hold on the test device.
std::vector<OpCase> make_ops() {
    std::vector<OpCase> ops;
    add_pointwise(ops);
    add_products(ops);
    add_convolutions(ops);
    add_batch_norm(ops);
    add_layer_norm(ops);
    add_pools_and_embedding(ops);
    add_spectral_norm(ops);
    add_reductions_and_layout(ops);
    add_random(ops);
    add_losses(ops);
    return ops;
}

const std::vector<OpCase>& all_ops() {
    static const std::vector<OpCase> all = make_ops();
    return all;
}

/// The parameters of the tests are names: GoogleTest keeps them until after the devices are gone, which tensors must
/// not outlive.
std::vector<std::string> names(std::initializer_list<Derivatives> promised) {
    std::vector<std::string> chosen;
    for (const OpCase& op : all_ops()) {
        if (std::find(promised.begin(), promised.end(), op.promised) != promised.end()) chosen.push_back(op.name);
    }
    return chosen;
}

const OpCase& op_named(const std::string& name) {
    return *std::find_if(all_ops().begin(), all_ops().end(), [&](const OpCase& op) { return op.name == name; });
}

class OpTest : public testing::TestWithParam<std::string> {
protected:
    const OpCase& op() const { return op_named(GetParam()); }
};

class FirstDerivative : public OpTest {};
TEST_P(FirstDerivative, MatchesCentralDifferences) { expect_gradients(op().name, op().f, op().inputs, op().promised); }
INSTANTIATE_TEST_SUITE_P(Ops, FirstDerivative, testing::ValuesIn(names({Derivatives::first, Derivatives::all})),
                         case_name);

class SecondDerivative : public OpTest {};
TEST_P(SecondDerivative, MatchesCentralDifferences) { expect_second_derivatives(op().name, op().f, op().inputs); }
INSTANTIATE_TEST_SUITE_P(Ops, SecondDerivative, testing::ValuesIn(names({Derivatives::all})), case_name);

class FusedOp : public OpTest {};
TEST_P(FusedOp, RefusesASecondDerivativeInASentence) {
    std::vector<Tensor> inputs;
    for (const Tensor& input : op().inputs) inputs.push_back(input.detach().set_requires_grad(true));
    const Tensor loss = sum(op().f(inputs));
    expect_usage_error([&] { gradients(loss, inputs, true); }, {"has no second derivative"});
}
INSTANTIATE_TEST_SUITE_P(Ops, FusedOp, testing::ValuesIn(names({Derivatives::first})), case_name);

#ifdef SINTER_HAS_CUDA
class OpOnCUDA : public OpTest {};
TEST_P(OpOnCUDA, ComputesWhatTheReferenceDoes) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    const TestDevice cuda(Device::cuda());
    const std::vector<OpCase> ops = make_ops();
    const auto index = static_cast<std::size_t>(&op() - all_ops().data());
    expect_as_on_reference(Device::cuda(), ops[index].f, ops[index].inputs, op().f, op().inputs, op().promised);
}
INSTANTIATE_TEST_SUITE_P(Ops, OpOnCUDA, testing::ValuesIn(names({Derivatives::first, Derivatives::all})), case_name);
#endif

// What the checks above rest on: no pre-activation of a fused op lies within a difference step of the kink.
TEST(FirstDerivative, OfFusedActivationsIsTakenAwayFromTheKinks) {
    for (const char* name : {"linear_identity", "linear_without_bias_identity", "conv2d_identity",
                             "conv2d_transpose_identity", "batch_norm_identity"}) {
        const OpCase& op = op_named(name);
        for (const double s : op.f(op.inputs).to_doubles()) EXPECT_GT(std::abs(s), 1e-3) << name;
    }
}

}  // namespace
}  // namespace sinter::tests
