// The rows of per-column values that the batch normalisation kernels of every SIMD target share.
#pragma once

namespace sinter::kernels {

/// Where the statistics of a batch are written; running_* may be null together.
struct BatchStatistics {
    float* mean;
    float* inverse_deviation;
    float* running_mean;
    float* running_variance;
};

/// What the passes over the matrix get: s = scale (x - mean) + beta, with scale = gamma inverse_deviation.
struct NormalizingRows {
    const float* mean;
    const float* scale;
    const float* beta;
};

/// What the gradients of all rows have in common: dx = scale (ds - offset - slope (x - mean)).
struct CommonGradientRows {
    float* offset;  ///< sum ds / rows
    float* slope;   ///< inverse_deviation sum ds xhat / rows
};

}  // namespace sinter::kernels
