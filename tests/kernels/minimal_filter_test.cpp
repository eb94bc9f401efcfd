// The transforms of minimal filtering: the same sums as the filter itself, and roundings multiplied by a known factor.
#include "kernels/cpu/minimal_filter/minimal_filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "kernels/cpu/minimal_filter/amplification.h"
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

private:
    static constexpr int n = m + r - 1;
    static constexpr MinimalFilter<m, r> kFilter{};
};

TEST(MinimalFilter, GivesTheSumsOfTheFilter) {
    Transforms<2, 2>::expect_same_sums();
    Transforms<2, 3>::expect_same_sums();
    Transforms<2, 5>::expect_same_sums();
    Transforms<4, 2>::expect_same_sums();
    Transforms<4, 3>::expect_same_sums();
    Transforms<4, 5>::expect_same_sums();
}

/// Calls body(m, r, amplification, noise growth) for every transform that a plan may choose.
template <class Body>
void for_each_filter(const Body& body) {
    const auto one = [&]<int m, int r>() { body(m, r, amplification<m, r>(), noise_growth<m, r>()); };
    one.template operator()<2, 2>();
    one.template operator()<4, 2>();
    one.template operator()<2, 3>();
    one.template operator()<4, 3>();
    one.template operator()<2, 5>();
    one.template operator()<4, 5>();
}

std::string text_of(const OfEachPass& numbers) {
    char text[64];
    std::snprintf(text, sizeof text, "%.1f, %.1f, %.1f", numbers.forward, numbers.input_gradient,
                  numbers.weight_gradient);
    return text;
}

// | F(m, r) | products | amplification | ...
TEST(MinimalFilter, AmplifiesRoundingsAsTheTableInTheDocsSays) {
    std::ifstream file(SINTER_FIXTURES "/../../docs/decisions.md");
    const std::string docs(std::istreambuf_iterator<char>(file), {});
    for_each_filter([&](int m, int r, const OfEachPass& amplification, const OfEachPass&) {
        const int n = m + r - 1;
        const auto number = [](int x) { return std::to_string(x); };
        const std::string row = "| F(" + number(m) + ", " + number(r) + ") | " + number(n * n) + " of " +
                                number(m * m * r * r) + " | " + text_of(amplification) + " |";
        EXPECT_NE(docs.find(row), std::string::npos) << row;
    });
}

TEST(MinimalFilter, MultipliesTheNoiseOfIndependentDataByNoMoreThanTheToleranceOfItsCases) {
    for_each_filter([](int m, int r, const OfEachPass&, const OfEachPass& noise) {
        EXPECT_LT(noise.largest(), kFilterNoise) << "F(" << m << ", " << r << ")";
    });
}

}  // namespace
}  // namespace sinter::kernels
