// The scalar activation functions and their derivatives, for the reference kernels that apply them.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/activation.h"

namespace sinter::kernels::ref {

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
    }
    return x;
}

/// f'(x), from y = f(x)
template <class Real>
Real activation_derivative(const Activation& activation, Real y) {
    const Real slope = static_cast<Real>(activation.slope);
    switch (activation.kind) {
        case ActivationKind::identity:
            return 1;
        case ActivationKind::relu:
            return y > 0 ? Real{1} : Real{0};
        case ActivationKind::leaky_relu:
            return y > 0 ? Real{1} : slope;
        case ActivationKind::elu:
            return y > 0 ? Real{1} : y + slope;
        case ActivationKind::sigmoid:
            return y * (1 - y);
        case ActivationKind::tanh:
            return 1 - y * y;
        case ActivationKind::softplus:
            return -std::expm1(-y);
        case ActivationKind::exp:
            return y;
    }
    return 1;
}

}  // namespace sinter::kernels::ref
