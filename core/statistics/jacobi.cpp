#include "core/statistics/jacobi.h"

#include <cmath>
#include <limits>

#include "core/check.h"

namespace sinter {
namespace {

/// Turns rows a and b in their plane so that their product is 0. False if it was 0 already, as far as doubles can tell.
bool make_orthogonal(double* a, double* b, Index size) {
    double aa = 0, ab = 0, bb = 0;
    for (Index i = 0; i < size; ++i) {
        aa += a[i] * a[i];
        ab += a[i] * b[i];
        bb += b[i] * b[i];
    }
    const double rounding = static_cast<double>(size) * std::numeric_limits<double>::epsilon();
    if (!(std::abs(ab) > rounding * std::sqrt(aa) * std::sqrt(bb))) return false;
    // tan(2 angle) = 2 ab / (bb - aa); of its two solutions t = tan(angle) the smaller, which lets the sweeps converge.
    const double half_cotangent = (bb - aa) / (2 * ab);
    const double t = std::copysign(1 / (std::abs(half_cotangent) + std::hypot(1.0, half_cotangent)), half_cotangent);
    const double cosine = 1 / std::hypot(1.0, t), sine = t * cosine;
    for (Index i = 0; i < size; ++i) {
        const double before = a[i];
        a[i] = cosine * before - sine * b[i];
        b[i] = sine * before + cosine * b[i];
    }
    return true;
}

}  // namespace

void orthogonalise_rows(std::span<double> matrix, Index size) {
    require(static_cast<Index>(matrix.size()) == size * size, "[jacobi] expected {} x {} values, got {}", size, size,
            matrix.size());
    // Ten sweeps suffice in practice; the limit only keeps a rounding that swings to and fro from going on for ever.
    constexpr int kMaxSweeps = 60;
    bool turned = true;
    for (int sweep = 0; turned && sweep < kMaxSweeps; ++sweep) {
        turned = false;
        for (Index p = 0; p + 1 < size; ++p) {
            for (Index q = p + 1; q < size; ++q) turned |= make_orthogonal(&matrix[p * size], &matrix[q * size], size);
        }
    }
}

}  // namespace sinter
