// Splitting sums over the rows of a matrix into tasks whose shape, and so whose rounding, depends on the matrix alone.
#pragma once

#include <algorithm>

#include "kernels/cpu/toolbox/fold.h"
#include "kernels/cpu/toolbox/parallel.h"

namespace sinter::kernels {

/// Part of a dense row-major matrix whose rows hold `width` elements.
struct ColumnSumTile {
    Index width;
    Index row_begin, row_end;
    Index column_begin, column_end;
    bool accumulate;
};

/// sums[c] = (or += if accumulate) sum over the rows of a matrix of `shape`, in tasks:
///   sum_tile(sums, tile)          writes the sums over the tile's rows to sums[column_begin, column_end)
///   add_rows(sums, rows, tile)    the same with the matrix `rows` of floats: it adds up the tasks' partial rows
/// Uses the queue's scratch memory.
///
/// A short matrix is split by columns and needs no partial sums. A tall one is also split by blocks of rows. A narrow
/// one has several rows taken as one (kernels/cpu/toolbox/fold.h); the `fold` sums of a column are added at the end.
template <class SumTile, class AddRows>
void sum_over_rows(CpuQueue& queue, float* sums, MatrixShape shape, bool accumulate, const SumTile& sum_tile,
                   const AddRows& add_rows) {
    constexpr Index kRowsPerBlock = 256;
    constexpr Index kGranule = 64;  // of the split by columns

    const Index columns = shape.columns;
    if (columns == 0) return;
    if (shape.rows == 0) {
        if (!accumulate) std::fill_n(sums, columns, 0.0f);
        return;
    }
    const Index fold = rows_per_fold(columns);
    const Index width = fold * columns;
    const Index rows = shape.rows / fold;
    const Index ragged = shape.rows % fold * columns;  // elements of the last, shorter row

    const Index blocks = task_count(rows, kRowsPerBlock);
    const Index wanted = kElementsPerTask / std::clamp<Index>(rows, 1, kRowsPerBlock);
    const Index strip = task_count(wanted, kGranule) * kGranule;
    const Index strips = task_count(width, strip);

    // Partial rows: one a block, one for the ragged row, and one for their sum where that is still to be folded.
    const Index partials = blocks + (ragged > 0);
    const bool direct = partials == 1 && fold == 1;
    const Scratch scratch(queue, direct ? 0 : static_cast<std::size_t>((partials + 1) * width) * sizeof(float));
    float* const partial = direct ? sums : scratch.as<float>();
    queue.pool().run(blocks * strips + (ragged > 0), [&](std::int64_t task, int) {
        const Index block = task / strips;
        float* const row = partial + block * width;
        if (block == blocks) {
            std::fill(row + ragged, row + width, 0.0f);
            return sum_tile(row, ColumnSumTile{width, rows, rows + 1, 0, ragged, false});
        }
        const Index begin = task % strips * strip;
        const Index row_begin = block * kRowsPerBlock;
        sum_tile(row, ColumnSumTile{width, row_begin, std::min(rows, row_begin + kRowsPerBlock), begin,
                                    std::min(width, begin + strip), direct && accumulate});
    });
    if (direct) return;

    float* const total = fold == 1 ? sums : partial + partials * width;
    parallel_for(queue, width, task_count(kElementsPerTask, partials * kGranule) * kGranule,
                 [&](Index begin, Index end) {
                     add_rows(total, partial, ColumnSumTile{width, 0, partials, begin, end, fold == 1 && accumulate});
                 });
    if (fold == 1) return;
    for (Index c = 0; c < columns; ++c) {
        float sum = accumulate ? sums[c] : 0.0f;
        for (Index f = 0; f < fold; ++f) sum += total[f * columns + c];
        sums[c] = sum;
    }
}

}  // namespace sinter::kernels
