// What every SIMD kernel file shares: the vector type, constants, loads and stores with tails, the loop over vectors.
// Included once per target by Highway's foreach_target mechanism; see kernels/cpu/elementwise.cpp for the pattern.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_SIMD_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_SIMD_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_SIMD_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "kernels/contract.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using FloatVector = hn::Vec<FloatTag>;

inline constexpr FloatTag kFloats{};

/// The value, rounded to float, in all lanes.
HWY_ATTR HWY_INLINE FloatVector constant(float value) { return hn::Set(kFloats, value); }
HWY_ATTR HWY_INLINE FloatVector constant(double value) { return constant(static_cast<float>(value)); }

/// Whole vectors.
struct FullVector {
    HWY_ATTR HWY_INLINE FloatVector load(const float* from) const { return hn::LoadU(kFloats, from); }
    HWY_ATTR HWY_INLINE void store(FloatVector v, float* to) const { hn::StoreU(v, kFloats, to); }
    HWY_ATTR HWY_INLINE std::size_t lanes() const { return hn::Lanes(kFloats); }
};

/// The first `count` lanes: the rest read as zero and are not written.
struct PartialVector {
    std::size_t count;

#if HWY_MEM_OPS_MIGHT_FAULT
    // A masked load may touch memory past the end here, so the lanes go through a small buffer.
    HWY_ATTR HWY_INLINE FloatVector load(const float* from) const {
        HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)] = {};
        for (std::size_t i = 0; i < count; ++i) buffer[i] = from[i];
        return hn::Load(kFloats, buffer);
    }
    HWY_ATTR HWY_INLINE void store(FloatVector v, float* to) const {
        HWY_ALIGN float buffer[HWY_MAX_BYTES / sizeof(float)];
        hn::Store(v, kFloats, buffer);
        for (std::size_t i = 0; i < count; ++i) to[i] = buffer[i];
    }
#else
    HWY_ATTR HWY_INLINE FloatVector load(const float* from) const {
        return hn::MaskedLoad(hn::FirstN(kFloats, count), kFloats, from);
    }
    HWY_ATTR HWY_INLINE void store(FloatVector v, float* to) const {
        hn::BlendedStore(v, hn::FirstN(kFloats, count), kFloats, to);
    }
#endif
    HWY_ATTR HWY_INLINE std::size_t lanes() const { return count; }
};

/// Calls body(access, i) for i = begin, begin + lanes, ... < end, where access.load and access.store move as many lanes
/// as remain. Mark the body HWY_ATTR: [&](auto access, Index i) HWY_ATTR { ... }.
template <class Body>
HWY_ATTR HWY_INLINE void for_vectors(Index begin, Index end, const Body& body) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    Index i = begin;
    for (; i + lanes <= end; i += lanes) body(FullVector{}, i);
    if (i < end) body(PartialVector{static_cast<std::size_t>(end - i)}, i);
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
