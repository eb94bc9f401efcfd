// The walk over a tile whose columns have constants. Included once per target, like simd-inl.h. The split into tiles
// stands in kernels/cpu/toolbox/folded_tiles.h.

// Per-target include guard: toggled, so that each pass of foreach_target compiles this file once.
#if defined(SINTER_KERNELS_CPU_TOOLBOX_FOLDED_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_TOOLBOX_FOLDED_TILES_INL_H_
#undef SINTER_KERNELS_CPU_TOOLBOX_FOLDED_TILES_INL_H_
#else
#define SINTER_KERNELS_CPU_TOOLBOX_FOLDED_TILES_INL_H_
#endif

#include <algorithm>

#include "kernels/cpu/toolbox/folded_tiles.h"
#include "kernels/cpu/toolbox/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {

/// Calls body(access, i, c) for the elements of a tile: i counts from the start of the matrix, c from that of the
/// folded row.
template <class Body>
HWY_ATTR HWY_INLINE void for_tile(const FoldedTile& tile, const Body& body) {
    const Index end = tile.row_end * tile.columns;
    for (Index row = tile.row_begin * tile.columns; row < end; row += tile.width) {
        for_vectors(tile.column_begin, std::min(tile.column_end, end - row),
                    [&](auto access, Index c) HWY_ATTR { body(access, row + c, c); });
    }
}

}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
