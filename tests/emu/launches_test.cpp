// How many kernels an operation launches, counted in the graph that its call records: docs/kernels.md has the table.
#include <functional>

#include "kernels/activation.h"
#include "kernels/augment.h"
#include "kernels/batch_norm.h"
#include "kernels/conv.h"
#include "kernels/dot_products.h"
#include "kernels/elementwise.h"
#include "kernels/gather.h"
#include "kernels/gemm.h"
#include "kernels/layer_norm.h"
#include "kernels/likelihood.h"
#include "kernels/loss.h"
#include "kernels/reduce.h"
#include "kernels/runtime/graph.h"
#include "kernels/vae.h"
#include "tests/emu/device.h"

namespace sinter::kernels {
namespace {

class Launches : public EmulatedDevice {
protected:
    /// The kernels that `call` launches, and nothing else that takes the device's time.
    int kernels_of(const std::function<void()>& call) {
        call();  // the first one allocates what it works in
        const CudaGraph graph(queue, call);
        EXPECT_EQ(graph.copies(), 0);
        return graph.kernels();
    }

    /// Memory for any argument, all zeros.
    float* array(int i) const { return zeros_.data() + i * kCount; }
    template <class Value>
    Value* array_of(int i) const {
        return reinterpret_cast<Value*>(array(i));
    }

    static constexpr int kCount = 1 << 17, kArrays = 9;

private:
    DeviceArray<float> zeros_{queue, std::vector<float>(std::size_t{kCount} * kArrays)};
};

const Activation kRelu{ActivationKind::relu};

TEST_F(Launches, OfADenseLayer) {
    const Epilogue<float> bias_and_relu{array(3), kRelu, false};
    EXPECT_EQ(kernels_of([&] { gemm(queue, array(0), array(1), array(2), {128, 40, 300}, bias_and_relu); }), 1);
    EXPECT_EQ(kernels_of([&] {
                  bias_activation_backward(queue, array(0), array(1), array(2), array(3), {128, 300}, kRelu, false);
              }),
              1);
    EXPECT_EQ(kernels_of([&] {
                  linear_parameter_gradients(queue, array(0), array(1), array(2), array(3), {700, 20, 40}, false, true);
              }),
              1)
        << "the blocks of the long sum meet, and the bias has a plane of its own";
    EXPECT_EQ(kernels_of([&] { gemm(queue, array(0), array(1), array(2), {128, 20, 40, false, true}, {}); }), 1);
}

/// Square images with a padding of 1, a kernel of 4 and so many channels.
ConvGeometry geometry(Index in, Index out, Index stride) {
    return conv_geometry({2, 16, 16, in}, {4, 4, out}, {stride, {1, 1}, {1, 1}});
}

TEST_F(Launches, OfAConvolution) {
    const auto forward = [&](const ConvGeometry& g) {
        return kernels_of([&] { conv_forward(queue, array(0), array(1), array(2), g, {}); });
    };
    const auto input_gradient = [&](const ConvGeometry& g) {
        return kernels_of([&] { conv_input_gradient(queue, array(0), array(1), array(2), g, {}); });
    };
    const auto weight_gradient = [&](const ConvGeometry& g) {
        return kernels_of([&] { conv_weight_gradient(queue, array(0), array(1), array(2), g, false); });
    };
    for (const Index channels : {3, 8}) {
        const bool thin = channels == 3;
        EXPECT_EQ(forward(geometry(channels, 16, 2)), 1);
        EXPECT_EQ(input_gradient(geometry(channels, 16, 1)), 1);
        EXPECT_EQ(input_gradient(geometry(channels, 16, 2)), 1) << "the four phases together";
        EXPECT_EQ(input_gradient(geometry(channels, 16, 3)), thin ? 1 : 3) << "nine phases, four a launch";
        EXPECT_EQ(weight_gradient(geometry(channels, 16, 2)), thin ? 2 : 1);
    }
}

TEST_F(Launches, OfBatchNorm) {
    const auto forward = [&](MatrixShape shape) {
        return kernels_of([&] {
            batch_norm_forward(queue, array(0), array(1), array(2), array(3), array(4), array(5), array(6), array(7),
                               shape, {});
        });
    };
    const auto backward = [&](MatrixShape shape) {
        return kernels_of([&] {
            batch_norm_backward(queue, array(0), array(1), array(2), array(3), array(4), array(5), array(6), array(7),
                                array(8), shape, kRelu, false);
        });
    };
    EXPECT_EQ(forward({128, 400}), 1);
    EXPECT_EQ(backward({128, 400}), 1);
    EXPECT_EQ(forward({1024, 64}), 1);
    EXPECT_EQ(backward({1024, 64}), 1);
    EXPECT_EQ(forward({1600, 64}), 2);
    EXPECT_EQ(backward({1600, 64}), 2);
    EXPECT_EQ(kernels_of([&] {
                  batch_norm_inference(queue, array(0), array(1), array(2), array(3), array(4), array(5), {1600, 64},
                                       1e-5, kRelu);
              }),
              1);
}

TEST_F(Launches, OfLayerNorm) {
    for (const LayerNormShape& shape : {LayerNormShape{12, 4000, 40}, LayerNormShape{3000, 40, 40}}) {
        EXPECT_EQ(kernels_of([&] {
                      layer_norm_forward(queue, array(0), array(1), array(2), array(3), array(4), array(5), shape, {});
                  }),
                  1);
        EXPECT_EQ(kernels_of([&] {
                      layer_norm_backward(queue, array(0), array(1), array(2), array(3), array(4), array(5), array(6),
                                          array(7), array(8), shape, kRelu, false);
                  }),
                  2);
    }
}

TEST_F(Launches, OfLossesAndSums) {
    const Index many = kCount;  // of several blocks
    EXPECT_EQ(kernels_of([&] { sigmoid_cross_entropy(queue, array(0), array(1), array(2), array(3), many, 1); }), 1);
    EXPECT_EQ(kernels_of([&] { squared_error(queue, array(0), array(1), array(2), array(3), many, 1); }), 1);
    EXPECT_EQ(kernels_of([&] {
                  softmax_cross_entropy(queue, array(0), array(1), array(2), array_of<std::int32_t>(3), {9000, 10}, 1);
              }),
              1);
    EXPECT_EQ(kernels_of([&] { dot_products(queue, array_of<double>(0), array(1), array(2), {100, 70, 300}); }), 1);
    const RepeatedRows rows{100, 784, 50};
    EXPECT_EQ(kernels_of([&] { bernoulli_log_likelihood(queue, array(0), array(1), array(2), rows); }), 1);
    EXPECT_EQ(kernels_of([&] { gaussian_log_likelihood(queue, array(0), array(1), array(2), rows, 0); }), 1);
    EXPECT_EQ(kernels_of([&] { sum_all(queue, array(0), array(1), many, 1, true); }), 1);
    EXPECT_EQ(kernels_of([&] { sum_squares(queue, array(0), array(1), many); }), 1);
    EXPECT_EQ(kernels_of([&] { sum_rows(queue, array(0), array(1), {3000, 40}, true); }), 1);
    EXPECT_EQ(kernels_of([&] { sum_columns(queue, array(0), array(1), {40, 3000}, true); }), 1);
}

TEST_F(Launches, OfTheRestOfAStep) {
    const RandomAddress address{1, 2, array_of<std::uint64_t>(8)};
    const LatentShape latent{128, 20};
    EXPECT_EQ(kernels_of([&] {
                  gather_images(queue, array(0), array_of<std::uint8_t>(1), array_of<std::int32_t>(2),
                                array_of<std::int64_t>(3), {128, 784}, 1, 0);
              }),
              1);
    EXPECT_EQ(kernels_of([&] { random_normal(queue, array(0), 128 * 100, 0, 1, address); }), 1);
    for (const Index count : {4096, 4097})
        EXPECT_EQ(kernels_of([&] { random_permutation(queue, array_of<std::int32_t>(0), count, address); }), 1)
            << count;
    EXPECT_EQ(kernels_of([&] { dropout(queue, array(0), array(1), kCount, 0.3, address); }), 1);
    EXPECT_EQ(kernels_of([&] {
                  augment(queue, array(0), array(1), {2, 64, 80, 3}, {true, true, true}, AugmentPass::images, address);
              }),
              1);
    EXPECT_EQ(kernels_of([&] { reparameterise_kl_forward(queue, array(0), array(1), array(2), latent, 1, address); }),
              1);
    EXPECT_EQ(kernels_of([&] {
                  reparameterise_kl_backward(queue, array(0), array(1), array(2), array(3), latent, 1, address);
              }),
              1);
    EXPECT_EQ(kernels_of([&] {
                  importance_samples(queue, array(0), array(1), array(2), {2, 300, 20, 0}, address);
              }),
              1);
    EXPECT_EQ(kernels_of([&] { activation_backward(queue, array(0), array(1), array(2), kCount, kRelu); }), 1);
    EXPECT_EQ(kernels_of([&] { add(queue, array(0), array(1), array(2), kCount); }), 1);
}

}  // namespace
}  // namespace sinter::kernels
