// The activation functions and their derivatives on the device, as kernels apply them to numbers in registers.
#pragma once

#include "kernels/activation.h"
#include "kernels/cuda/device.cuh"

namespace sinter::kernels {

/// f(x). Which function it is, all threads of a launch agree on: a branch that costs a kernel that waits for memory
/// nothing, where a template would be eight kernels.
__device__ __forceinline__ float activate(const Activation& activation, float x) {
    switch (activation.kind) {
        case ActivationKind::identity:
            return x;
        case ActivationKind::relu:
            return x < 0 ? 0 : x;  // NaN stays
        case ActivationKind::leaky_relu:
            return x > 0 ? x : activation.slope * x;
        case ActivationKind::elu:
            return x > 0 ? x : activation.slope * expm1f(x);
        case ActivationKind::sigmoid:
            return 1 / (1 + expf(-x));
        case ActivationKind::tanh:
            return tanhf(x);
        case ActivationKind::softplus:
            return (x < 0 ? 0 : x) + log1pf(expf(-fabsf(x)));
        case ActivationKind::exp:
            return expf(x);
    }
    return x;
}

/// f'(x), from y = f(x)
__device__ __forceinline__ float activation_derivative(const Activation& activation, float y) {
    switch (activation.kind) {
        case ActivationKind::identity:
            return 1;
        case ActivationKind::relu:
            return y > 0 ? 1 : 0;
        case ActivationKind::leaky_relu:
            return y > 0 ? 1 : activation.slope;
        case ActivationKind::elu:
            return y > 0 ? 1 : y + activation.slope;
        case ActivationKind::sigmoid:
            return y * (1 - y);
        case ActivationKind::tanh:
            return 1 - y * y;
        case ActivationKind::softplus:
            return -expm1f(-y);
        case ActivationKind::exp:
            return y;
    }
    return 1;
}

}  // namespace sinter::kernels
