// Minimal filtering (Winograd; Toom-Cook): m outputs of a filter of r taps from m + r - 1 products instead of m r.
#pragma once

#include <array>

namespace sinter::kernels {

/// The points of a tile of count + 1 products, of which the last is at infinity.
///
/// They were searched for those that multiply roundings least (amplification() and noise_growth() in amplification.h):
/// pairs that lie around 1 on a logarithmic scale, so that sums do not cancel and no power becomes large. All are
/// binary fractions of a few digits, which keeps most entries exact.
template <int count>
inline constexpr std::array<double, count> kFilterPoints = {};
template <>
inline constexpr std::array<double, 2> kFilterPoints<2> = {0.625, -0.625};
template <>
inline constexpr std::array<double, 3> kFilterPoints<3> = {0, 1, -1};
template <>
inline constexpr std::array<double, 4> kFilterPoints<4> = {0.375, -0.375, 1.25, -1.25};
template <>
inline constexpr std::array<double, 5> kFilterPoints<5> = {0, 0.625, -0.625, 1.625, -1.625};
template <>
inline constexpr std::array<double, 7> kFilterPoints<7> = {0, 1, -1, 2, -2, 0.5, -0.5};

/// The three transforms of F(m, r), y = A^T ((G g) * (B^T d)) with n = m + r - 1 products (Lavin & Gray,
/// arXiv:1509.09308): outputs y[i] = sum over k < r of d[i + k] g[k]. In two dimensions each acts on rows and columns.
///
/// The products are values of polynomials at n - 1 points and at infinity. Row p of A and G therefore holds powers of
/// point p, and row p of B^T the coefficients of the polynomial that is zero at all other points. G also contains the
/// divisor that makes that polynomial 1 at its own point, so that data meet small numbers only.
template <int m, int r>
struct MinimalFilter {
    static constexpr int kOutputs = m, kTaps = r, kProducts = m + r - 1;

    template <int rows, int columns>
    using Matrix = std::array<std::array<double, columns>, rows>;

    Matrix<kProducts, kProducts> data{};  ///< B^T
    Matrix<kProducts, r> taps{};          ///< G
    Matrix<m, kProducts> outputs{};       ///< A^T

    constexpr MinimalFilter() {
        constexpr int finite = kProducts - 1;
        constexpr std::array<double, finite> points = kFilterPoints<finite>;
        static_assert(points[0] != points[1], "choose points for this size");
        for (int p = 0; p < finite; ++p) {
            double divisor = 1;
            for (int q = 0; q < finite; ++q) {
                if (q != p) divisor *= points[p] - points[q];
            }
            data[p] = zero_except_at(points, p);
            double power = 1;
            for (int i = 0; i < kProducts; ++i, power *= points[p]) {
                if (i < r) taps[p][i] = power / divisor;
                if (i < m) outputs[i][p] = power;
            }
        }
        data[finite] = zero_except_at(points, finite);
        taps[finite][r - 1] = 1;
        outputs[m - 1][finite] = 1;
    }

private:
    /// The coefficients, lowest first, of the product of (x - point) over all points but one, or over all if there is
    /// no such one.
    static constexpr std::array<double, kProducts> zero_except_at(const std::array<double, kProducts - 1>& points,
                                                                  int except) {
        std::array<double, kProducts> coefficients{1};
        int degree = 0;
        for (int q = 0; q < kProducts - 1; ++q) {
            if (q == except) continue;
            ++degree;
            for (int i = degree; i >= 0; --i) {
                coefficients[i] = (i > 0 ? coefficients[i - 1] : 0) - points[q] * coefficients[i];
            }
        }
        return coefficients;
    }
};

/// A matrix by its columns.
template <std::size_t rows, std::size_t columns>
constexpr std::array<std::array<double, rows>, columns> transposed(
    const std::array<std::array<double, columns>, rows>& matrix) {
    std::array<std::array<double, rows>, columns> result{};
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) result[j][i] = matrix[i][j];
    }
    return result;
}

}  // namespace sinter::kernels
