// Every activation with its name, for the tests that sweep them.
#pragma once

#include "kernels/activation.h"

namespace sinter::kernels {

/// An activation with the range of its outputs, from which gradients draw their y.
struct NamedActivation {
    const char* name;
    Activation activation;
    double y_low, y_high;
};

inline constexpr NamedActivation kAllActivations[] = {
    {"identity", {ActivationKind::identity}, -4, 4},
    {"relu", {ActivationKind::relu}, -1, 4},
    {"leaky_relu", {ActivationKind::leaky_relu, 0.2f}, -1, 4},
    {"elu", {ActivationKind::elu, 0.7f}, -0.7, 4},
    {"sigmoid", {ActivationKind::sigmoid}, 0, 1},
    {"tanh", {ActivationKind::tanh}, -1, 1},
    {"softplus", {ActivationKind::softplus}, 0, 8},
    {"exp", {ActivationKind::exp}, 0, 8},
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
            break;
    }
    return true;
}

}  // namespace sinter::kernels
