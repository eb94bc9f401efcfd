#include "core/ops/batch_norm.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "core/watch.h"

namespace sinter {
namespace {

kernels::MatrixShape require_channels(const Tensor& x, const Tensor& gamma, const Tensor& beta) {
    require(x.shape().rank() >= 2, "[batch_norm] expected [batch, ..., channels], got {}", x.shape());
    const Index channels = x.size(-1);
    require(gamma.shape() == Shape{channels} && beta.shape() == Shape{channels},
            "[batch_norm] expected gamma and beta of {} channels for {}, got {} and {}", channels, x.shape(),
            gamma.shape(), beta.shape());
    return {channels == 0 ? 0 : x.count() / channels, channels};
}

void require_statistics(const Tensor& running_mean, const Tensor& running_variance, Index channels) {
    for (const Tensor* statistic : {&running_mean, &running_variance}) {
        require(statistic->defined() && statistic->shape() == Shape{channels},
                "[batch_norm] expected running mean and variance of {} channels, got {}", channels,
                statistic->defined() ? statistic->shape().text() : "none");
    }
}

/// The gradient of s = gamma xhat + beta, and its product with xhat.
struct ScaledGradients {
    Tensor ds, ds_xhat;
};

/// Those of y = f(s) as matrices, with ds = dy f'(s). Delivers the gradients of gamma and beta on the way.
ScaledGradients affine_gradients(Backward& back, const Tensor& xhat, const Tensor& gamma, const Tensor& beta,
                                 const BatchNormOptions& options) {
    Tensor ds = reshape(back.dy(), xhat.shape());
    if (options.activation.kind != ActivationKind::identity) {
        ds = ds * slope_at(add_row(multiply_row(xhat, gamma), beta), options.activation);
    }
    const Tensor ds_xhat = ds * xhat;
    if (back.wants(2)) back.add(2, sum(ds, {0}));
    if (back.wants(1)) back.add(1, sum(ds_xhat, {0}));
    return {ds, ds_xhat};
}

/// The gradients of batch_norm written with ops, statistics included, for a second derivative: in the notation of
/// kernels/batch_norm.h.
void differentiable_gradients(Backward& back, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                              const kernels::MatrixShape& shape, const BatchNormOptions& options) {
    const Shape matrix{shape.rows, shape.columns};
    const Tensor rows = reshape(x, matrix);
    const Tensor centred = add_row(rows, -mean(rows, {0}));
    const Tensor deviation = sqrt(affine(mean(centred * centred, {0}), 1, options.epsilon));
    const Tensor inverse_deviation = Tensor::full({shape.columns}, 1, x.device()) / deviation;
    const Tensor xhat = multiply_row(centred, inverse_deviation);

    const auto [ds, ds_xhat] = affine_gradients(back, xhat, gamma, beta, options);
    if (!back.wants(0)) return;
    const Tensor mean_part = add_row(multiply_row(xhat, mean(ds_xhat, {0})), mean(ds, {0}));
    back.add(0, reshape(multiply_row(ds - mean_part, gamma * inverse_deviation), x.shape()));
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Tensor& running_mean,
                  const Tensor& running_variance, const BatchNormOptions& options) {
    const kernels::MatrixShape shape = require_channels(x, gamma, beta);
    require(shape.rows >= 2,
            "[batch_norm] statistics of a batch need at least two values a channel, got {}; use a larger batch "
            "or evaluation mode",
            x.shape());
    Tensor y = Tensor::empty(x.shape(), x.device());
    const Tensor mean = Tensor::empty({shape.columns}, x.device());
    const Tensor inverse_deviation = Tensor::empty({shape.columns}, x.device());
    if (running_mean.defined() || running_variance.defined()) {
        require_statistics(running_mean, running_variance, shape.columns);
    }
    // A step that is taken again under the watch must not move the running statistics a second time.
    const bool track = running_mean.defined() && !watching();
    const Tensor tracked_mean = track ? running_mean : Tensor(), tracked_variance = track ? running_variance : Tensor();
    call(kernel::batch_norm_forward, y, mean, inverse_deviation, tracked_mean, tracked_variance, x, gamma, beta, shape,
         options);
    return record("batch_norm", y, {x, gamma, beta}, [=](Backward& back) {
        if (back.create_graph()) return differentiable_gradients(back, x, gamma, beta, shape, options);
        const auto [dgamma, dbeta, accumulate] = back.destination_pair(1, 2, gamma.shape());
        const Tensor dx = back.wants(0) ? back.target(0) : Tensor::empty(x.shape(), x.device());
        call(kernel::batch_norm_backward, dx, dgamma, dbeta, back.dy(), x, gamma, beta, mean, inverse_deviation, shape,
             options.activation, accumulate);
    });
}

Tensor batch_norm_inference(const Tensor& x, const Tensor& gamma, const Tensor& beta, const Tensor& running_mean,
                            const Tensor& running_variance, const BatchNormOptions& options) {
    const kernels::MatrixShape shape = require_channels(x, gamma, beta);
    require_statistics(running_mean, running_variance, shape.columns);
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::batch_norm_inference, y, x, gamma, beta, running_mean, running_variance, shape, options.epsilon,
         options.activation);
    // xhat = (x - mean) inverse_deviation. Both are kept, because a training step before backward() moves the running
    // statistics.
    Tensor mean, inverse_deviation;
    const Tensor inputs[] = {x, gamma, beta};
    if (should_record(inputs)) {
        const NoGrad no_grad;
        mean = affine(running_mean, 1, 0);
        inverse_deviation =
            Tensor::full({shape.columns}, 1, x.device()) / sqrt(affine(running_variance, 1, options.epsilon));
    }
    return record("batch_norm_inference", y, {x, gamma, beta}, [=](Backward& back) {
        const Tensor rows = reshape(x, {shape.rows, shape.columns});
        const Tensor xhat = multiply_row(add_row(rows, -mean), inverse_deviation);
        const Tensor ds = affine_gradients(back, xhat, gamma, beta, options).ds;
        if (back.wants(0)) back.add(0, reshape(multiply_row(ds, gamma * inverse_deviation), x.shape()));
    });
}

}  // namespace sinter
