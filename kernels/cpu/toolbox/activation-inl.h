// The activations of kernels/activation.h on vectors: one functor type per kind, for f and f'.
// Included once per target, like simd-inl.h; by the pointwise kernels and by the epilogue of the matrix product.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_ACTIVATION_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_ACTIVATION_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_ACTIVATION_INL_H_
#endif

#include "kernels/activation.h"
#include "kernels/cpu/toolbox/math-inl.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

// Each struct gives y = f(x) as operator()(x) and dx = dy * f' as backward(dy, kept), from what f keeps. Comparisons
// stand in place of Max and Min so that NaN stays NaN.

struct IdentityFunction {
    static constexpr ActivationKind kKind = ActivationKind::identity;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const { return x; }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector) const { return dy; }
};

struct ReluFunction {
    static constexpr ActivationKind kKind = ActivationKind::relu;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const {
        return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(kFloats)), x);
    }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector y) const {
        return hn::IfThenElseZero(hn::Gt(y, hn::Zero(kFloats)), dy);
    }
};

struct LeakyReluFunction {
    static constexpr ActivationKind kKind = ActivationKind::leaky_relu;
    float slope;

    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const {
        return hn::IfThenElse(hn::Gt(x, hn::Zero(kFloats)), x, hn::Mul(constant(slope), x));
    }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector y) const {
        return hn::IfThenElse(hn::Gt(y, hn::Zero(kFloats)), dy, hn::Mul(constant(slope), dy));
    }
};

struct EluFunction {
    static constexpr ActivationKind kKind = ActivationKind::elu;
    float slope;

    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const {
        return hn::IfThenElse(hn::Gt(x, hn::Zero(kFloats)), x, hn::Mul(constant(slope), expm1_nonpositive(x)));
    }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector x) const {
        // e^x below zero; above, a number that is not used.
        const FloatVector power = exp_nonpositive(hn::Neg(hn::Abs(x)));
        return hn::IfThenElse(hn::Gt(x, hn::Zero(kFloats)), dy, hn::Mul(hn::Mul(constant(slope), power), dy));
    }
};

struct SigmoidFunction {
    static constexpr ActivationKind kKind = ActivationKind::sigmoid;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const { return sigmoid(x); }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector y) const {
        // Not y - y^2, which cancels near 1.
        return hn::Mul(dy, hn::Mul(y, hn::Sub(constant(1.0f), y)));
    }
};

struct TanhFunction {
    static constexpr ActivationKind kKind = ActivationKind::tanh;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const { return tanh(x); }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector y) const {
        // Not 1 - y^2, which cancels near 1 where it is not fused.
        const FloatVector one = constant(1.0f);
        return hn::Mul(dy, hn::Mul(hn::Sub(one, y), hn::Add(one, y)));
    }
};

struct SoftplusFunction {
    static constexpr ActivationKind kKind = ActivationKind::softplus;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const { return softplus(x); }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector y) const {
        return hn::Mul(dy, hn::Neg(expm1_nonpositive(hn::Neg(y))));
    }
};

struct ExpFunction {
    static constexpr ActivationKind kKind = ActivationKind::exp;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const { return exp(x); }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector y) const { return hn::Mul(dy, y); }
};

struct GeluFunction {
    static constexpr ActivationKind kKind = ActivationKind::gelu;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const { return hn::Mul(x, standard_normal(x).below); }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector x) const {
        const auto [below, density] = standard_normal(x);
        return hn::Mul(dy, hn::MulAdd(x, density, below));
    }
};

struct SiluFunction {
    static constexpr ActivationKind kKind = ActivationKind::silu;
    HWY_ATTR HWY_INLINE FloatVector operator()(FloatVector x) const { return hn::Mul(x, sigmoid(x)); }
    HWY_ATTR HWY_INLINE FloatVector backward(FloatVector dy, FloatVector x) const {
        const FloatVector one = constant(1.0f), s = sigmoid(x);
        return hn::Mul(dy, hn::Mul(s, hn::MulAdd(x, hn::Sub(one, s), one)));
    }
};

/// dy * f'(x), from x.
template <class Function>
HWY_ATTR HWY_INLINE FloatVector backward_at(const Function& f, FloatVector dy, FloatVector x) {
    if constexpr (keeps_input(Function::kKind))
        return f.backward(dy, x);
    else
        return f.backward(dy, f(x));
}

/// Calls body(function) with the functor of `activation`, so that the choice is made once, outside of the loops.
template <class Body>
HWY_ATTR HWY_INLINE void with_activation(Activation activation, Body&& body) {
    switch (activation.kind) {
        case ActivationKind::identity:
            return body(IdentityFunction{});
        case ActivationKind::relu:
            return body(ReluFunction{});
        case ActivationKind::leaky_relu:
            return body(LeakyReluFunction{activation.slope});
        case ActivationKind::elu:
            return body(EluFunction{activation.slope});
        case ActivationKind::sigmoid:
            return body(SigmoidFunction{});
        case ActivationKind::tanh:
            return body(TanhFunction{});
        case ActivationKind::softplus:
            return body(SoftplusFunction{});
        case ActivationKind::exp:
            return body(ExpFunction{});
        case ActivationKind::gelu:
            return body(GeluFunction{});
        case ActivationKind::silu:
            return body(SiluFunction{});
    }
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
