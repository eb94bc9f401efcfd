// Two sums for every column of a matrix in one pass over it: the split into blocks, whose shape, and so whose rounding,
// depends on the matrix alone. What is summed stands in kernels/cpu/column_pairs-inl.h and its users.
#pragma once

#include <algorithm>

#include "kernels/cpu/fold.h"
#include "kernels/cpu/parallel.h"

namespace sinter::kernels {

/// A row of per-column constants, repeated for a matrix whose rows are folded (kernels/cpu/fold.h).
class RepeatedRow {
public:
    RepeatedRow(const float* row, Index columns, Index fold) : data_(row) {
        if (fold == 1) return;
        for (Index f = 0; f < fold; ++f) std::copy_n(row, columns, copies_ + f * columns);
        data_ = copies_;
    }
    RepeatedRow(const RepeatedRow&) = delete;
    RepeatedRow& operator=(const RepeatedRow&) = delete;

    const float* data() const { return data_; }

private:
    const float* data_;
    float copies_[kLargestFold];
};

/// Part of a matrix: rows [row_begin, row_end), and of these, folded to `width` elements, the columns [column_begin,
/// column_end). A folded tile has all columns; its last row may be shorter than the others.
struct ColumnPairTile {
    Index columns, fold, width;
    Index row_begin, row_end;
    Index column_begin, column_end;
};

/// A matrix in blocks of rows, and these in strips of columns where rows are not folded.
class ColumnPairBlocks {
public:
    explicit ColumnPairBlocks(MatrixShape shape) : shape_(shape), fold_(rows_per_fold(shape.columns)) {
        constexpr Index kRowsPerBlock = 256;
        constexpr Index kGranule = 64;  // of the split by columns
        constexpr Index kElementsPerTile = kRowsPerBlock * kGranule;
        const Index width = fold_ * shape.columns;
        if (fold_ == 1) {
            rows_per_block_ = kRowsPerBlock;
            const Index wanted = kElementsPerTile / std::clamp<Index>(shape.rows, 1, kRowsPerBlock);
            strip_ = task_count(wanted, kGranule) * kGranule;
        } else {
            rows_per_block_ = kElementsPerTile / width * fold_;
            strip_ = width;
        }
        blocks_ = task_count(shape.rows, rows_per_block_);
    }

    Index columns() const { return shape_.columns; }
    Index blocks() const { return blocks_; }
    Index first_row(Index block) const { return block * rows_per_block_; }
    Index rows(Index block) const { return std::min(rows_per_block_, shape_.rows - first_row(block)); }

    /// The number of floats that sum() writes.
    Index partial_count() const { return 2 * blocks_ * shape_.columns; }
    /// Where the first and the second sums over a block stand in them, one per column.
    Index first(Index block) const { return 2 * block * shape_.columns; }
    Index second(Index block) const { return (2 * block + 1) * shape_.columns; }

    /// partial = the two sums of every column over every block. sum_tile(first, second, tile) writes those of a tile to
    /// first[column_begin, column_end) and second[column_begin, column_end).
    template <class SumTile>
    void sum(CpuQueue& queue, float* partial, const SumTile& sum_tile) const {
        const Index columns = shape_.columns, width = fold_ * columns;
        const Index strips = task_count(width, strip_);
        queue.pool().run(blocks_ * strips, [&](std::int64_t task, int) {
            const Index block = task / strips;
            const Index begin = task % strips * strip_;
            const ColumnPairTile tile{columns,
                                      fold_,
                                      width,
                                      first_row(block),
                                      first_row(block) + rows(block),
                                      begin,
                                      std::min(width, begin + strip_)};
            if (fold_ == 1) return sum_tile(partial + first(block), partial + second(block), tile);
            float folded_first[kLargestFold], folded_second[kLargestFold];
            sum_tile(folded_first, folded_second, tile);
            unfold(partial + first(block), folded_first);
            unfold(partial + second(block), folded_second);
        });
    }

    /// Calls merge(begin, end) over the columns in parallel, for work on the partial sums of all blocks.
    template <class Merge>
    void for_columns(CpuQueue& queue, const Merge& merge) const {
        constexpr Index kGranule = 64;
        const Index wanted = kElementsPerTask / std::max<Index>(1, 2 * blocks_);
        parallel_for(queue, shape_.columns, std::max<Index>(1, wanted / kGranule) * kGranule, merge);
    }

private:
    void unfold(float* sums, const float* folded) const {
        const Index columns = shape_.columns;
        std::copy_n(folded, columns, sums);
        for (Index f = 1; f < fold_; ++f) {
            for (Index c = 0; c < columns; ++c) sums[c] += folded[f * columns + c];
        }
    }

    MatrixShape shape_;
    Index fold_;
    Index rows_per_block_, blocks_, strip_;
};

}  // namespace sinter::kernels
