// Every activation with its name, for the tests that sweep them.
#pragma once

#include <cmath>

#include "kernels/activation.h"

namespace sinter::kernels {

/// An activation with the range of what it keeps, from which gradients draw it, and how far float may be off.
struct NamedActivation {
    const char* name;
    Activation activation;
    double low, high;
    double forward = 8;   ///< of f, relative, in roundings of 2^-24
    double backward = 4;  ///< of f', absolute, in roundings; for the relative part, 8 more
    double lost = 1;      ///< of both, absolute, in units of the smallest normal float, below which factors become zero
};

inline constexpr NamedActivation kAllActivations[] = {
    {"identity", {ActivationKind::identity}, -4, 4},
    {"relu", {ActivationKind::relu}, -1, 4},
    {"leaky_relu", {ActivationKind::leaky_relu, 0.2f}, -1, 4},
    // The slope is a product: far below zero it has all digits.
    {"elu", {ActivationKind::elu, 0.7f}, -8, 8, 8, 0},
    {"sigmoid", {ActivationKind::sigmoid}, 0, 1},
    {"tanh", {ActivationKind::tanh}, -1, 1},
    {"softplus", {ActivationKind::softplus}, 0, 8},
    {"exp", {ActivationKind::exp}, 0, 8},
    // x^2 / 2 is rounded once and is up to 87 where e^(-x^2 / 2) is not yet zero. In f', Phi(x) and x phi(x) cancel.
    {"gelu", {ActivationKind::gelu}, -8, 8, 100, 16, 128},
    // In f', 1 - sigmoid(x) cancels: three roundings of 1, times x <= 8.
    {"silu", {ActivationKind::silu}, -8, 8, 8, 32, 128},
};

/// Its name in that list, for the names of cases.
constexpr const char* name_of(ActivationKind kind) {
    for (const NamedActivation& named : kAllActivations)
        if (named.activation.kind == kind) return named.name;
    return "";
}

/// Whether it, or its slope, is an exponential.
constexpr bool is_transcendental(const Activation& activation) {
    switch (activation.kind) {
        case ActivationKind::identity:
        case ActivationKind::relu:
        case ActivationKind::leaky_relu:
            return false;
        case ActivationKind::elu:
        case ActivationKind::sigmoid:
        case ActivationKind::tanh:
        case ActivationKind::softplus:
        case ActivationKind::exp:
        case ActivationKind::gelu:
        case ActivationKind::silu:
            return true;
    }
    return {};
}

/// The largest slope of f over [-s, s], or an upper bound.
inline double largest_slope(const Activation& activation, double s) {
    if (activation.kind == ActivationKind::exp) return std::exp(s);
    return keeps_input(activation.kind) ? 1.2 : 1;
}

}  // namespace sinter::kernels
