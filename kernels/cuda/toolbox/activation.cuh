// The activation functions and their derivatives on the device, as kernels apply them to numbers in registers.
#pragma once

#include "kernels/activation.h"
#include "kernels/cuda/runtime/device.cuh"

namespace sinter::kernels {

/// One of them, which the compiler knows.
template <ActivationKind kind>
struct ActivationFunction {
    static constexpr bool kKeepsInput = keeps_input(kind);

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
            case ActivationKind::gelu:
                return x * normcdff(x);
            case ActivationKind::silu:
                return x / (1 + expf(-x));
        }
        return {};
    }

    /// f', from what f keeps
    __device__ __forceinline__ float derivative(float kept) const {
        const float x = kept, y = kept;
        switch (kind) {
            case ActivationKind::identity:
                return 1;
            case ActivationKind::relu:
                return y > 0 ? 1 : 0;
            case ActivationKind::leaky_relu:
                return y > 0 ? 1 : slope;
            case ActivationKind::elu:
                return x > 0 ? 1 : slope * expf(x);
            case ActivationKind::sigmoid:
                return y * (1 - y);
            case ActivationKind::tanh:
                return 1 - y * y;
            case ActivationKind::softplus:
                return -expm1f(-y);
            case ActivationKind::exp:
                return y;
            case ActivationKind::gelu:
                return normcdff(x) + x * static_cast<float>(kStandardNormalPeak) * expf(-0.5f * x * x);
            case ActivationKind::silu: {
                const float s = 1 / (1 + expf(-x));
                return s * (1 + x * (1 - s));
            }
        }
        return {};
    }

    /// f'(x), from x
    __device__ __forceinline__ float slope_at(float x) const {
        if constexpr (kKeepsInput)
            return derivative(x);
        else
            return derivative((*this)(x));
    }
};

/// use(function) with the ActivationFunction that is meant. Which it is, all threads of a launch agree on: a branch
/// that costs a kernel nothing as long as it stands outside of what is unrolled. Inside, the code of all the
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
        case ActivationKind::gelu:
            return use(ActivationFunction<ActivationKind::gelu>{activation.slope});
        case ActivationKind::silu:
            return use(ActivationFunction<ActivationKind::silu>{activation.slope});
    }
}

/// f(x), of one number.
__device__ __forceinline__ float activate(const Activation& activation, float x) {
    float y = x;
    with_function(activation, [&](const auto& f) { y = f(x); });
    return y;
}

/// f', from what f keeps
__device__ __forceinline__ float activation_derivative(const Activation& activation, float kept) {
    float slope = 1;
    with_function(activation, [&](const auto& f) { slope = f.derivative(kept); });
    return slope;
}

}  // namespace sinter::kernels
