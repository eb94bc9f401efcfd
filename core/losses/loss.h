// Losses: value and gradient from one pass over the data. First derivatives only.
#pragma once

#include "core/buffer.h"
#include "core/tensor.h"

namespace sinter {

/// scale * sum of the binary cross-entropy between sigmoid(logits) and targets in [0, 1], as a tensor [1]. With scale
/// 1/batch: nats per example, summed over its elements. Takes logits, so it neither overflows nor meets log(0).
/// No gradient flows to the targets.
Tensor sigmoid_cross_entropy(const Tensor& logits, const Tensor& targets, double scale);

/// scale * sum of (prediction - targets)^2, as a tensor [1]. No gradient flows to the targets.
Tensor squared_error(const Tensor& prediction, const Tensor& targets, double scale);

/// scale * sum over rows of the cross-entropy of softmax(logits [rows, classes]) with the class labels [rows],
/// which are below `classes`. Throws UsageError for one that is not, except on a CUDA device (see core/ops/operands.h).
Tensor softmax_cross_entropy(const Tensor& logits, const Buffer<std::int32_t>& labels, double scale);

}  // namespace sinter
