// Device functions on numbers and memory that C++ does not have. Fast approximations are computed exactly here.
#pragma once

#include <math.h>

#include <bit>
#include <cstdint>

template <class Value>
Value __ldg(const Value* address) {
    return *address;
}
template <class Value>
Value __ldcg(const Value* address) {
    return *address;
}
template <class Value>
Value __ldcs(const Value* address) {
    return *address;
}
template <class Value>
void __stcg(Value* address, Value value) {
    *address = value;
}
template <class Value>
void __stcs(Value* address, Value value) {
    *address = value;
}

inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float value) { return std::bit_cast<unsigned>(value); }
inline float __int_as_float(int bits) { return std::bit_cast<float>(bits); }
inline int __float_as_int(float value) { return std::bit_cast<int>(value); }

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>(std::uint64_t{a} * b >> 32); }
__extension__ typedef unsigned __int128 sinter_emu_uint128;
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return static_cast<unsigned long long>(static_cast<sinter_emu_uint128>(a) * b >> 64);
}

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fdividef(float a, float b) { return a / b; }
inline float __fsqrt_rn(float x) { return sqrtf(x); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline float normcdff(float x) {
    return static_cast<float>(0.5 * erfc(-0.70710678118654752440 * static_cast<double>(x)));
}
inline float __saturatef(float x) { return x > 1 ? 1 : x > 0 ? x : 0; }
inline int __float2int_rn(float x) { return static_cast<int>(rintf(x)); }

// sin(pi x) and cos(pi x). x is reduced first, so they are exact at multiples of a half, as on the device.
inline void sincospif(float x, float* sine, float* cosine) {
    const float turns = x - 2 * rintf(x / 2);  // in [-1, 1]
    const double angle = 3.14159265358979323846 * static_cast<double>(turns);
    *sine = turns == 1 || turns == -1 ? 0 : static_cast<float>(::sin(angle));
    *cosine = turns == 0.5f || turns == -0.5f ? 0 : static_cast<float>(::cos(angle));
}
inline float sinpif(float x) {
    float sine, cosine;
    sincospif(x, &sine, &cosine);
    return sine;
}
inline float cospif(float x) {
    float sine, cosine;
    sincospif(x, &sine, &cosine);
    return cosine;
}

// CUDA's min and max stand in the global namespace; unlike CUDA's, these take two operands of one type only.
template <class Value>
constexpr Value min(Value a, Value b) {
    return b < a ? b : a;
}
template <class Value>
constexpr Value max(Value a, Value b) {
    return a < b ? b : a;
}
