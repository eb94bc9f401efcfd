// The log-likelihood of each of many reconstructions: what a decoder says of an image, row by row.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// Rows of `columns` numbers. Each of the rows of targets belongs to `repeats` of them in turn: row r to target
/// r / repeats.
struct RepeatedRows {
    Index rows = 0, columns = 0;
    Index repeats = 1;

    constexpr Index count() const { return rows * columns; }
    constexpr Index targets() const { return rows / repeats; }
};

/// y[r] = sum over c of ( x t - log(1 + e^x) ), the log-likelihood of pixels t in {0, 1} under logits x, in the form
/// that neither overflows nor takes log(0). It is minus the cross-entropy where t is between 0 and 1.     [rows]
SINTER_KERNEL(bernoulli_log_likelihood, Real* y, const Real* logits, const Real* targets, RepeatedRows shape);

/// y[r] = -1/2 sum over c of ( (x - t)^2 e^-log_variance + log_variance + log(2 pi) ), the log-density of pixels t
/// under normal distributions of means x and one variance.     [rows]
SINTER_KERNEL(gaussian_log_likelihood, Real* y, const Real* means, const Real* targets, RepeatedRows shape,
              double log_variance);

/// log(2 pi)
inline constexpr double kLogTwoPi = 1.8378770664093454836;

}  // namespace sinter::kernels
