// Random tensors and dropout. Each call takes one draw from the generator.
#pragma once

#include "core/random.h"
#include "core/tensor.h"

namespace sinter {

/// Uniform in [low, high) (high itself may appear where the sum rounds up to it), or normal.
Tensor random_uniform(const Shape& shape, double low, double high, Generator& generator);
Tensor random_normal(const Shape& shape, double mean, double stddev, Generator& generator);
/// 1 with the given probability, else 0, elementwise. No gradient.
Tensor random_bernoulli(const Tensor& probability, Generator& generator);

/// Zeroes elements with probability `rate` in [0, 1) and scales the others by 1 / (1 - rate). The mask is not stored:
/// it is drawn again in backward. Has derivatives of every order.
Tensor dropout(const Tensor& x, double rate, Generator& generator);

}  // namespace sinter
