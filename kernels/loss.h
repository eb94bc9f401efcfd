// Losses that give their value and their gradient in one pass over the data.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// Binary cross-entropy on logits x against targets t in [0, 1], in the form that neither overflows nor takes log(0):
///   loss[0]  = scale * sum( max(x, 0) - x t + log(1 + e^-|x|) )
///   dlogits  = scale * (sigmoid(x) - t)                  (null: not computed)
SINTER_KERNEL(sigmoid_cross_entropy, Real* loss, Real* dlogits, const Real* logits, const Real* targets, Index count,
              double scale);

/// loss[0] = scale * sum( (x - t)^2 );   dprediction = 2 scale (x - t)     (null: not computed)
SINTER_KERNEL(squared_error, Real* loss, Real* dprediction, const Real* prediction, const Real* targets, Index count,
              double scale);

/// Cross-entropy of softmax(logits) [rows, columns] against class labels [rows] in [0, columns):
///   loss[0] = scale * sum over rows of ( log sum exp(x) - x[label] );   dlogits = scale * (softmax(x) - onehot(label))
/// dlogits may be null.
SINTER_KERNEL(softmax_cross_entropy, Real* loss, Real* dlogits, const Real* logits, const std::int32_t* labels,
              MatrixShape shape, double scale);

}  // namespace sinter::kernels
