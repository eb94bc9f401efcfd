// Two sums for every column of a matrix in one pass over it, as partial sums over blocks of rows.
#pragma once

#include <algorithm>

#include "kernels/cpu/toolbox/folded_tiles.h"

namespace sinter::kernels {

/// The split of such a pass, and where its partial sums stand.
class ColumnPairs {
public:
    explicit ColumnPairs(MatrixShape shape) : tiles_(shape, folded_rows(shape), strip(shape)) {}

    Index blocks() const { return tiles_.blocks(); }
    Index first_row(Index block) const { return tiles_.first_row(block); }
    Index rows(Index block) const { return tiles_.rows(block); }

    /// The number of floats that sum() writes.
    Index partial_count() const { return 2 * blocks() * columns(); }
    /// Where the first and the second sums over a block stand among them, one per column.
    Index first(Index block) const { return 2 * block * columns(); }
    Index second(Index block) const { return (2 * block + 1) * columns(); }

    /// partial = the two sums of every column over every block. sum_tile(first, second, tile) writes those of a tile to
    /// first[column_begin, column_end) and second[column_begin, column_end).
    template <class SumTile>
    void sum(CpuQueue& queue, float* partial, const SumTile& sum_tile) const {
        queue.pool().run(tiles_.count(), [&](std::int64_t task, int) {
            float* const firsts = partial + first(tiles_.block_of(task));
            float* const seconds = partial + second(tiles_.block_of(task));
            if (tiles_.fold() == 1) return sum_tile(firsts, seconds, tiles_.tile(task));
            float folded_firsts[kMaxFold], folded_seconds[kMaxFold];
            sum_tile(folded_firsts, folded_seconds, tiles_.tile(task));
            unfold(firsts, folded_firsts);
            unfold(seconds, folded_seconds);
        });
    }

    /// Calls merge(begin, end) over the columns in parallel, for work on the partial sums of all blocks.
    template <class Merge>
    void for_columns(CpuQueue& queue, const Merge& merge) const {
        const Index per_task = kElementsPerTask / (2 * blocks()) / kGranule * kGranule;
        parallel_for(queue, columns(), std::max(kGranule, per_task), merge);
    }

private:
    static constexpr Index kGranule = 64;
    static constexpr Index kRowsPerBlock = 256;
    static constexpr Index kElementsPerTile = kRowsPerBlock * kGranule;

    static Index folded_rows(MatrixShape shape) {
        const Index fold = rows_per_fold(shape.columns);
        return fold == 1 ? kRowsPerBlock : kElementsPerTile / (fold * shape.columns);
    }
    // A matrix of few rows has wider strips.
    static Index strip(MatrixShape shape) { return kElementsPerTile / std::clamp<Index>(shape.rows, 1, kRowsPerBlock); }

    Index columns() const { return tiles_.shape().columns; }

    void unfold(float* sums, const float* folded) const {
        std::copy_n(folded, columns(), sums);
        for (Index f = 1; f < tiles_.fold(); ++f) {
            for (Index c = 0; c < columns(); ++c) sums[c] += folded[f * columns() + c];
        }
    }

    FoldedTiles tiles_;
};

}  // namespace sinter::kernels
