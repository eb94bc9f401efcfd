// Minimal filtering: the transforms of tiles of vectors, each lane a channel, and of tiles that lie in an image or in a
// weight. Included once per target, after simd-inl.h.

#if defined(SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_TRANSFORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_TRANSFORM_INL_H_
#undef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_TRANSFORM_INL_H_
#else
#define SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_TRANSFORM_INL_H_
#endif

#include <utility>

#include "kernels/cpu/minimal_filter/minimal_filter.h"
#include "kernels/cpu/toolbox/simd-inl.h"

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

inline constexpr int kMaxProducts = 8, kMaxTaps = 5;  // of a tile along one axis

/// Rows [begin, end) of an image.
struct RowRange {
    Index begin, end;
};

/// Where an image's pixels are: its width, and the floats of a pixel. The taps of a weight lie in the same way.
struct PixelLayout {
    Index width, floats;
};

/// The pixels (y + a step, x + b step), a and b = 0, 1, ...
struct PixelGrid {
    Index y, x, step;
};

/// The places of count x count pixels, row by row; null outside of these rows of the image.
template <class Float>
HWY_ATTR void find_places(Float** places, Float* image, const PixelLayout& layout, Index count, const PixelGrid& grid,
                          const RowRange& rows) {
    for (Index a = 0; a < count; ++a) {
        for (Index b = 0; b < count; ++b) {
            const Index y = grid.y + a * grid.step, x = grid.x + b * grid.step;
            const bool inside = y >= rows.begin && y < rows.end && x >= 0 && x < layout.width;
            *places++ = inside ? image + (y * layout.width + x) * layout.floats : nullptr;
        }
    }
}

/// Transforms the tile of vectors at `places` (zeros where null), `channels` numbers each, and calls
/// store(access, channel, position, value) for the vectors of the result.
template <class T, class Store>
HWY_ATTR HWY_INLINE void transform_from(const float* const* places, Index channels, const Store& store) {
    for_vectors(0, channels, [&](auto access, Index c) HWY_ATTR {
        transform_tile<T>(
            [&](int i, int j) HWY_ATTR {
                const float* place = places[i * kColumnsOf<T> + j];
                return place ? access.load(place + c) : hn::Zero(kFloats);
            },
            [&](int i, int j, FloatVector value) HWY_ATTR { store(access, c, i * kRowsOf<T> + j, value); });
    });
}

/// The way back: transforms a tile whose vectors lie `distance` apart and writes it (adds it, if `add`) to those of
/// `places` that are not null, with a bias for each channel unless that is null.
template <class T>
HWY_ATTR HWY_INLINE void transform_to(float* const* places, Index channels, const float* from, Index distance, bool add,
                                      const float* bias) {
    for_vectors(0, channels, [&](auto access, Index c) HWY_ATTR {
        transform_tile<T>([&](int i, int j)
                              HWY_ATTR { return access.load(from + (i * kColumnsOf<T> + j) * distance + c); },
                          [&](int i, int j, FloatVector value) HWY_ATTR {
                              float* const place = places[i * kRowsOf<T> + j];
                              if (!place) return;
                              if (add) value = hn::Add(value, access.load(place + c));
                              if (bias) value = hn::Add(value, access.load(bias + c));
                              access.store(value, place + c);
                          });
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
