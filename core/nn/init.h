// Initialisers: how the values of a fresh parameter are drawn.
#pragma once

#include "core/random.h"
#include "core/tensor.h"

namespace sinter {

/// Numbers of values that one output is summed from, and that one input spreads to.
struct Fan {
    Index in = 1;
    Index out = 1;
};

/// A rule for the first values of a parameter. Every initialiser that is random takes one draw from the generator.
struct Initialiser {
    enum class Kind { zeros, constant, uniform, uniform_fan_in, glorot_uniform, he_normal, normal };
    Kind kind = Kind::zeros;
    double a = 0;  ///< constant, bound of uniform, or mean of normal
    double b = 0;  ///< standard deviation of normal

    Tensor make(const Shape& shape, Fan fan, Generator& generator) const;
};

namespace init {

constexpr Initialiser zeros() { return {}; }
constexpr Initialiser constant(double value) { return {Initialiser::Kind::constant, value}; }
/// Uniform within +-bound.
constexpr Initialiser uniform(double bound) { return {Initialiser::Kind::uniform, bound}; }
/// Uniform within +-1 / sqrt(fan in): what PyTorch's Linear does for weight and bias.
constexpr Initialiser uniform_fan_in() { return {Initialiser::Kind::uniform_fan_in}; }
/// Uniform within +-sqrt(6 / (fan in + fan out)) (Glorot & Bengio, 2010): Keras' default.
constexpr Initialiser glorot_uniform() { return {Initialiser::Kind::glorot_uniform}; }
/// Normal with standard deviation sqrt(2 / fan in) (He et al., arXiv:1502.01852), for ReLU.
constexpr Initialiser he_normal() { return {Initialiser::Kind::he_normal}; }
constexpr Initialiser normal(double mean, double stddev) { return {Initialiser::Kind::normal, mean, stddev}; }

}  // namespace init
}  // namespace sinter
