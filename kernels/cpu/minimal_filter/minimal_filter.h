// Minimal filtering (Winograd; Toom-Cook): m outputs of a filter of r taps from m + r - 1 products instead of m r.
#pragma once

#include <array>

namespace sinter::kernels {

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
        // Points of small magnitude in pairs keep sums from cancelling; a 2 beside a -1/2 is quieter than +-2.
        constexpr double kEven[] = {0, 1, -1, 2, -2, 0.5, -0.5}, kOdd[] = {0, 1, -1, -2, 0.5};
        constexpr int finite = kProducts - 1;
        static_assert(finite <= 7 && finite != 6, "choose points for this size");
        const double* points = finite == 5 ? kOdd : kEven;
        for (int p = 0; p < finite; ++p) {
            double divisor = 1;
            for (int q = 0; q < finite; ++q) {
                if (q != p) divisor *= points[p] - points[q];
            }
            data[p] = zero_except_at(points, finite, p);
            double power = 1;
            for (int i = 0; i < kProducts; ++i, power *= points[p]) {
                if (i < r) taps[p][i] = power / divisor;
                if (i < m) outputs[i][p] = power;
            }
        }
        data[finite] = zero_except_at(points, finite, finite);
        taps[finite][r - 1] = 1;
        outputs[m - 1][finite] = 1;
    }

private:
    /// The coefficients, lowest first, of the product of (x - point) over all points but one, or over all if there is
    /// no such one.
    static constexpr std::array<double, kProducts> zero_except_at(const double* points, int count, int except) {
        std::array<double, kProducts> coefficients{1};
        int degree = 0;
        for (int q = 0; q < count; ++q) {
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
