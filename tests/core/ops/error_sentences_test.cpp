// Every op refuses operands that do not fit, in a sentence that names the op and both shapes.
#include <gtest/gtest.h>

#include "core/losses/likelihood.h"
#include "core/losses/loss.h"
#include "core/losses/vae.h"
#include "core/nn/layers.h"
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
#include "tests/common/errors.h"

namespace sinter::tests {
namespace {

Tensor zeros(const Shape& shape) { return Tensor::zeros(shape, Device::reference()); }

TEST(ErrorSentence, OfElementwiseOpsNamesBothShapes) {
    const Tensor a = zeros({2, 3}), b = zeros({3, 2});
    expect_usage_error([&] { a + b; }, {"[add]", "equal shape", "2x3", "3x2"});
    expect_usage_error([&] { a - b; }, {"[subtract]", "2x3", "3x2"});
    expect_usage_error([&] { a* b; }, {"[multiply]", "2x3", "3x2"});
    expect_usage_error([&] { a / b; }, {"[divide]", "2x3", "3x2"});
    expect_usage_error([&] { a + Tensor::zeros({2, 3}, Device::cpu()); }, {"2x3 on cpu", "another device"});
    expect_usage_error([&] { multiply_scalar(a, b); }, {"[multiply_scalar]", "one element", "3x2"});
    expect_usage_error([&] { clamp(a, 1, 0); }, {"[clamp]", "low <= high", "1 and 0"});
}

TEST(ErrorSentence, OfRowsAndColumnsNamesTheAxis) {
    const Tensor x = zeros({2, 3});
    expect_usage_error([&] { add_row(x, zeros({2})); }, {"[add_row]", "axis 1", "2x3", "and 2"});
    expect_usage_error([&] { multiply_row(x, zeros({1, 3})); }, {"[multiply_row]", "axis 1", "1x3"});
    expect_usage_error([&] { multiply_column(x, zeros({3})); }, {"[multiply_column]", "axis 0", "and 3"});
    expect_usage_error([&] { sum(zeros({6}), {1}); }, {"[sum]", "6 has no axis 1"});
    expect_usage_error([&] { mean(zeros({1, 2, 3}), {0, -3}); }, {"[mean]", "axis -3 of 1x2x3", "twice"});
    expect_usage_error([&] { mean(zeros({2, 0}), {1}); }, {"[mean]", "at least one element", "2x0"});
    expect_usage_error([&] { row_norms(zeros({6})); }, {"[row_norms]", "matrix", "got 6"});
    expect_usage_error([&] { mean(zeros({0, 3})); }, {"[mean]", "at least one element", "0x3"});
    expect_usage_error([&] { broadcast_scalar(x, {4}); }, {"[broadcast_scalar]", "one element", "2x3"});
    expect_usage_error([&] { broadcast_row(x, 4); }, {"[broadcast_row]", "vector", "2x3"});
    expect_usage_error([&] { broadcast_column(x, 4); }, {"[broadcast_column]", "vector", "2x3"});
}

TEST(ErrorSentence, OfProductsSaysWhichSizesDiffer) {
    const Tensor a = zeros({2, 3}), b = zeros({4, 5});
    expect_usage_error([&] { matmul(a, b); }, {"[matmul]", "inner sizes differ", "2x3", "4x5"});
    expect_usage_error([&] { matmul(a, a, true, true); }, {"[matmul]", "2x3 transposed times 2x3 transposed"});
    expect_usage_error([&] { matmul(zeros({3}), b); }, {"[matmul]", "two matrices", "3 and 4x5"});
    expect_usage_error([&] { linear(a, b, {}); }, {"[linear]", "weight 4x5", "rows of 4", "2x3"});
    expect_usage_error([&] { linear(zeros({2, 4}), b, zeros({4})); }, {"[linear]", "bias of 5", "got 4"});
    expect_usage_error([&] { linear(zeros({2, 2, 4}), b, {}); }, {"[linear]", "2x2x4", "flatten"});
    expect_usage_error([&] { linear(zeros({2, 4}), zeros({4}), {}); }, {"[linear]", "weight 4"});
}

TEST(ErrorSentence, OfConvolutionsSaysWhatDoesNotFit) {
    const Tensor x = zeros({2, 5, 4, 3}), w = zeros({3, 3, 3, 6});
    expect_usage_error([&] { conv2d(zeros({5, 4, 3}), w, {}, {}); }, {"[conv2d]", "height, width", "got 5x4x3"});
    expect_usage_error([&] { conv2d(x, zeros({3, 6}), {}, {}); }, {"[conv2d]", "weight", "got 3x6"});
    expect_usage_error(
        [&] {
            conv2d(zeros({2, 5, 4, 6}), w, {}, {});
        },
        {"[conv2d]", "3x3x3x6 expects 3 input channels", "have 6 (2x5x4x6)"});
    expect_usage_error([&] { conv2d(x, w, zeros({3}), {}); }, {"[conv2d]", "bias of 6", "got 3"});
    expect_usage_error([&] { conv2d(x, w, {}, {0, {}, {}}); }, {"[conv2d]", "stride of at least 1", "got 0"});
    expect_usage_error([&] { conv2d(x, w, {}, {1, {0, -1}, {}}); }, {"[conv2d]", "negative", "0 -1 0 0"});
    expect_usage_error(
        [&] {
            conv2d(zeros({2, 5, 2, 3}), w, {}, {});
        },
        {"[conv2d]", "kernel of 3x3", "images of 5x2", "more padding"});
    expect_usage_error([&] { conv2d(x, w, Tensor::zeros({6}, Device::cpu()), {}); }, {"another device"});
}

TEST(ErrorSentence, OfTransposedConvolutionsSaysWhatDoesNotFit) {
    const ConvOptions halving{2, {1, 1}, {1, 1}};
    const Tensor x = zeros({2, 3, 4, 6}), w = zeros({4, 4, 3, 6});
    expect_usage_error(
        [&] {
            conv2d_transpose(zeros({2, 6}), w, {}, halving, 6, 8);
        },
        {"[conv2d_transpose]", "height, width", "got 2x6"});
    expect_usage_error([&] { conv2d_transpose(x, zeros({6}), {}, halving, 6, 8); },
                       {"[conv2d_transpose]", "[height, width, out, in]", "got 6"});
    expect_usage_error(
        [&] {
            conv2d_transpose(zeros({2, 3, 4, 3}), w, {}, halving, 6, 8);
        },
        {"[conv2d_transpose]", "4x4x3x6 expects 6 input channels", "have 3 (2x3x4x3)"});
    expect_usage_error([&] { conv2d_transpose(x, w, zeros({6}), halving, 6, 8); },
                       {"[conv2d_transpose]", "bias of 3", "got 6"});
    expect_usage_error(
        [&] {
            conv2d_transpose(x, w, {}, {-2, {}, {}}, 6, 8);
        },
        {"[conv2d_transpose]", "stride", "got -2"});
    expect_usage_error([&] { conv2d_transpose(x, w, {}, halving, 6, 10); },
                       {"[conv2d_transpose]", "6x10 back to 3x5", "input is 3x4", "output size"});
}

TEST(ErrorSentence, OfBatchNormNamesTheChannels) {
    const Tensor x = zeros({4, 3}), three = zeros({3}), two = zeros({2});
    expect_usage_error([&] { batch_norm(three, three, three, {}, {}, {}); }, {"[batch_norm]", "channels", "got 3"});
    expect_usage_error([&] { batch_norm(x, two, three, {}, {}, {}); },
                       {"[batch_norm]", "3 channels for 4x3", "got 2 and 3"});
    expect_usage_error([&] { batch_norm(x, three, two, {}, {}, {}); }, {"[batch_norm]", "got 3 and 2"});
    expect_usage_error(
        [&] {
            batch_norm(zeros({1, 3}), three, three, {}, {}, {});
        },
        {"[batch_norm]", "two values a channel", "got 1x3", "evaluation mode"});
    expect_usage_error([&] { batch_norm_inference(x, three, three, {}, {}, {}); },
                       {"[batch_norm]", "running mean and variance of 3 channels", "none"});
    expect_usage_error([&] { batch_norm_inference(x, two, two, three, three, {}); }, {"[batch_norm]", "got 2 and 2"});
    expect_usage_error([&] { layer_norm(x, {2}, two, two); }, {"[layer_norm]", "innermost axes of sizes 2", "4x3"});
    expect_usage_error(
        [&] {
            layer_norm(x, {4, 3}, two, two);
        },
        {"[layer_norm]", "4x3 or of 3 channels", "got 2 and 2"});
    expect_usage_error([&] { layer_norm(x, {3}, three, two); }, {"[layer_norm]", "got 3 and 2"});
}

TEST(ErrorSentence, OfPoolingSaysWhatDoesNotFit) {
    const Tensor x = zeros({2, 5, 4, 3});
    expect_usage_error([&] { average_pool2d(zeros({5, 4}), {}); }, {"[average_pool2d]", "height, width", "got 5x4"});
    expect_usage_error([&] { max_pool2d(zeros({5, 4}), {}); }, {"[max_pool2d]", "height, width", "got 5x4"});
    expect_usage_error([&] { max_pool2d(x, {0}); }, {"[max_pool2d]", "kernel of at least 1", "got 0 and 0"});
    expect_usage_error([&] { average_pool2d(x, {2, -1}); }, {"[average_pool2d]", "stride", "got 2 and -1"});
    expect_usage_error([&] { average_pool2d(x, {2, 1, -1}); }, {"[average_pool2d]", "padding of at least 0", "got -1"});
    expect_usage_error([&] { max_pool2d(x, {3, 1, 2}); }, {"[max_pool2d]", "half of the kernel 3", "got 2"});
    expect_usage_error([&] { max_pool2d(x, {5}); }, {"[max_pool2d]", "5x5", "images of 5x4", "padding 0", "smaller"});
    expect_usage_error([&] { global_average_pool2d(zeros({2, 3})); }, {"[global_average_pool2d]", "got 2x3"});
    expect_usage_error([&] { global_average_pool2d(zeros({2, 0, 4, 3})); }, {"[global_average_pool2d]", "2x0x4x3"});
    expect_usage_error([&] { upsample_nearest2d(zeros({2, 3}), 2); }, {"[upsample_nearest2d]", "got 2x3"});
    expect_usage_error([&] { upsample_nearest2d(x, 0); }, {"[upsample_nearest2d]", "factor of at least 1", "got 0"});
}

TEST(ErrorSentence, OfEmbeddingsNamesTheTableAndTheDevice) {
    Generator generator(1, Device::reference());
    const Buffer<std::int32_t> indices(2, Device::reference()), elsewhere(2, Device::cpu());
    expect_usage_error([&] { embedding(zeros({6}), indices); }, {"[embedding]", "entries, columns", "got 6"});
    expect_usage_error([&] { embedding(zeros({6, 2}), elsewhere); }, {"[embedding]", "device reference", "on cpu"});
    for (const std::int32_t wrong : {-1, 6}) {
        const Buffer<std::int32_t> foreign(std::vector<std::int32_t>{0, 5, wrong, 7}, Device::reference());
        expect_usage_error(
            [&] {
                embedding(zeros({6, 2}), foreign);
            },
            {"[embedding]", "indices of 0 to 5", "number 2 is " + std::to_string(wrong)});
    }
    expect_usage_error([&] { Embedding(0, 3, generator); }, {"[embedding]", "at least one entry", "0 and 3"});
}

TEST(ErrorSentence, OfLayersForImagesNamesTheLayer) {
    Generator generator(1, Device::reference());
    expect_usage_error([&] { Conv2d(0, 3, 5, generator); }, {"[conv2d]", "positive", "0 to 3 channels, kernel 5"});
    expect_usage_error([&] { Conv2d(1, 3, 5, generator, {.stride = 0}); }, {"[conv2d]", "stride 0"});
    expect_usage_error([&] { ConvTranspose2d(2, 3, 0, generator); }, {"[conv2d_transpose]", "2 to 3", "kernel 0"});
    expect_usage_error([&] { ConvTranspose2d(2, 3, 4, generator, {.stride = 2}, 5); },
                       {"[conv2d_transpose]", "output padding", "below the stride 2", "got 5"});
    expect_usage_error([&] { BatchNorm(0, generator); }, {"[batch_norm]", "at least one channel", "got 0"});

    Conv2d conv(2, 3, 3, generator);
    ConvTranspose2d transposed(2, 3, 2, generator, {.padding = {1, 1}});
    expect_usage_error([&] { conv.forward(zeros({4, 8})); }, {"[conv2d]", "height, width", "4x8"});
    expect_usage_error([&] { transposed.forward(zeros({4, 8})); }, {"[conv2d_transpose]", "height, width", "4x8"});
    expect_usage_error(
        [&] {
            transposed.forward(zeros({1, 1, 1, 2}));
        },
        {"[conv2d_transpose]", "1x1 would become 0x0", "less padding"});
    expect_usage_error([&] { Reshape({2, 3}).forward(zeros({4, 5})); }, {"[reshape]", "4x2x3", "4x5"});
}

TEST(ErrorSentence, OfLayoutOpsNamesThePlace) {
    const Tensor x = zeros({2, 3});
    expect_usage_error([&] { reshape(x, {4, 2}); }, {"[reshape]", "4x2", "6 elements", "2x3"});
    expect_usage_error([&] { transpose(zeros({3})); }, {"[transpose]", "matrix", "3"});
    expect_usage_error([&] { slice_columns(x, 2, 2); }, {"[slice_columns]", "2 to 4", "2x3"});
    expect_usage_error([&] { slice_columns(x, -1, 2); }, {"[slice_columns]", "-1", "2x3"});
    expect_usage_error([&] { concatenate_columns(x, zeros({3, 3})); }, {"[concatenate_columns]", "row counts", "3x3"});
}

TEST(ErrorSentence, OfLossesNamesTargets) {
    const Tensor x = zeros({2, 3}), targets = zeros({3, 2});
    const Buffer<std::int32_t> labels(5, Device::reference());
    expect_usage_error([&] { sigmoid_cross_entropy(x, targets, 1); }, {"[sigmoid_cross_entropy]", "2x3", "3x2"});
    expect_usage_error([&] { squared_error(x, targets, 1); }, {"[squared_error]", "2x3", "3x2"});
    expect_usage_error([&] { softmax_cross_entropy(x, labels, 1); }, {"[softmax_cross_entropy]", "2x3", "5 labels"});
    const Buffer<std::int32_t> unknown(std::vector<std::int32_t>{2, 3}, Device::reference());
    expect_usage_error([&] { softmax_cross_entropy(x, unknown, 1); },
                       {"[softmax_cross_entropy]", "indices of 0 to 2", "number 1 is 3"});
}

TEST(ErrorSentence, OfLikelihoodsNamesTheRows) {
    const Tensor x = zeros({5, 3});
    expect_usage_error(
        [&] {
            bernoulli_log_likelihood(x, zeros({2, 3}));
        },
        {"[bernoulli_log_likelihood]", "for each image", "5x3", "2x3"});
    expect_usage_error(
        [&] {
            gaussian_log_likelihood(x, zeros({5, 2}), 0);
        },
        {"[gaussian_log_likelihood]", "of their size", "5x3", "5x2"});
    expect_usage_error([&] { gaussian_log_likelihood(x, zeros({0, 3}), 0); }, {"0x3"});
}

TEST(ErrorSentence, OfRandomOpsNamesTheRange) {
    Generator generator(1, Device::reference());
    expect_usage_error([&] { dropout(zeros({4}), 1, generator); }, {"[dropout]", "[0, 1)", "got 1"});
    expect_usage_error([&] { dropout(zeros({4}), -0.5, generator); }, {"[dropout]", "-0.5"});
    expect_usage_error([&] { augment(zeros({4, 5}), {.colour = true}, generator); }, {"[augment]", "4x5"});
    expect_usage_error([&] { Dropout(1.5, generator); }, {"[dropout]", "1.5"});
    expect_usage_error(
        [&] {
            reparameterise_kl(zeros({4, 3}), generator);
        },
        {"[reparameterise_kl]", "2 latent", "4x3"});
    expect_usage_error(
        [&] {
            importance_samples(zeros({4, 3}), 0, 1, generator);
        },
        {"[importance_samples]", "2 latent", "4x3"});
    expect_usage_error(
        [&] {
            importance_samples(zeros({4, 2}), 0, 0, generator);
        },
        {"[importance_samples]", "one sample", "got 0 from 0 on"});
    expect_usage_error([&] { importance_samples(zeros({4, 2}), -1, 1, generator); }, {"from -1 on"});
    expect_usage_error(
        [&] {
            importance_samples(zeros({1, 20}), (Index{1} << 34) / 12, 1, generator);
        },
        {"at most 1431655765 samples of 10 latent units"});
    expect_usage_error([&] { Linear(0, 3, generator); }, {"[linear]", "0 and 3"});
}

TEST(ErrorSentence, OfTensorsSaysWhatWasGiven) {
    const Tensor x = zeros({2, 3});
    expect_usage_error([&] { x.item(); }, {"[item]", "one element", "2x3"});
    expect_usage_error([&] { x.view({7}); }, {"[view]", "7", "2x3"});
    expect_usage_error([&] { x.view({3}, 4); }, {"[view]", "from element 4"});
    expect_usage_error([&] { Tensor().shape(); }, {"undefined tensor"});
    expect_usage_error([&] { Tensor().device(); }, {"undefined tensor"});
    const std::vector<double> five(5);
    expect_usage_error(
        [&] {
            Tensor::from(std::span<const double>(five), {2, 3}, Device::reference());
        },
        {"5 values", "6", "2x3"});
    expect_usage_error([&] { Tensor(x).assign(zeros({5})); }, {"[assign]", "6 elements", "got 5"});
}

}  // namespace
}  // namespace sinter::tests
