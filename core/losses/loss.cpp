#include "core/losses/loss.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/operands.h"
#include "core/tape.h"
#include "kernels/elementwise.h"
#include "kernels/loss.h"

namespace sinter {
namespace {

/// Calls kernel(loss, dx or undefined, x, arguments...) and records that the gradient of x is dloss * dx.
template <class Kernel, class... Arguments>
Tensor loss_with_gradient(const char* op, const Kernel& kernel, const Tensor& x, const Arguments&... arguments) {
    const Tensor loss = Tensor::empty({1}, x.device());
    const Tensor inputs[] = {x};
    const Tensor dx = should_record(inputs) ? Tensor::empty(x.shape(), x.device()) : Tensor();
    call(kernel, loss, dx, x, arguments...);
    return record(op, loss, {x}, [dx](Backward& back) {
        if (back.dy_is_one() && !back.create_graph()) return back.add(0, dx);
        const Tensor dloss = back.dy(), to = back.target(0);
        call(kernel::multiply_scalar, to, dx, dloss, dx.count());
    });
}

}  // namespace

Tensor sigmoid_cross_entropy(const Tensor& logits, const Tensor& targets, double scale) {
    require(logits.shape() == targets.shape(), "[sigmoid_cross_entropy] logits are {}, targets are {}", logits.shape(),
            targets.shape());
    return loss_with_gradient("sigmoid_cross_entropy", kernel::sigmoid_cross_entropy, logits, targets, logits.count(),
                              scale);
}

Tensor squared_error(const Tensor& prediction, const Tensor& targets, double scale) {
    require(prediction.shape() == targets.shape(), "[squared_error] the prediction is {}, targets are {}",
            prediction.shape(), targets.shape());
    return loss_with_gradient("squared_error", kernel::squared_error, prediction, targets, prediction.count(), scale);
}

Tensor softmax_cross_entropy(const Tensor& logits, const Buffer<std::int32_t>& labels, double scale) {
    require(logits.shape().rank() == 2 && logits.size(0) == labels.count(),
            "[softmax_cross_entropy] expected logits [rows, classes] and a label a row, got {} and {} labels",
            logits.shape(), labels.count());
    require_indices("softmax_cross_entropy", labels, logits.size(1), logits.device());
    return loss_with_gradient("softmax_cross_entropy", kernel::softmax_cross_entropy, logits, labels,
                              kernels::MatrixShape{logits.size(0), logits.size(1)}, scale);
}

}  // namespace sinter
