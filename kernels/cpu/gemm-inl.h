// The blocked matrix product on the CPU, written once for every kind of operand: it asks an operand for packed panels
// and never looks at its memory. Dense layers pass plain matrices; convolutions pass gathered image patches.

#if defined(SINTER_KERNELS_CPU_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_GEMM_INL_H_
#undef SINTER_KERNELS_CPU_GEMM_INL_H_
#else
#define SINTER_KERNELS_CPU_GEMM_INL_H_
#endif

#include "kernels/activation.h"
#include "kernels/cpu/activation-inl.h"
#include "kernels/cpu/gemm_tile-inl.h"
#include "kernels/cpu/parallel.h"
#include "kernels/gemm.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// op(A) or op(B) in plain memory. `contiguous_depth` says along which index it is contiguous: element (i, d) of the
/// operand, i the row of op(A) or the column of op(B), is data[i * stride + d] if set, else data[d * stride + i].
struct PlainOperand {
    const float* data;
    Index stride;
    bool contiguous_depth;

    /// panel[d * width + i] = element (first + i, first_depth + d), and zero for count <= i < width.
    HWY_ATTR void pack(float* panel, Index width, Index first, Index count, Index first_depth, Index depth) const {
        if (count < width) std::fill(panel, panel + width * depth, 0.0f);
        if (contiguous_depth) {
            const float* rows[kTileVectors * HWY_MAX_BYTES / sizeof(float) + kTileRows];
            for (Index i = 0; i < count; ++i) rows[i] = data + (first + i) * stride + first_depth;
            interleave_rows(panel, width, rows, count, depth);
        } else {
            copy_rows(panel, width, data + first_depth * stride + first, stride, count, depth);
        }
    }
};

/// How a product is cut. Chosen from the shape alone, so that results do not depend on the number of threads.
struct Blocking {
    Index depth;        ///< of a block of the sum: a B panel of it stays in the nearest cache
    Index rows;         ///< of a block of packed A: it stays in the second-level cache
    Index panel_rows;   ///< height of a tile: rows spread evenly over tiles, so that none is thin
    Index panels;       ///< A panels in all
    Index task_panels;  ///< A panels that one task multiplies with one B panel
};

inline constexpr Index kMaxDepth = 1024;      // if all of A fits the block of packed A
inline constexpr Index kMaxDepthLarge = 512;  // otherwise: C is read again less often than B panels fall out of cache
inline constexpr Index kPackedFloats = 112 * 1024;  // 448 KB of packed A

inline Index even_part(Index total, Index largest) {
    const Index parts = (total + largest - 1) / largest;
    return parts == 0 ? 0 : (total + parts - 1) / parts;
}

inline Blocking choose_blocking(Index m, Index n, Index k, Index panel_columns) {
    Blocking blocking;
    blocking.panel_rows = even_part(m, kTileRows);
    blocking.depth = even_part(k, m * std::min(k, kMaxDepth) <= kPackedFloats ? kMaxDepth : kMaxDepthLarge);
    const Index panels_that_fit =
        std::max<Index>(1, kPackedFloats / (std::max<Index>(1, blocking.depth) * blocking.panel_rows));
    blocking.panels = task_count(m, blocking.panel_rows);
    blocking.rows = even_part(blocking.panels, panels_that_fit) * blocking.panel_rows;
    // With few B panels, a task per panel would leave threads idle: cut the rows too.
    const Index column_panels = task_count(n, panel_columns);
    const Index wanted = std::max<Index>(1, 16 / std::max<Index>(1, column_panels));
    blocking.task_panels = std::max<Index>(2, task_count(blocking.rows / blocking.panel_rows, wanted));
    return blocking;
}

/// The rows of C in plain memory. Other kinds of output give other rows(), such as the pixels of one phase of an image.
struct PlainOutput {
    float* data;
    Index stride;

    /// to[i] = where row first + i of C begins, i < count
    void rows(Index first, Index count, float** to) const {
        for (Index i = 0; i < count; ++i) to[i] = data + (first + i) * stride;
    }
};

/// Applies f to a tile that was just stored and still lies in the nearest cache.
HWY_ATTR inline void activate_tile(float* const* rows, Index count, Index columns, Activation activation) {
    if (activation.kind == ActivationKind::identity) return;
    with_activation(activation, [&](auto f) HWY_ATTR {
        for (Index r = 0; r < count; ++r) {
            float* row = rows[r];
            for_vectors(0, columns,
                        [&](auto access, Index i) HWY_ATTR { access.store(f(access.load(row + i)), row + i); });
        }
    });
}

/// C[i, j] = f(accumulate * C + sum over d of a(i, d) b(j, d) + bias[j]) for i < m, j < n, with C's rows where `c`
/// says.
template <class Output, class OperandA, class OperandB>
HWY_ATTR void blocked_product(CpuQueue& queue, const Output& c, const OperandA& a, const OperandB& b, Index m, Index n,
                              Index k, const Epilogue<float>& epilogue) {
    if (m == 0 || n == 0) return;
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const Index panel_columns = kTileVectors * lanes;
    const Blocking blocking = choose_blocking(m, n, k, panel_columns);
    const Index column_panels = task_count(n, panel_columns);
    const std::size_t a_floats = static_cast<std::size_t>((blocking.rows * blocking.depth + 31) / 32 * 32);
    const std::size_t b_floats = static_cast<std::size_t>((panel_columns * blocking.depth + 31) / 32 * 32);
    // One block of rows: a task packs the B panel it needs and uses it at once. Several: all B panels are packed first.
    const bool share_b = blocking.rows < m;
    const std::size_t b_panels = static_cast<std::size_t>(share_b ? column_panels : queue.threads());
    const Scratch scratch(queue, (a_floats + b_floats * b_panels) * sizeof(float));
    float* const packed_a = scratch.as<float>();
    float* const packed_b = packed_a + a_floats;

    Index first_depth = 0;
    do {
        const Index depth = std::min(blocking.depth, k - first_depth);
        const bool first_block = first_depth == 0, last_block = first_depth + depth >= k;
        const auto pack_b = [&](Index panel, float* to) HWY_ATTR {
            const Index columns = std::min(panel_columns, n - panel * panel_columns);
            b.pack(to, columns > lanes ? panel_columns : lanes, panel * panel_columns, columns, first_depth, depth);
        };
        if (share_b) {
            queue.pool().run(column_panels, [&](std::int64_t panel, int) HWY_ATTR {
                pack_b(panel, packed_b + b_floats * static_cast<std::size_t>(panel));
            });
        }
        for (Index first_row = 0; first_row < m; first_row += blocking.rows) {
            const Index rows = std::min(blocking.rows, m - first_row);
            const Index panels = task_count(rows, blocking.panel_rows);
            queue.pool().run(panels, [&](std::int64_t panel, int) HWY_ATTR {
                const Index row = panel * blocking.panel_rows;
                const Index count = std::min(blocking.panel_rows, rows - row);
                a.pack(packed_a + row * depth, count, first_row + row, count, first_depth, depth);
            });
            const Index row_tasks = task_count(panels, blocking.task_panels);
            queue.pool().run(column_panels * row_tasks, [&](std::int64_t task, int thread) HWY_ATTR {
                const Index column_panel = task / row_tasks, column = column_panel * panel_columns;
                const Index first_panel = task % row_tasks * blocking.task_panels;
                const Index columns = std::min(panel_columns, n - column);
                const int vectors = columns > lanes ? 2 : 1;
                float* const panel_b = packed_b + b_floats * static_cast<std::size_t>(share_b ? column_panel : thread);
                if (!share_b) pack_b(column_panel, panel_b);
                TileEpilogue finish;
                finish.add_to_c = epilogue.accumulate || !first_block;
                finish.bias = last_block && epilogue.bias ? epilogue.bias + column : nullptr;
                for (Index p = first_panel; p < std::min(panels, first_panel + blocking.task_panels); ++p) {
                    const Index row = p * blocking.panel_rows;
                    const Index count = std::min(blocking.panel_rows, rows - row);
                    float* tile[kTileRows];
                    c.rows(first_row + row, count, tile);
                    for (Index r = 0; r < count; ++r) tile[r] += column;
                    tile_function(static_cast<int>(count), vectors)(tile, columns, packed_a + row * depth, panel_b,
                                                                    depth, finish);
                    if (last_block) activate_tile(tile, count, columns, epilogue.activation);
                }
            });
        }
        first_depth += depth;
    } while (first_depth < k);
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
