#include "core/ops/embedding.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/operands.h"
#include "core/tape.h"
#include "kernels/embedding.h"

namespace sinter {
namespace {

void add_rows(const Backward::Destination& dtable, const Tensor& dy, const Buffer<std::int32_t>& indices) {
    call(kernel::embedding_backward, dtable.tensor, dy, indices, kernels::MatrixShape{dy.size(0), dy.size(1)},
         dtable.tensor.size(0), dtable.accumulate);
}

/// The gradient of the table. It is linear in dy, and its own gradient picks the same rows.
Tensor table_gradient(const Tensor& dy, const Buffer<std::int32_t>& indices, Index entries) {
    Tensor dtable = Tensor::empty({entries, dy.size(1)}, dy.device());
    add_rows({dtable, false}, dy, indices);
    return record("embedding_gradient", dtable, {dy},
                  [=](Backward& back) { back.add(0, embedding(back.dy(), indices)); });
}

}  // namespace

Tensor embedding(const Tensor& table, const Buffer<std::int32_t>& indices) {
    require(table.shape().rank() == 2, "[embedding] expected a table [entries, columns], got {}", table.shape());
    require_indices("embedding", indices, table.size(0), table.device());
    Tensor y = Tensor::empty({indices.count(), table.size(1)}, table.device());
    call(kernel::embedding_forward, y, table, indices, kernels::MatrixShape{y.size(0), y.size(1)});
    return record("embedding", y, {table}, [=, entries = table.size(0)](Backward& back) {
        if (back.create_graph()) return back.add(0, table_gradient(back.dy(), indices, entries));
        add_rows(back.destination(0), back.dy(), indices);
    });
}

}  // namespace sinter
