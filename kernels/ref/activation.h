// The scalar activation functions and their derivatives, for the reference kernels that apply them.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/activation.h"

namespace sinter::kernels::ref {

/// Phi(x), with its digits far below zero too
template <class Real>
Real normal_distribution(Real x) {
    return std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2;
}

/// f(x)
template <class Real>
Real activate(const Activation& activation, Real x) {
    const Real slope = static_cast<Real>(activation.slope);
    switch (activation.kind) {
        case ActivationKind::identity:
            return x;
        case ActivationKind::relu:
            return std::max(x, Real{0});
        case ActivationKind::leaky_relu:
            return x > 0 ? x : slope * x;
        case ActivationKind::elu:
            return x > 0 ? x : slope * std::expm1(x);
        case ActivationKind::sigmoid:
            return 1 / (1 + std::exp(-x));
        case ActivationKind::tanh:
            return std::tanh(x);
        case ActivationKind::softplus:
            return std::max(x, Real{0}) + std::log1p(std::exp(-std::abs(x)));
        case ActivationKind::exp:
            return std::exp(x);
        case ActivationKind::gelu:
            return x * normal_distribution(x);
        case ActivationKind::silu:
            return x / (1 + std::exp(-x));
    }
    return {};
}

/// f', from what f keeps
template <class Real>
Real activation_derivative(const Activation& activation, Real kept) {
    const Real &x = kept, &y = kept;
    const Real slope = static_cast<Real>(activation.slope);
    switch (activation.kind) {
        case ActivationKind::identity:
            return 1;
        case ActivationKind::relu:
            return y > 0 ? Real{1} : Real{0};
        case ActivationKind::leaky_relu:
            return y > 0 ? Real{1} : slope;
        case ActivationKind::elu:
            return x > 0 ? Real{1} : slope * std::exp(x);
        case ActivationKind::sigmoid:
            return y * (1 - y);
        case ActivationKind::tanh:
            return 1 - y * y;
        case ActivationKind::softplus:
            return -std::expm1(-y);
        case ActivationKind::exp:
            return y;
        case ActivationKind::gelu:
            return normal_distribution(x) + x * static_cast<Real>(kStandardNormalPeak) * std::exp(-x * x / 2);
        case ActivationKind::silu: {
            const Real s = 1 / (1 + std::exp(-x));
            return s * (1 + x * (1 - s));
        }
    }
    return {};
}

/// f'(x), from x
template <class Real>
Real slope_at(const Activation& activation, Real x) {
    return activation_derivative(activation, keeps_input(activation.kind) ? x : activate(activation, x));
}

}  // namespace sinter::kernels::ref
