#include "core/ops/reduce.h"

#include <array>

#include "core/call.h"
#include "core/check.h"
#include "core/ops/activation.h"
#include "core/ops/arithmetic.h"
#include "core/ops/operands.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"

namespace sinter {
namespace {

Tensor scaled_sum(const char* op, const Tensor& x, double scale) {
    Tensor y = Tensor::empty({1}, x.device());
    call(kernel::sum_all, y, x, x.count(), scale, false);
    return record(op, y, {x}, [shape = x.shape(), scale](Backward& back) {
        back.add(0, broadcast_scalar(scale == 1 ? back.dy() : affine(back.dy(), scale, 0), shape));
    });
}

/// A matrix summed over its rows: [columns]
Tensor sum_rows(const Tensor& x) {
    const kernels::MatrixShape shape{x.size(0), x.size(1)};
    Tensor y = Tensor::empty({shape.columns}, x.device());
    call(kernel::sum_rows, y, x, shape, false);
    return record("sum_rows", y, {x}, [=](Backward& back) { back.add(0, broadcast_row(back.dy(), shape.rows)); });
}

/// A matrix summed over its columns: [rows]
Tensor sum_columns(const Tensor& x) {
    const kernels::MatrixShape shape{x.size(0), x.size(1)};
    Tensor y = Tensor::empty({shape.rows}, x.device());
    call(kernel::sum_columns, y, x, shape, false);
    return record("sum_columns", y, {x},
                  [=](Backward& back) { back.add(0, broadcast_column(back.dy(), shape.columns)); });
}

/// Which axes of a tensor are summed over.
struct SummedAxes {
    SummedAxes(const char* op, const Tensor& x, std::initializer_list<int> axes) {
        const int rank = x.shape().rank();
        for (const int axis : axes) {
            require(axis >= -rank && axis < rank, "[{}] {} has no axis {}", op, x.shape(), axis);
            bool& of_axis = summed[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)];
            require(!of_axis, "[{}] axis {} of {} is named twice", op, axis, x.shape());
            of_axis = true;
            count *= x.size(axis);
        }
    }
    bool operator[](int axis) const { return summed[static_cast<std::size_t>(axis)]; }

    std::array<bool, Shape::kMaxRank> summed{};
    Index count = 1;  ///< of the terms of a sum
};

Tensor sum_over(const Tensor& x, const SummedAxes& axes) {
    // Neighbouring axes that are all summed, or all kept, count as one. Axes of one element do not count.
    Shape groups, result;
    bool first_summed = false, last_summed = false;
    for (int axis = 0; axis < x.shape().rank(); ++axis) {
        const Index size = x.size(axis);
        if (!axes[axis]) result = result.with(size);
        if (size == 1) continue;
        if (groups.rank() == 0) first_summed = axes[axis];
        if (groups.rank() > 0 && axes[axis] == last_summed)
            groups[-1] *= size;
        else
            groups = groups.with(size);
        last_summed = axes[axis];
    }
    if (result.rank() == 0) return sum(x);
    if (x.count() == 0) return broadcast_scalar(sum(x), result);  // zeros
    const auto as_matrix = [](const Tensor& y, Index rows) {
        return reshape(y, {rows, rows == 0 ? 0 : y.count() / rows});
    };
    Tensor y = x;
    int left = groups.rank();
    if (left > 0 && last_summed) {
        const Index columns = groups[--left];
        y = sum_columns(reshape(y, {result.count() == 0 ? 0 : y.count() / columns, columns}));
    }
    // The first group goes if it is summed and moves to the end if it is kept, and so on. After the last, those that
    // were kept are in order again; a last one that is alone is so without moving.
    bool summed = first_summed, moved = false;
    for (int group = 0; group < left; ++group, summed = !summed) {
        if (summed) {
            y = sum_rows(as_matrix(y, groups[group]));
        } else if (moved || group + 1 < left) {
            y = transpose(as_matrix(y, groups[group]));
            moved = true;
        }
    }
    return reshape(y, result);
}

}  // namespace

Tensor sum(const Tensor& x) { return scaled_sum("sum", x, 1); }

Tensor mean(const Tensor& x) {
    require(x.count() > 0, "[mean] expected at least one element, got {}", x.shape());
    return scaled_sum("mean", x, 1.0 / static_cast<double>(x.count()));
}

Tensor sum(const Tensor& x, std::initializer_list<int> axes) { return sum_over(x, SummedAxes("sum", x, axes)); }

Tensor mean(const Tensor& x, std::initializer_list<int> axes) {
    const SummedAxes summed("mean", x, axes);
    require(summed.count > 0, "[mean] expected at least one element along the axes, got {}", x.shape());
    return affine(sum_over(x, summed), 1.0 / static_cast<double>(summed.count), 0);
}

Tensor row_norms(const Tensor& x) {
    const kernels::MatrixShape shape = require_matrix("row_norms", x);
    Tensor norms = Tensor::empty({shape.rows}, x.device());
    const Tensor squares = Tensor::empty(x.shape(), x.device());
    call(kernel::multiply, squares, x, x, shape.count());
    call(kernel::sum_columns, norms, squares, shape, false);
    call(kernel::square_root, norms, norms, shape.rows);
    return record("row_norms", norms, {x}, [=, kept = norms.detach()](Backward& back) {
        // d |x| = x dx / |x|. Rows of zeros divide a zero by one.
        const Tensor positive = activation_slope(kept, relu());  // 1 where the norm is above 0, else 0
        const Tensor divisor = back.output(kept) + affine(positive, -1, 1);
        back.add(0, multiply_column(x, back.dy() * positive / divisor));
    });
}

Tensor broadcast_scalar(const Tensor& scalar, const Shape& shape) {
    require(scalar.count() == 1, "[broadcast_scalar] expected one element, got {}", scalar.shape());
    Tensor y = Tensor::empty(shape, scalar.device());
    call(kernel::broadcast_scalar, y, scalar, y.count());
    return record("broadcast_scalar", y, {scalar}, [](Backward& back) { back.add(0, sum(back.dy())); });
}

Tensor broadcast_row(const Tensor& row, Index rows) {
    require(row.shape().rank() == 1, "[broadcast_row] expected a vector, got {}", row.shape());
    Tensor y = Tensor::empty({rows, row.count()}, row.device());
    call(kernel::broadcast_row, y, row, kernels::MatrixShape{rows, row.count()});
    return record("broadcast_row", y, {row}, [](Backward& back) { back.add(0, sum(back.dy(), {0})); });
}

Tensor broadcast_column(const Tensor& column, Index columns) {
    require(column.shape().rank() == 1, "[broadcast_column] expected a vector, got {}", column.shape());
    Tensor y = Tensor::empty({column.count(), columns}, column.device());
    call(kernel::broadcast_column, y, column, kernels::MatrixShape{column.count(), columns});
    return record("broadcast_column", y, {column}, [](Backward& back) { back.add(0, sum(back.dy(), {1})); });
}

}  // namespace sinter
