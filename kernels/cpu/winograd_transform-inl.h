// The transforms of minimal filtering on tiles of vectors: each lane is a channel. Included once per target, after
// simd-inl.h.

#if defined(SINTER_KERNELS_CPU_WINOGRAD_TRANSFORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_WINOGRAD_TRANSFORM_INL_H_
#undef SINTER_KERNELS_CPU_WINOGRAD_TRANSFORM_INL_H_
#else
#define SINTER_KERNELS_CPU_WINOGRAD_TRANSFORM_INL_H_
#endif

#include <utility>

#include "kernels/cpu/minimal_filter.h"
#include "kernels/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// The six matrices of F(m, r) as types, so that their entries are constants of the code.
template <int kM, int kR>
struct Filter {
    static constexpr MinimalFilter<kM, kR> kTransforms{};
    struct Data {
        static constexpr auto kMatrix = kTransforms.data;
    };
    struct Taps {
        static constexpr auto kMatrix = kTransforms.taps;
    };
    struct Outputs {
        static constexpr auto kMatrix = kTransforms.outputs;
    };
    struct DataTransposed {
        static constexpr auto kMatrix = transposed(kTransforms.data);
    };
    struct TapsTransposed {
        static constexpr auto kMatrix = transposed(kTransforms.taps);
    };
    struct OutputsTransposed {
        static constexpr auto kMatrix = transposed(kTransforms.outputs);
    };
};

template <class T>
inline constexpr int kRowsOf = static_cast<int>(T::kMatrix.size());
template <class T>
inline constexpr int kColumnsOf = static_cast<int>(T::kMatrix[0].size());

/// The first column where row i of the matrix is not zero.
template <class T, int i>
constexpr int first_nonzero() {
    int j = 0;
    while (T::kMatrix[i][j] == 0) ++j;
    return j;
}

/// sum + entry (i, j) of the matrix times x, where (i, j) is not the first entry of the row.
template <class T, int i, int j>
HWY_ATTR HWY_INLINE FloatVector add_term(FloatVector sum, FloatVector x) {
    constexpr float entry = static_cast<float>(T::kMatrix[i][j]);
    if constexpr (entry == 0 || j <= first_nonzero<T, i>())
        return sum;
    else if constexpr (entry == 1)
        return hn::Add(sum, x);
    else if constexpr (entry == -1)
        return hn::Sub(sum, x);
    else
        return hn::MulAdd(hn::Set(kFloats, entry), x, sum);
}

template <class T, int i, int... j>
HWY_ATTR HWY_INLINE FloatVector row_times(const FloatVector* x, std::integer_sequence<int, j...>) {
    constexpr int first = first_nonzero<T, i>();
    constexpr float entry = static_cast<float>(T::kMatrix[i][first]);
    FloatVector sum = x[first];
    if constexpr (entry != 1) sum = hn::Mul(hn::Set(kFloats, entry), sum);
    ((sum = add_term<T, i, j>(sum, x[j])), ...);
    return sum;
}

/// y = matrix times x
template <class T, int... i>
HWY_ATTR HWY_INLINE void matrix_times(const FloatVector* x, FloatVector* y, std::integer_sequence<int, i...>) {
    ((y[i] = row_times<T, i>(x, std::make_integer_sequence<int, kColumnsOf<T>>())), ...);
}

/// result = T tile T^T, with element (i, j) of the tile given by load(i, j) and of the result taken by store(i, j, v).
template <class T, class Load, class Store>
HWY_ATTR HWY_INLINE void transform_tile(const Load& load, const Store& store) {
    constexpr int from = kColumnsOf<T>, to = kRowsOf<T>;
    constexpr auto rows = std::make_integer_sequence<int, to>();
    FloatVector columns[from][to], line[from], result[to];
    for (int j = 0; j < from; ++j) {
#pragma GCC unroll 8
        for (int i = 0; i < from; ++i) line[i] = load(i, j);
        matrix_times<T>(line, columns[j], rows);
    }
    for (int i = 0; i < to; ++i) {
#pragma GCC unroll 8
        for (int j = 0; j < from; ++j) line[j] = columns[j][i];
        matrix_times<T>(line, result, rows);
#pragma GCC unroll 8
        for (int j = 0; j < to; ++j) store(i, j, result[j]);
    }
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
