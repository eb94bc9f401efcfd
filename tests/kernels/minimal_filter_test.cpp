// The transforms of minimal filtering: the same sums as the filter itself, and roundings multiplied by a known factor.
#include "kernels/cpu/minimal_filter/minimal_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/kernels/winograd_cases.h"

namespace sinter::kernels {
namespace {

template <int m, int r>
class Transforms {
public:
    static void expect_same_sums() {
        double data[n], taps[r];
        for (int i = 0; i < n; ++i) data[i] = std::sin(1.0 + 2.3 * i);
        for (int k = 0; k < r; ++k) taps[k] = std::cos(0.7 * k);
        for (int i = 0; i < m; ++i) {
            double expected = 0, got = 0;
            for (int k = 0; k < r; ++k) expected += data[i + k] * taps[k];
            for (int p = 0; p < n; ++p) {
                double u = 0, v = 0;
                for (int k = 0; k < r; ++k) u += kFilter.taps[p][k] * taps[k];
                for (int j = 0; j < n; ++j) v += kFilter.data[p][j] * data[j];
                got += kFilter.outputs[i][p] * u * v;
            }
            EXPECT_NEAR(got, expected, 1e-13) << "F(" << m << ", " << r << "), output " << i;
        }
    }

    /// How much larger the standard deviation of the rounding errors becomes in two dimensions, against those of the
    /// plain sum, for independent data, taps and upstream gradients of equal variance. The noise of product p is in
    /// proportion to its own size, sqrt of (data_p taps_p), and the plain sum has the roundings of r * r terms a
    /// channel (m * m a tile for a weight gradient) where the product at one position has one.
    static double noise_growth() {
        double data[n], taps[n], outputs[n];
        for (int p = 0; p < n; ++p) {
            data[p] = taps[p] = outputs[p] = 0;
            for (int j = 0; j < n; ++j) data[p] += square(kFilter.data[p][j]);
            for (int k = 0; k < r; ++k) taps[p] += square(kFilter.taps[p][k]);
            for (int i = 0; i < m; ++i) outputs[p] += square(kFilter.outputs[i][p]);
        }
        double largest = 0;
        for (int i = 0; i < m; ++i) {
            double forward = 0;
            for (int p = 0; p < n; ++p) forward += square(kFilter.outputs[i][p]) * data[p] * taps[p];
            largest = std::max(largest, forward / (r * r));
        }
        for (int k = 0; k < r; ++k) {
            double weight_gradient = 0;
            for (int p = 0; p < n; ++p) weight_gradient += square(kFilter.taps[p][k]) * data[p] * outputs[p];
            largest = std::max(largest, weight_gradient / (m * m));
        }
        for (int first = 0; first < m; ++first) {
            double input_gradient = 0;  // of a pixel, to which overlapping tiles add
            for (int j = first; j < n; j += m) {
                for (int p = 0; p < n; ++p) input_gradient += square(kFilter.data[p][j]) * outputs[p] * taps[p];
            }
            largest = std::max(largest, input_gradient / (r * r));
        }
        return largest;
    }

private:
    static constexpr int n = m + r - 1;
    static constexpr MinimalFilter<m, r> kFilter{};
    static double square(double x) { return x * x; }
};

TEST(MinimalFilter, GivesTheSumsOfTheFilter) {
    Transforms<2, 2>::expect_same_sums();
    Transforms<2, 3>::expect_same_sums();
    Transforms<2, 5>::expect_same_sums();
    Transforms<4, 2>::expect_same_sums();
    Transforms<4, 3>::expect_same_sums();
    Transforms<4, 5>::expect_same_sums();
}

TEST(MinimalFilter, MultipliesRoundingsByNoMoreThanTheToleranceSays) {
    EXPECT_LT((Transforms<2, 2>::noise_growth()), kFilterNoise);
    EXPECT_LT((Transforms<2, 3>::noise_growth()), kFilterNoise);
    EXPECT_LT((Transforms<2, 5>::noise_growth()), kFilterNoise);
    EXPECT_LT((Transforms<4, 2>::noise_growth()), kFilterNoise);
    EXPECT_LT((Transforms<4, 3>::noise_growth()), kFilterNoise);
    EXPECT_LT((Transforms<4, 5>::noise_growth()), kFilterNoise);
}

}  // namespace
}  // namespace sinter::kernels
