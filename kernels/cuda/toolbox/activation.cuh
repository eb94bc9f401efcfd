// The activation functions and their derivatives on the device, as kernels apply them to numbers in registers.
#pragma once

#include "kernels/activation.h"
#include "kernels/cuda/runtime/device.cuh"

namespace sinter::kernels {

/// One of them, which the compiler knows.
template <ActivationKind kind>
struct ActivationFunction {
    float slope;  ///< of those that have one

    /// f(x)
    __device__ __forceinline__ float operator()(float x) const {
        switch (kind) {
            case ActivationKind::identity:
                return x;
            case ActivationKind::relu:
                return x < 0 ? 0 : x;  // NaN stays
            case ActivationKind::leaky_relu:
                return x > 0 ? x : slope * x;
            case ActivationKind::elu:
                return x > 0 ? x : slope * expm1f(x);
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
    __device__ __forceinline__ float derivative(float y) const {
        switch (kind) {
            case ActivationKind::identity:
                return 1;
            case ActivationKind::relu:
                return y > 0 ? 1 : 0;
            case ActivationKind::leaky_relu:
                return y > 0 ? 1 : slope;
            case ActivationKind::elu:
                return y > 0 ? 1 : y + slope;
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
};

/// use(function) with the ActivationFunction that is meant. Which it is, all threads of a launch agree on: a branch
/// that costs a kernel nothing as long as it stands outside of what is unrolled. Inside, the code of all eight
/// functions would lie between one element and the next, and instructions come through caches, too.
template <class Use>
__device__ __forceinline__ void with_function(const Activation& activation, const Use& use) {
    switch (activation.kind) {
        case ActivationKind::identity:
            return use(ActivationFunction<ActivationKind::identity>{activation.slope});
        case ActivationKind::relu:
            return use(ActivationFunction<ActivationKind::relu>{activation.slope});
        case ActivationKind::leaky_relu:
            return use(ActivationFunction<ActivationKind::leaky_relu>{activation.slope});
        case ActivationKind::elu:
            return use(ActivationFunction<ActivationKind::elu>{activation.slope});
        case ActivationKind::sigmoid:
            return use(ActivationFunction<ActivationKind::sigmoid>{activation.slope});
        case ActivationKind::tanh:
            return use(ActivationFunction<ActivationKind::tanh>{activation.slope});
        case ActivationKind::softplus:
            return use(ActivationFunction<ActivationKind::softplus>{activation.slope});
        case ActivationKind::exp:
            return use(ActivationFunction<ActivationKind::exp>{activation.slope});
    }
}

/// f(x), of one number.
__device__ __forceinline__ float activate(const Activation& activation, float x) {
    float y = x;
    with_function(activation, [&](const auto& f) { y = f(x); });
    return y;
}

/// f'(x), from y = f(x)
__device__ __forceinline__ float activation_derivative(const Activation& activation, float y) {
    float slope = 1;
    with_function(activation, [&](const auto& f) { slope = f.derivative(y); });
    return slope;
}

}  // namespace sinter::kernels
