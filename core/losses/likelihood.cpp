#include "core/losses/likelihood.h"

#include "core/call.h"
#include "core/check.h"
#include "kernels/likelihood.h"

namespace sinter {
namespace {

kernels::RepeatedRows repeated_rows(const char* op, const Tensor& rows, const Tensor& targets) {
    const auto columns = [](const Tensor& x) { return x.size(0) == 0 ? 0 : x.count() / x.size(0); };
    require(rows.shape().rank() >= 1 && targets.shape().rank() >= 1 && targets.size(0) > 0 &&
                rows.size(0) % targets.size(0) == 0 && columns(rows) == columns(targets),
            "[{}] expected as many rows for each image of the targets, of their size, got {} for targets {}", op,
            rows.shape(), targets.shape());
    return {rows.size(0), columns(rows), rows.size(0) / targets.size(0)};
}

}  // namespace

Tensor bernoulli_log_likelihood(const Tensor& logits, const Tensor& targets) {
    const kernels::RepeatedRows shape = repeated_rows("bernoulli_log_likelihood", logits, targets);
    Tensor y = Tensor::empty({shape.rows}, logits.device());
    call(kernel::bernoulli_log_likelihood, y, logits, targets, shape);
    return y;
}

Tensor gaussian_log_likelihood(const Tensor& means, const Tensor& targets, double log_variance) {
    const kernels::RepeatedRows shape = repeated_rows("gaussian_log_likelihood", means, targets);
    Tensor y = Tensor::empty({shape.rows}, means.device());
    call(kernel::gaussian_log_likelihood, y, means, targets, shape, log_variance);
    return y;
}

}  // namespace sinter
