// Every op refuses operands that do not fit, in a sentence that names the op and both shapes.
#include <gtest/gtest.h>

#include "core/nn/layers.h"
#include "core/ops/arithmetic.h"
#include "core/ops/linear.h"
#include "core/ops/loss.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/ops/vae.h"
#include "tests/ops/errors.h"

namespace sinter::testing_ops {
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
    expect_usage_error([&] { sum_rows(zeros({6})); }, {"[sum_rows]", "matrix", "got 6"});
    expect_usage_error([&] { sum_columns(zeros({1, 2, 3})); }, {"[sum_columns]", "matrix", "1x2x3"});
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
}

TEST(ErrorSentence, OfRandomOpsNamesTheRange) {
    Generator generator(1, Device::reference());
    expect_usage_error([&] { dropout(zeros({4}), 1, generator); }, {"[dropout]", "[0, 1)", "got 1"});
    expect_usage_error([&] { dropout(zeros({4}), -0.5, generator); }, {"[dropout]", "-0.5"});
    expect_usage_error([&] { Dropout(1.5, generator); }, {"[dropout]", "1.5"});
    expect_usage_error(
        [&] {
            reparameterise_kl(zeros({4, 3}), generator);
        },
        {"[reparameterise_kl]", "2 latent", "4x3"});
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
}  // namespace sinter::testing_ops
