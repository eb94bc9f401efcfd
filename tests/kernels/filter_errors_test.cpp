// Rounding errors of minimal filtering: what bounds them, that no small multiple of a plain sum's does, and that exact
// convolutions have a plain sum's.
#include "kernels/cases/filter_errors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "kernels/conv.h"
#include "kernels/cpu/minimal_filter/amplification.h"
#include "kernels/cpu/minimal_filter/winograd.h"

namespace sinter::kernels {
namespace {

double largest(const std::vector<float>& values) {
    double most = 0;
    for (const float value : values) most = std::max(most, std::abs(static_cast<double>(value)));
    return most;
}

/// The bound of rounding errors: the roundings that a term may meet on its way, times the sizes of all terms. An entry
/// of a matrix, each product with it and each sum round once, along both axes; so do the sums over channels, or over
/// tiles for a weight gradient. Tiles overlap in at most 3 x 3 pixels of an input gradient.
double bound(const FilterStudy& study, const OfEachPass& amplification) {
    const double m = static_cast<double>(study.m), r = static_cast<double>(study.r), n = m + r - 1;
    const double images = static_cast<double>(study.geometry.batch);
    const double in = static_cast<double>(study.geometry.in_channels);
    const double out = static_cast<double>(study.geometry.out_channels);
    const double x = largest(study.x), w = largest(study.w), dy = largest(study.dy);
    const double rounding = 0x1p-24, transforms = 2 * (n + 1) + 2 * (n + 1) + 2 * (n + 1);
    switch (study.pass) {
        case ConvPass::forward:
            return (transforms + in) * rounding * amplification.forward * r * r * in * x * w;
        case ConvPass::input_gradient:
            return (transforms + out + 9) * rounding * amplification.input_gradient * r * r * out * dy * w;
        case ConvPass::weight_gradient:
            return (transforms + images) * rounding * amplification.weight_gradient * m * m * images * x * dy;
    }
    return 0;
}

template <int m, int r>
void expect_bounded() {
    CpuQueue queue(1);
    for (const ConvPass pass : {ConvPass::forward, ConvPass::input_gradient, ConvPass::weight_gradient}) {
        for (const FilterData data :
             {FilterData::normal, FilterData::positive, FilterData::adversarial, FilterData::outlier}) {
            SCOPED_TRACE("F(" + std::to_string(m) + ", " + std::to_string(r) + "), pass " +
                         std::to_string(static_cast<int>(pass)) + ", data " + std::to_string(static_cast<int>(data)));
            const FilterStudy study = filter_study(queue, m, r, pass, data);
            const FilterResults found = run_study(queue, study);
            double error = 0;
            for (std::size_t i = 0; i < found.truth.size(); ++i)
                error = std::max(error, std::abs(found.filtered[i] - found.truth[i]));
            EXPECT_LT(error, bound(study, amplification<m, r>()));
            EXPECT_GT(error, 0);
        }
    }
}

TEST(MinimalFilter, RoundsNoMoreThanItsAmplificationOfTheLargestTerms) {
    expect_bounded<2, 2>();
    expect_bounded<4, 2>();
    expect_bounded<2, 3>();
    expect_bounded<4, 3>();
    expect_bounded<2, 5>();
    expect_bounded<4, 5>();
}

/// The sum of the definition in float, term by term, for the outputs of the first image.
std::vector<double> plain_forward(const FilterStudy& study) {
    const ConvGeometry& g = study.geometry;
    std::vector<double> y;
    for (Index i = 0; i < g.out_height; ++i) {
        for (Index j = 0; j < g.out_width; ++j) {
            for (Index o = 0; o < g.out_channels; ++o) {
                float sum = 0;
                for (Index k = 0; k < g.kernel_height; ++k) {
                    for (Index l = 0; l < g.kernel_width; ++l) {
                        const Index pixel = ((i + k) * g.width + j + l) * g.in_channels;
                        const Index tap = (k * g.kernel_width + l) * g.in_channels;
                        for (Index c = 0; c < g.in_channels; ++c)
                            sum += study.x[static_cast<std::size_t>(pixel + c)] *
                                   study.w[static_cast<std::size_t>((tap + c) * g.out_channels + o)];
                    }
                }
                y.push_back(sum);
            }
        }
    }
    return y;
}

TEST(ConvolutionMethod, ExactIsAsNearAsAPlainSumWhereFastIsNot) {
    CpuQueue queue(1);
    const FilterStudy study = filter_study(queue, 4, 5, ConvPass::forward, FilterData::adversarial);
    const ConvGeometry& g = study.geometry;
    ASSERT_TRUE(winograd_plan(g).has_value());
    FilterResults found = run_study(queue, study);
    std::vector<float> fast(static_cast<std::size_t>(g.output_count()));
    conv_forward(queue, fast.data(), study.x.data(), study.w.data(), g, {});

    const std::vector<double> plain = plain_forward(study);
    found.truth.resize(plain.size());
    found.exact.resize(plain.size());
    const double of_plain = root_mean_square_error(plain, found.truth);
    EXPECT_LT(root_mean_square_error(found.exact, found.truth), 2 * of_plain);
    const std::vector<double> first(fast.begin(), fast.begin() + static_cast<std::ptrdiff_t>(plain.size()));
    EXPECT_GT(root_mean_square_error(first, found.truth), 9 * of_plain) << "the bound that was once stated";
}

TEST(ConvolutionMethod, IsThatOfTheQueueForAllThreeKernels) {
    CpuQueue queue(1);
    for (const ConvPass pass : {ConvPass::forward, ConvPass::input_gradient, ConvPass::weight_gradient}) {
        const FilterStudy study = filter_study(queue, 4, 5, pass, FilterData::adversarial);
        const FilterResults found = run_study(queue, study);
        EXPECT_GT(root_mean_square_error(found.filtered, found.truth),
                  9 * root_mean_square_error(found.exact, found.truth));
    }
    EXPECT_EQ(queue.convolution_method(), ConvolutionMethod::fast);
    queue.set_convolution_method(ConvolutionMethod::exact);
    queue = CpuQueue(std::move(queue));
    EXPECT_EQ(queue.convolution_method(), ConvolutionMethod::exact) << "a queue that is moved keeps it";
}

}  // namespace
}  // namespace sinter::kernels
