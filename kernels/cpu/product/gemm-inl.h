// The blocked matrix product on the CPU, written once for every kind of operand: it asks an operand for packed panels
// and never looks at its memory. Dense layers pass plain matrices; convolutions pass gathered image patches.
//
// Ladder, two Zen 5 cores with AVX-512, share of the measured FMA peak for 128x400x784 (a layer of the VAE) and 1024^3:
//   packed panels, tiles of up to 14 rows x 2 vectors, rows spread evenly over tiles       79 %   71 %
//   several blocks of rows: B packed once for all of them                                  79 %   78 %
//   tall products: every task packs its own rows of A, one hand-over per block of depth    79 %   81 %
//   wide products: the deepest block that keeps A in cache; last column of tiles cut finer 81 %   82 %
// What is left is packing (about 6 %), hand-overs, and the epilogue of each tile.

#if defined(SINTER_KERNELS_CPU_PRODUCT_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_PRODUCT_GEMM_INL_H_
#undef SINTER_KERNELS_CPU_PRODUCT_GEMM_INL_H_
#else
#define SINTER_KERNELS_CPU_PRODUCT_GEMM_INL_H_
#endif

#include "kernels/activation.h"
#include "kernels/cpu/product/gemm_tile-inl.h"
#include "kernels/cpu/toolbox/activation-inl.h"
#include "kernels/cpu/toolbox/parallel.h"
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

/// How a product is cut. The cut follows from the shape alone, so that results do not depend on the number of threads.
///
/// Wide: all of A (a batch of rows, say) fits the second-level cache. It is packed once, together; a task packs one
/// panel of B and multiplies it with the panels of A. Tall: B (a weight, say) is packed once, together; a task packs a
/// few panels of A and multiplies them with all of B.
struct Blocking {
    bool tall;
    Index depth;        ///< of a block of the sum
    Index panel_rows;   ///< height of a tile: rows spread evenly over tiles, so that none is thin
    Index panels;       ///< A panels in all
    Index task_panels;  ///< A panels of one task
};

inline constexpr Index kWideFloats = 136 * 1024;  // 544 KB of packed A, of 1 MB of second-level cache
inline constexpr Index kTallFloats = 32 * 1024;   // 128 KB of packed A a task
// The deepest block of the sum that keeps A wide is the best one: C is then read again least often. Below the last of
// these depths the product is tall, with a depth at which a panel of B stays in the first- and second-level cache.
inline constexpr Index kWideDepths[] = {1024, 512, 256};
inline constexpr Index kTallDepth = 512;

inline Blocking choose_blocking(Index m, Index n, Index k, Index panel_columns) {
    Blocking blocking;
    blocking.tall = true;
    blocking.depth = even_part(k, kTallDepth);
    for (const Index depth : kWideDepths) {
        if (m * std::min(k, depth) > kWideFloats) continue;
        blocking.tall = false;
        blocking.depth = even_part(k, depth);
        break;
    }
    blocking.panel_rows = even_part(m, kTileRows);
    blocking.panels = task_count(m, blocking.panel_rows);
    if (blocking.tall) {
        blocking.task_panels =
            std::max<Index>(1, kTallFloats / (std::max<Index>(1, blocking.depth) * blocking.panel_rows));
    } else {
        // With few B panels, a task per panel would leave threads idle, so the rows are cut too.
        const Index wanted = std::max<Index>(1, 16 / std::max<Index>(1, task_count(n, panel_columns)));
        blocking.task_panels = std::max<Index>(2, task_count(blocking.panels, wanted));
    }
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

/// C [m, n] = (or +=) packed A times packed B over `depth`, on the calling thread: This is for callers that split their
/// work themselves. A's panels of even_part(m, kTileRows) rows lie one after the other, B's `distance` floats apart.
HWY_ATTR inline void multiply_panels(float* c, Index stride, Index m, Index n, const float* a, const float* b,
                                     Index distance, Index depth, bool add) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats)), width = kTileVectors * lanes;
    const Index panel_rows = even_part(m, kTileRows);
    TileEpilogue finish;
    finish.add_to_c = add;
    for (Index column = 0; column < n; column += width, b += distance) {
        const Index columns = std::min(width, n - column);
        for (Index row = 0; row < m; row += panel_rows) {
            const Index rows = std::min(panel_rows, m - row);
            float* tile[kTileRows];
            for (Index r = 0; r < rows; ++r) tile[r] = c + (row + r) * stride + column;
            tile_function(static_cast<int>(rows), kTileVectors)(tile, columns, a + row * depth, b, depth, finish);
        }
    }
}

/// One product under way; see blocked_product().
template <class Output, class OperandA, class OperandB>
class BlockedProduct {
public:
    HWY_ATTR BlockedProduct(CpuQueue& queue, const Output& c, const OperandA& a, const OperandB& b, Index m, Index n,
                            Index k, const Epilogue<float>& epilogue)
        : queue_(queue),
          c_(c),
          a_(a),
          b_(b),
          m_(m),
          n_(n),
          k_(k),
          epilogue_(epilogue),
          lanes_(static_cast<Index>(hn::Lanes(kFloats))),
          panel_columns_(kTileVectors * lanes_),
          column_panels_(task_count(n, panel_columns_)),
          blocking_(choose_blocking(m, n, k, panel_columns_)),
          a_floats_(padded((blocking_.tall ? blocking_.task_panels : blocking_.panels) * blocking_.panel_rows *
                           blocking_.depth)),
          b_floats_(padded(panel_columns_ * blocking_.depth)) {}

    HWY_ATTR void run() {
        const Index copies_of_a = blocking_.tall ? queue_.threads() : 1;
        const Index panels_of_b = blocking_.tall ? column_panels_ : queue_.threads();
        const Scratch scratch(
            queue_, static_cast<std::size_t>(copies_of_a * a_floats_ + panels_of_b * b_floats_) * sizeof(float));
        packed_a_ = scratch.as<float>();
        packed_b_ = packed_a_ + copies_of_a * a_floats_;
        first_depth_ = 0;
        do {
            depth_ = std::min(blocking_.depth, k_ - first_depth_);
            if (blocking_.tall)
                multiply_tall();
            else
                multiply_wide();
            first_depth_ += depth_;
        } while (first_depth_ < k_);
    }

private:
    static Index padded(Index floats) { return (floats + 31) / 32 * 32; }
    Index rows_of(Index panel) const { return std::min(blocking_.panel_rows, m_ - panel * blocking_.panel_rows); }
    Index columns_of(Index panel) const { return std::min(panel_columns_, n_ - panel * panel_columns_); }

    HWY_ATTR void multiply_wide() {
        queue_.pool().run(blocking_.panels, [&](std::int64_t panel, int) HWY_ATTR { pack_a(panel, packed_a_, 0); });
        // The last of many columns of tiles is cut into smaller tasks: handed out last, they let the threads finish
        // together.
        const Index row_tasks = task_count(blocking_.panels, blocking_.task_panels);
        const Index last_panels =
            column_panels_ > 4 ? std::max<Index>(1, blocking_.task_panels / 4) : blocking_.task_panels;
        const Index body = (column_panels_ - 1) * row_tasks;
        queue_.pool().run(body + task_count(blocking_.panels, last_panels),
                          [&](std::int64_t task, int thread) HWY_ATTR {
                              const bool last = task >= body;
                              const Index column_panel = last ? column_panels_ - 1 : task / row_tasks;
                              const Index task_panels = last ? last_panels : blocking_.task_panels;
                              const Index first = (last ? task - body : task % row_tasks) * task_panels;
                              float* const panel_b = packed_b_ + thread * b_floats_;
                              pack_b(column_panel, panel_b);
                              const Index end = std::min(blocking_.panels, first + task_panels);
                              for (Index panel = first; panel < end; ++panel)
                                  multiply(panel, packed_a_, 0, column_panel, panel_b);
                          });
    }

    HWY_ATTR void multiply_tall() {
        queue_.pool().run(column_panels_,
                          [&](std::int64_t panel, int) HWY_ATTR { pack_b(panel, packed_b_ + panel * b_floats_); });
        const Index tasks = task_count(blocking_.panels, blocking_.task_panels);
        queue_.pool().run(tasks, [&](std::int64_t task, int thread) HWY_ATTR {
            const Index first = task * blocking_.task_panels;
            const Index end = std::min(blocking_.panels, first + blocking_.task_panels);
            float* const panels_a = packed_a_ + thread * a_floats_;
            for (Index panel = first; panel < end; ++panel) pack_a(panel, panels_a, first);
            for (Index column_panel = 0; column_panel < column_panels_; ++column_panel) {
                const float* panel_b = packed_b_ + column_panel * b_floats_;
                for (Index panel = first; panel < end; ++panel) multiply(panel, panels_a, first, column_panel, panel_b);
            }
        });
    }

    /// Packs A panel `panel` into a row of panels that begins with panel `first`.
    HWY_ATTR void pack_a(Index panel, float* panels, Index first) const {
        const Index rows = rows_of(panel);
        a_.pack(panels + (panel - first) * blocking_.panel_rows * depth_, rows, panel * blocking_.panel_rows, rows,
                first_depth_, depth_);
    }

    HWY_ATTR void pack_b(Index panel, float* to) const {
        const Index columns = columns_of(panel);
        b_.pack(to, columns > lanes_ ? panel_columns_ : lanes_, panel * panel_columns_, columns, first_depth_, depth_);
    }

    /// One tile of C.
    HWY_ATTR void multiply(Index panel, const float* panels_a, Index first, Index column_panel,
                           const float* panel_b) const {
        const bool last_block = first_depth_ + depth_ >= k_;
        const Index rows = rows_of(panel), columns = columns_of(column_panel), column = column_panel * panel_columns_;
        TileEpilogue finish;
        finish.add_to_c = epilogue_.accumulate || first_depth_ > 0;
        finish.bias = last_block && epilogue_.bias ? epilogue_.bias + column : nullptr;
        float* tile[kTileRows];
        c_.rows(panel * blocking_.panel_rows, rows, tile);
        for (Index r = 0; r < rows; ++r) tile[r] += column;
        const TileFunction multiply_tile = tile_function(static_cast<int>(rows), columns > lanes_ ? 2 : 1);
        multiply_tile(tile, columns, panels_a + (panel - first) * blocking_.panel_rows * depth_, panel_b, depth_,
                      finish);
        if (last_block) activate_tile(tile, rows, columns, epilogue_.activation);
    }

    CpuQueue& queue_;
    const Output& c_;
    const OperandA& a_;
    const OperandB& b_;
    Index m_, n_, k_;
    const Epilogue<float>& epilogue_;
    Index lanes_, panel_columns_, column_panels_;
    Blocking blocking_;
    Index a_floats_, b_floats_;  // of packed A for one task or for all; of one panel of B
    float* packed_a_ = nullptr;
    float* packed_b_ = nullptr;
    Index first_depth_ = 0, depth_ = 0;  // the block of the sum under way
};

/// C[i, j] = f(accumulate * C + sum over d of a(i, d) b(j, d) + bias[j]) for i < m, j < n, with C's rows where `c`
/// says.
template <class Output, class OperandA, class OperandB>
HWY_ATTR void blocked_product(CpuQueue& queue, const Output& c, const OperandA& a, const OperandB& b, Index m, Index n,
                              Index k, const Epilogue<float>& epilogue) {
    if (m == 0 || n == 0) return;
    BlockedProduct<Output, OperandA, OperandB>(queue, c, a, b, m, n, k, epilogue).run();
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
