// Minimal filtering: the matrices that are multiplied at each position of a transformed tile. Included once per target.

#if defined(SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_OPERANDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_OPERANDS_INL_H_
#undef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_OPERANDS_INL_H_
#else
#define SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_OPERANDS_INL_H_
#endif

#include "kernels/cpu/product/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// Matrices [rows, columns], one for each position of a tile. Their distance is odd in cache lines, so that the
/// elements of one tile fall into different sets of the cache.
struct Positions {
    float* data = nullptr;
    Index columns = 0, distance = 0;

    static Index floats(Index positions, Index rows, Index columns) { return positions * gap(rows, columns); }
    static Index gap(Index rows, Index columns) { return (rows * columns + 15) / 16 * 16 | 16; }
    Positions(float* memory, Index rows, Index row_columns)
        : data(memory), columns(row_columns), distance(gap(rows, row_columns)) {}
    float* at(Index position) const { return data + position * distance; }
};

/// A matrix as panels of B, two vectors wide: element (d, j) of panel q is column q * width + j at depth d.
struct Panels {
    float* data;
    Index width, columns, depth;

    static Index panel_width() { return kTileVectors * static_cast<Index>(hn::Lanes(kFloats)); }
    static Index floats(Index columns, Index depth) {
        return task_count(columns, panel_width()) * panel_width() * depth;
    }
    Panels(float* memory, Index all_columns, Index all_depth)
        : data(memory), width(panel_width()), columns(all_columns), depth(all_depth) {}
    Index count() const { return task_count(columns, width); }
    Index columns_of(Index panel) const { return std::min(width, columns - panel * width); }
    /// Position p's panel.
    float* at(Index p, Index panel) const { return data + (p * count() + panel) * width * depth; }
};

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
