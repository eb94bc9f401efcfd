// Tiles of matrices with per-column constants. Narrow rows are taken several as one (kernels/cpu/toolbox/fold.h), and
// wide rows are cut into strips.
#pragma once

#include <algorithm>

#include "kernels/cpu/toolbox/fold.h"
#include "kernels/cpu/toolbox/parallel.h"

namespace sinter::kernels {

/// Part of a matrix: rows [row_begin, row_end), and of these, folded to `width` elements, the columns [column_begin,
/// column_end). Where rows are folded a tile has all columns, and its last folded row may be shorter than the others.
struct FoldedTile {
    Index columns, fold, width;
    Index row_begin, row_end;
    Index column_begin, column_end;
};

/// A row of per-column constants, repeated as a folded row needs them.
class RepeatedRow {
public:
    RepeatedRow(const float* row, const FoldedTile& tile) : data_(row) {
        if (tile.fold == 1) return;
        for (Index f = 0; f < tile.fold; ++f) std::copy_n(row, tile.columns, copies_ + f * tile.columns);
        data_ = copies_;
    }
    RepeatedRow(const RepeatedRow&) = delete;
    RepeatedRow& operator=(const RepeatedRow&) = delete;

    const float* data() const { return data_; }

private:
    const float* data_;
    float copies_[kMaxFold];
};

/// A matrix that is not empty, cut into blocks of rows and these into strips of columns. The cut depends on the shape
/// alone.
class FoldedTiles {
public:
    /// Blocks of about `rows` folded rows, strips of about `strip` columns; folded rows are not cut into strips.
    FoldedTiles(MatrixShape shape, Index rows, Index strip)
        : shape_(shape), fold_(rows_per_fold(shape.columns)), width_(fold_ * shape.columns) {
        constexpr Index kGranule = 64;
        rows_per_block_ = std::max<Index>(1, rows) * fold_;
        blocks_ = task_count(shape.rows, rows_per_block_);
        // The strips are evenly wide, instead of a narrow one at the end.
        const Index strips = fold_ > 1 ? 1 : task_count(width_, std::max(kGranule, strip));
        strip_ = fold_ > 1 ? width_ : task_count(task_count(width_, strips), kGranule) * kGranule;
        strips_ = task_count(width_, strip_);
    }

    MatrixShape shape() const { return shape_; }
    Index fold() const { return fold_; }
    Index blocks() const { return blocks_; }
    Index first_row(Index block) const { return block * rows_per_block_; }
    Index rows(Index block) const { return std::min(rows_per_block_, shape_.rows - first_row(block)); }

    Index count() const { return blocks_ * strips_; }
    Index block_of(Index tile) const { return tile / strips_; }
    FoldedTile tile(Index number) const {
        const Index row = first_row(block_of(number)), column = number % strips_ * strip_;
        return {shape_.columns,
                fold_,
                width_,
                row,
                row + rows(block_of(number)),
                column,
                std::min(width_, column + strip_)};
    }

private:
    MatrixShape shape_;
    Index fold_, width_;
    Index rows_per_block_, blocks_;
    Index strip_, strips_;
};

/// Calls body(tile) for the tiles of a matrix in parallel, each small enough for the constants of its columns to be at
/// hand.
template <class Body>
void for_tiles(CpuQueue& queue, MatrixShape shape, const Body& body) {
    constexpr Index kMaxStrip = 1024;  // so that five rows of constants stay in the nearest cache,
    constexpr Index kMinRows = 16;     // and are brought there for as many rows at least
    const Index strip = std::min(kMaxStrip, shape.columns * rows_per_fold(shape.columns));
    const Index rows = shape.columns < kMaxStrip ? kElementsPerTask / strip : kMinRows;
    const FoldedTiles tiles(shape, rows, kMaxStrip);
    queue.pool().run(tiles.count(), [&](std::int64_t task, int) { body(tiles.tile(task)); });
}

}  // namespace sinter::kernels
