// Minimal filtering: the matrix products at the positions of a transformed tile. Included once per target.

#if defined(SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_PRODUCTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_PRODUCTS_INL_H_
#undef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_PRODUCTS_INL_H_
#else
#define SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_PRODUCTS_INL_H_
#endif

#include "kernels/cpu/minimal_filter/winograd_operands-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// A panels of rows [first, first + m) of op(A), one after the other.
HWY_ATTR void pack_rows(float* to, const PlainOperand& a, Index first, Index m, Index first_depth, Index depth) {
    const Index panel_rows = even_part(m, kTileRows);
    for (Index row = 0; row < m; row += panel_rows) {
        const Index rows = std::min(panel_rows, m - row);
        a.pack(to + row * depth, rows, first + row, rows, first_depth, depth);
    }
}

inline constexpr Index kTaskPanels = 8;  // panels of B that one packing of A serves

/// C[p] [rows, columns of b] = A[p] b[p] at every position.
HWY_ATTR void multiply_positions(CpuQueue& queue, const Positions& c, const Positions& a, const Panels& b,
                                 float* packed, Index rows, Index positions) {
    const Index chunks = task_count(b.count(), kTaskPanels);
    const Index block = even_part(b.depth, kTallDepth);
    queue.pool().run(positions * chunks, [&](std::int64_t task, int thread) HWY_ATTR {
        const Index p = task / chunks, panel = task % chunks * kTaskPanels;
        float* const panels_a = packed + thread * rows * block;
        const Index column = panel * b.width, columns = std::min(kTaskPanels * b.width, b.columns - column);
        for (Index first = 0; first < b.depth; first += block) {
            const Index depth = std::min(block, b.depth - first);
            pack_rows(panels_a, PlainOperand{a.at(p), a.columns, true}, 0, rows, first, depth);
            multiply_panels(c.at(p) + column, c.columns, rows, columns, panels_a, b.at(p, panel) + first * b.width,
                            b.width * b.depth, depth, first > 0);
        }
    });
}

inline constexpr Index kTaskRows = 8 * kTileRows;  // rows of U that one packing of M serves

/// U[p] = (or +=) V[p]^T M[p] over the rows of V and M, at every position.
HWY_ATTR void multiply_transposed(CpuQueue& queue, const Positions& u, const Positions& v, const Positions& m,
                                  float* packed, Index rows, Index positions, bool add) {
    const Index chunks = task_count(v.columns, kTaskRows);
    const Index width = Panels::panel_width(), panels = task_count(m.columns, width);
    queue.pool().run(positions * chunks, [&](std::int64_t task, int thread) HWY_ATTR {
        const Index p = task / chunks, first = task % chunks * kTaskRows;
        const Index task_rows = std::min(kTaskRows, v.columns - first);
        float* const panels_b = packed + thread * (panels * width + kTaskRows) * rows;
        float* const panels_a = panels_b + panels * width * rows;
        const PlainOperand right{m.at(p), m.columns, false};
        for (Index panel = 0; panel < panels; ++panel) {
            right.pack(panels_b + panel * width * rows, width, panel * width,
                       std::min(width, m.columns - panel * width), 0, rows);
        }
        pack_rows(panels_a, PlainOperand{v.at(p), v.columns, false}, first, task_rows, 0, rows);
        multiply_panels(u.at(p) + first * u.columns, u.columns, task_rows, m.columns, panels_a, panels_b, width * rows,
                        rows, add);
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
