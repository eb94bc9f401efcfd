// Central differences in double: the truth that the reference gradients are held to.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "kernels/cases/fill.h"

namespace sinter::kernels {

using Vector = std::vector<double>;

inline Vector filled(std::size_t count, const Fill& fill, std::uint64_t seed) {
    Vector values(count);
    fill_reals(std::span<double>(values), fill, seed);
    return values;
}

inline double dot(const Vector& a, const Vector& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

/// Compares d loss / dx with central differences. Their error is h^2 times a third derivative near 1, and the rounding
/// of the loss divided by h: both near 1e-10.
template <class Loss>
void expect_gradient(const Vector& gradient, Vector x, const Loss& loss, const char* what) {
    constexpr double kStep = 1e-5;
    ASSERT_EQ(gradient.size(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double at = x[i];
        x[i] = at + kStep;
        const double above = loss(x);
        x[i] = at - kStep;
        const double below = loss(x);
        x[i] = at;
        EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), 1e-7) << what << ", element " << i << ", x = " << at;
    }
}

}  // namespace sinter::kernels
