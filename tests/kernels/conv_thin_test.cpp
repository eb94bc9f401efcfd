// The gradients of convolutions of thin images on the CUDA device, in every precision and on every size of tile. The
// shapes that the case files sweep reach them in fp32.
#ifdef SINTER_HAS_CUDA
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "kernels/conv.h"

namespace sinter::kernels {
namespace {

/// Padding of 1 before; one geometry for each width of a tile of taps: 25, 48 and 75 taps and channels.
ConvGeometry geometry(Index size, Index channels, Index outputs, Index kernel, Index stride) {
    return conv_geometry({2, size, size, channels}, {kernel, kernel, outputs}, {stride, {1, 1}, {1, 1}});
}
const ConvGeometry kGeometries[] = {geometry(28, 1, 64, 5, 2), geometry(22, 3, 70, 4, 2), geometry(11, 3, 34, 5, 1)};

std::vector<float> numbers(Index count, unsigned seed, bool integers) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
        seed = seed * 1664525u + 1013904223u;
        value = integers ? static_cast<float>(seed >> 29) - 4.0f : static_cast<float>(seed >> 8) * 0x1p-23f - 1.0f;
    }
    return values;
}

/// A copy of `values` in the memory of a queue, in its number type.
template <class Queue>
class Copy {
public:
    using Real = typename Queue::Real;

    Copy(Queue& queue, const std::vector<float>& values) : queue_(queue), count_(values.size()) {
        const std::vector<Real> converted(values.begin(), values.end());
        data_ = static_cast<Real*>(queue.allocate(count_ * sizeof(Real)));
        queue.upload(data_, converted.data(), count_ * sizeof(Real));
    }
    ~Copy() { queue_.release(data_); }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;

    Real* data() const { return data_; }
    std::vector<Real> values() const {
        std::vector<Real> result(count_);
        queue_.download(result.data(), data_, count_ * sizeof(Real));
        return result;
    }

private:
    Queue& queue_;
    std::size_t count_;
    Real* data_;
};

template <class Queue>
auto input_gradient(Queue& queue, const ConvGeometry& g, bool integers) {
    const Copy dx(queue, numbers(g.input_count(), 1, true)), dy(queue, numbers(g.output_count(), 2, integers));
    const Copy w(queue, numbers(g.weight_count(), 3, integers));
    conv_input_gradient(queue, dx.data(), dy.data(), w.data(), g, {});
    return dx.values();
}

template <class Queue>
auto weight_gradient(Queue& queue, const ConvGeometry& g, bool integers) {
    const Copy dw(queue, numbers(g.weight_count(), 1, true)), x(queue, numbers(g.input_count(), 2, integers));
    const Copy dy(queue, numbers(g.output_count(), 3, integers));
    conv_weight_gradient(queue, dw.data(), x.data(), dy.data(), g, false);
    return dw.values();
}

class ThinConvolution : public ::testing::TestWithParam<Precision> {
protected:
    void SetUp() override {
        if (CudaQueue::devices() == 0) GTEST_SKIP() << "no CUDA device";
        queue_.emplace();
        if (!queue_->supports(GetParam())) GTEST_SKIP() << "the device has no such tensor cores";
        queue_->set_precision(GetParam());
    }

    std::optional<CudaQueue> queue_;
};

TEST_P(ThinConvolution, GradientsOfSmallIntegersHaveNoRounding) {
    RefQueue<double> reference;
    const auto expect_equal = [](const std::vector<float>& got, const std::vector<double>& expected) {
        EXPECT_EQ(std::vector<double>(got.begin(), got.end()), expected);
    };
    for (const ConvGeometry& g : kGeometries) {
        expect_equal(input_gradient(*queue_, g, true), input_gradient(reference, g, true));
        expect_equal(weight_gradient(*queue_, g, true), weight_gradient(reference, g, true));
    }
}

TEST_P(ThinConvolution, OnlyTheInputGradientRoundsItsOperands) {
    CudaQueue exact;
    for (const ConvGeometry& g : kGeometries) {
        const bool equal = input_gradient(*queue_, g, false) == input_gradient(exact, g, false);
        EXPECT_EQ(equal, GetParam() == Precision::fp32);
        EXPECT_EQ(weight_gradient(*queue_, g, false), weight_gradient(exact, g, false));
    }
}

TEST_P(ThinConvolution, BlocksTakeSeveralStagesOfALongSum) {
    const ConvGeometry g = geometry(113, 1, 3, 2, 1);  // 813 stages of 32 pixels for 256 blocks
    RefQueue<double> reference;
    const std::vector<float> got = weight_gradient(*queue_, g, true);
    EXPECT_EQ(std::vector<double>(got.begin(), got.end()), weight_gradient(reference, g, true));
}

INSTANTIATE_TEST_SUITE_P(CUDA_Precisions, ThinConvolution,
                         ::testing::Values(Precision::fp32, Precision::tf32, Precision::bf16));

}  // namespace
}  // namespace sinter::kernels
#endif
