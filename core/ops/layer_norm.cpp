#include "core/ops/layer_norm.h"

#include "core/call.h"
#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"

namespace sinter {
namespace {

using kernels::LayerNormShape;

LayerNormShape require_layers(const Tensor& x, const Shape& sizes, const Tensor& gamma, const Tensor& beta) {
    bool fits = sizes.rank() >= 1 && sizes.rank() <= x.shape().rank() && sizes.count() > 0;
    for (int axis = 1; fits && axis <= sizes.rank(); ++axis) fits = x.size(-axis) == sizes[-axis];
    require(fits, "[layer_norm] expected innermost axes of sizes {}, got {}", sizes, x.shape());
    const bool per_channel = gamma.shape() == Shape{sizes[-1]};
    require(gamma.shape() == beta.shape() && (per_channel || gamma.shape() == sizes),
            "[layer_norm] expected gamma and beta of {} or of {} channels, got {} and {}", sizes, sizes[-1],
            gamma.shape(), beta.shape());
    return {x.count() / sizes.count(), sizes.count(), gamma.count()};
}

/// The gradients of layer_norm written with ops, statistics included, for a second derivative: in the notation of
/// kernels/layer_norm.h.
void differentiable_gradients(Backward& back, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                              const LayerNormShape& shape, const LayerNormOptions& options) {
    const Shape rows{shape.rows, shape.columns}, by_channel{shape.by_channel().rows, shape.channels};
    const auto column_of_means = [&](const Tensor& values) {
        return broadcast_column(mean(values, {1}), shape.columns);
    };
    const Tensor matrix = reshape(x, rows);
    const Tensor centred = matrix - column_of_means(matrix);
    const Tensor deviation = sqrt(affine(mean(centred * centred, {1}), 1, options.epsilon));
    const Tensor inverse_deviation = Tensor::full({shape.rows}, 1, x.device()) / deviation;
    const Tensor xhat = multiply_column(centred, inverse_deviation);

    const Tensor gain = reshape(gamma, {shape.channels}), xhat_by_channel = reshape(xhat, by_channel);
    Tensor ds = reshape(back.dy(), by_channel);
    if (options.activation.kind != ActivationKind::identity) {
        const Tensor s = add_row(multiply_row(xhat_by_channel, gain), reshape(beta, {shape.channels}));
        ds = ds * slope_at(s, options.activation);
    }
    if (back.wants(1)) back.add(1, reshape(sum(ds * xhat_by_channel, {0}), gamma.shape()));
    if (back.wants(2)) back.add(2, reshape(sum(ds, {0}), beta.shape()));
    if (!back.wants(0)) return;
    const Tensor g = reshape(multiply_row(ds, gain), rows);
    const Tensor shared = column_of_means(g) + xhat * column_of_means(g * xhat);
    back.add(0, reshape(multiply_column(g - shared, inverse_deviation), x.shape()));
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& sizes, const Tensor& gamma, const Tensor& beta,
                  const LayerNormOptions& options) {
    const LayerNormShape shape = require_layers(x, sizes, gamma, beta);
    Tensor y = Tensor::empty(x.shape(), x.device());
    const Tensor mean = Tensor::empty({shape.rows}, x.device());
    const Tensor inverse_deviation = Tensor::empty({shape.rows}, x.device());
    call(kernel::layer_norm_forward, y, mean, inverse_deviation, x, gamma, beta, shape, options);
    return record("layer_norm", y, {x, gamma, beta}, [=](Backward& back) {
        if (back.create_graph()) return differentiable_gradients(back, x, gamma, beta, shape, options);
        const auto [dgamma, dbeta, accumulate] = back.destination_pair(1, 2, gamma.shape());
        const Tensor dx = back.wants(0) ? back.target(0) : Tensor::empty(x.shape(), x.device());
        call(kernel::layer_norm_backward, dx, dgamma, dbeta, back.dy(), x, gamma, beta, mean, inverse_deviation, shape,
             options.activation, accumulate);
    });
}

}  // namespace sinter
