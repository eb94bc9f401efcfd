// exp, log and the functions built from them (tanh, sigmoid, softplus, the normal distribution) on vectors of floats.
// Included once per target, like simd-inl.h. Each comment gives the largest error, in units in the last place of the
// float result, over every 61st float of the range, with and without fused multiply-add. With AVX-512, exp and tanh
// take 0.6 times as long as Highway's own, log as long.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_MATH_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_MATH_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_MATH_INL_H_
#endif

#include <cstdint>
#include <limits>

#include "kernels/activation.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

using IntTag = hn::Rebind<std::int32_t, FloatTag>;
using IntVector = hn::Vec<IntTag>;

inline constexpr IntTag kInts{};

/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
template <class... Coefficients>
HWY_ATTR HWY_INLINE FloatVector polynomial(FloatVector x, float c0, Coefficients... rest) {
    if constexpr (sizeof...(rest) == 0)
        return constant(c0);
    else
        return hn::MulAdd(polynomial(x, rest...), x, constant(c0));
}

// ln(2) in two parts; the first has 9 bits, so that its product with an exponent is exact.
inline constexpr float kLn2High = 0.693359375f;
inline constexpr float kLn2Low = -2.12194440e-4f;

/// e^x = 2^n (1 + m) with integer n and m = e^r - 1, |r| <= ln(2) / 2.
struct ReducedExponential {
    FloatVector m;
    IntVector n_in_exponent;  ///< n at the place of a float's exponent bits
};

/// It is meaningful for |x| < 2^21 or so. Callers replace the result outside of the range that they serve.
HWY_ATTR HWY_INLINE ReducedExponential reduce_exponential(FloatVector x) {
    // Adding 1.5 * 2^23 rounds to an integer and leaves it, in two's complement, in the low bits of the sum.
    const FloatVector magic = constant(12582912.0f);
    const FloatVector shifted = hn::MulAdd(x, constant(1.44269504f), magic);
    const FloatVector n = hn::Sub(shifted, magic);
    FloatVector r = hn::NegMulAdd(n, constant(kLn2High), x);
    r = hn::NegMulAdd(n, constant(kLn2Low), r);
    // Minimax for the relative error of e^r - 1: 2^-26.
    const FloatVector q =
        polynomial(r, 4.999999702e-01f, 1.666654348e-01f, 4.166720062e-02f, 8.366520517e-03f, 1.388252247e-03f);
    return {hn::MulAdd(hn::Mul(r, r), q, r), hn::ShiftLeft<23>(hn::BitCast(kInts, shifted))};
}

/// e^x. Zero where the result would be subnormal (x < -87.33654), infinity where it overflows, NaN for NaN. 1.02 ulp.
HWY_ATTR HWY_INLINE FloatVector exp(FloatVector x) {
    const ReducedExponential e = reduce_exponential(x);
    // The exponent is added to the bits: a factor 2^n would overflow for n = 128, where 1 + m < 1 brings it back.
    const IntVector bits = hn::Add(hn::BitCast(kInts, hn::Add(constant(1.0f), e.m)), e.n_in_exponent);
    const FloatVector y = hn::IfThenZeroElse(hn::Lt(x, constant(-87.3365402f)), hn::BitCast(kFloats, bits));
    const FloatVector infinity_or_nan = hn::Add(x, constant(std::numeric_limits<float>::infinity()));
    return hn::IfThenElse(hn::Le(x, constant(88.7228317f)), y, infinity_or_nan);
}

/// e^x for x <= 0 (or NaN): exp() without the upper end. 1.02 ulp.
HWY_ATTR HWY_INLINE FloatVector exp_nonpositive(FloatVector x) {
    const ReducedExponential e = reduce_exponential(x);
    const IntVector one_bits = hn::BitCast(kInts, constant(1.0f));
    const FloatVector power = hn::BitCast(kFloats, hn::Add(one_bits, e.n_in_exponent));  // 2^n
    // This is a product, since only arithmetic keeps NaN.
    return hn::IfThenZeroElse(hn::Lt(x, constant(-87.3365402f)), hn::MulAdd(power, e.m, power));
}

/// e^x - 1 for -20 <= x <= 80 (or NaN).
HWY_ATTR HWY_INLINE FloatVector expm1_bounded(FloatVector x) {
    const ReducedExponential e = reduce_exponential(x);
    const FloatVector one = constant(1.0f);
    const FloatVector power = hn::BitCast(kFloats, hn::Add(hn::BitCast(kInts, one), e.n_in_exponent));  // 2^n
    return hn::MulAdd(power, e.m, hn::Sub(power, one));
}

/// e^x - 1 for x <= 0 (or NaN), without cancellation near zero. 1.04 ulp.
HWY_ATTR HWY_INLINE FloatVector expm1_nonpositive(FloatVector x) {
    const FloatVector limit = constant(-20.0f);  // e^-20 is below half an ulp of 1
    return expm1_bounded(hn::IfThenElse(hn::Lt(x, limit), limit, x));
}

/// Natural logarithm of a positive, normal, finite x. 0.81 ulp.
HWY_ATTR HWY_INLINE FloatVector log_positive(FloatVector x) {
    // x = 2^e (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2): exponents are counted from the bits of sqrt(1/2).
    const IntVector bits = hn::BitCast(kInts, x);
    const IntVector e_bits = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(kInts, 0x3f3504f3)));
    const FloatVector e = hn::ConvertTo(kFloats, e_bits);
    const FloatVector f = hn::Sub(hn::BitCast(kFloats, hn::Sub(bits, hn::ShiftLeft<23>(e_bits))), constant(1.0f));
    // log(1 + f) = f - f^2 / 2 + f^3 P(f), P minimax for the relative error of the whole: 2^-27.
    const FloatVector p = polynomial(f, 3.333333135e-01f, -2.500082254e-01f, 2.000122815e-01f, -1.662333608e-01f,
                                     1.420171857e-01f, -1.316036135e-01f, 1.276196092e-01f, -7.634490728e-02f);
    const FloatVector f2 = hn::Mul(f, f);
    FloatVector y = hn::MulAdd(e, constant(kLn2Low), hn::Mul(hn::Mul(f2, f), p));
    y = hn::NegMulAdd(f2, constant(0.5f), y);
    return hn::MulAdd(e, constant(kLn2High), hn::Add(f, y));
}

/// Natural logarithm: minus infinity for 0, NaN for negative numbers. It serves subnormal numbers too. 0.81 ulp.
HWY_ATTR HWY_INLINE FloatVector log(FloatVector x) {
    using Limits = std::numeric_limits<float>;
    const auto subnormal = hn::Lt(x, constant(Limits::min()));  // or zero, or negative
    const auto finite = hn::Le(x, constant(Limits::max()));
    if (HWY_LIKELY(hn::AllTrue(kFloats, hn::AndNot(subnormal, finite)))) return log_positive(x);

    constexpr float kTwo23 = 8388608.0f, kLogTwo23 = 15.9423852f;
    FloatVector y = log_positive(hn::IfThenElse(subnormal, hn::Mul(x, constant(kTwo23)), x));
    y = hn::Sub(y, hn::IfThenElseZero(subnormal, constant(kLogTwo23)));
    y = hn::IfThenElse(finite, y, x);  // infinity and NaN stay
    const FloatVector zero = hn::Zero(kFloats);
    y = hn::IfThenElse(hn::Eq(x, zero), constant(-Limits::infinity()), y);
    return hn::IfThenElse(hn::Lt(x, zero), constant(Limits::quiet_NaN()), y);
}

/// log(1 + y) for 0 <= y <= 1 (or NaN), such as y = e^-|x|. 1.38 ulp; 1.77 unfused.
HWY_ATTR HWY_INLINE FloatVector log1p_unit(FloatVector y) {
    // y + y^2 P(y), P minimax for the relative error of the whole: 2^-27.5. No range reduction, so no integer work.
    const FloatVector p =
        polynomial(y, -4.999993145e-01f, 3.333051205e-01f, -2.495858818e-01f, 1.969540119e-01f, -1.535539627e-01f,
                   1.068055630e-01f, -5.766445026e-02f, 2.020458691e-02f, -3.318472998e-03f);
    return hn::MulAdd(hn::Mul(y, y), p, y);
}

/// Hyperbolic tangent, with a small relative error near zero too. 2.5 ulp.
HWY_ATTR HWY_INLINE FloatVector tanh(FloatVector x) {
    const FloatVector limit = constant(10.0f);  // tanh rounds to 1 from 9.02 on
    const FloatVector magnitude = hn::Abs(x);
    const FloatVector bounded = hn::IfThenElse(hn::Gt(magnitude, limit), limit, magnitude);  // Min would lose NaN
    // tanh(x) = (e^2x - 1) / (e^2x + 1)
    const FloatVector u = expm1_bounded(hn::Add(bounded, bounded));
    return hn::CopySign(hn::Div(u, hn::Add(u, constant(2.0f))), x);
}

/// 1 / (1 + e^-x). e^-x may become infinite: the quotient is then the zero that it should be. 2.4 ulp.
HWY_ATTR HWY_INLINE FloatVector sigmoid(FloatVector x) {
    const FloatVector one = constant(1.0f);
    return hn::Div(one, hn::Add(one, exp(hn::Neg(x))));
}

/// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). 2.2 ulp; 2.5 unfused.
HWY_ATTR HWY_INLINE FloatVector softplus(FloatVector x) {
    const FloatVector e = exp_nonpositive(hn::Neg(hn::Abs(x)));
    return hn::Add(hn::Max(x, hn::Zero(kFloats)), log1p_unit(e));
}

/// The standard normal at x: the probability of a smaller number, Phi(x), and the density phi(x).
struct StandardNormal {
    FloatVector below, density;
};

/// TODO ulp
HWY_ATTR HWY_INLINE StandardNormal standard_normal(FloatVector x) {
    const FloatVector one = constant(1.0f), magnitude = hn::Abs(x);
    const FloatVector power = exp_nonpositive(hn::Mul(hn::Mul(magnitude, magnitude), constant(-0.5f)));
    // Phi(-|x|) = e^(-x^2 / 2) u P(u) with u = 1 / (1 + 0.215 |x|), P minimax for the relative error: 2^-24.8.
    const FloatVector u = hn::Div(one, hn::MulAdd(constant(0.215f), magnitude, one));
    const FloatVector p =
        polynomial(u, 8.577252924e-02f, 8.587849885e-02f, 7.998942584e-02f, 8.718628436e-02f, 8.549368009e-03f,
                   1.809275299e-01f, -1.625387520e-01f, 1.893575191e-01f, -5.512242019e-02f);
    const FloatVector tail = hn::Mul(power, hn::Mul(u, p));
    return {hn::IfThenElse(hn::Gt(x, hn::Zero(kFloats)), hn::Sub(one, tail), tail),
            hn::Mul(constant(kStandardNormalPeak), power)};
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
