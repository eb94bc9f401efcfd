#include "core/ops/layer_norm.h"

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"

namespace sinter {

Tensor layer_norm(const Tensor& x, const Shape& sizes, const Tensor& gamma, const Tensor& beta,
                  const LayerNormOptions& options) {
    bool fits = sizes.rank() >= 1 && sizes.rank() <= x.shape().rank() && sizes.count() > 0;
    for (int axis = 1; fits && axis <= sizes.rank(); ++axis) fits = x.size(-axis) == sizes[-axis];
    require(fits, "[layer_norm] expected innermost axes of sizes {}, got {}", sizes, x.shape());
    const bool per_channel = gamma.shape() == Shape{sizes[-1]};
    require(gamma.shape() == beta.shape() && (per_channel || gamma.shape() == sizes),
            "[layer_norm] expected gamma and beta of {} or of {} channels, got {} and {}", sizes, sizes[-1],
            gamma.shape(), beta.shape());
    const Index columns = sizes.count(), rows = x.count() / columns, gains = gamma.count();
    const double per_column = 1.0 / static_cast<double>(columns);
    const auto row_means = [&](const Tensor& values) { return per_column * sum_columns(values); };
    const Tensor matrix = reshape(x, {rows, columns});
    const Tensor centred = matrix - broadcast_column(row_means(matrix), columns);
    const Tensor deviation = sqrt(affine(row_means(centred * centred), 1, options.epsilon));
    const Tensor xhat = multiply_column(centred, Tensor::full({rows}, 1, x.device()) / deviation);
    const Tensor s = add_row(multiply_row(reshape(xhat, {rows * columns / gains, gains}), reshape(gamma, {gains})),
                             reshape(beta, {gains}));
    return reshape(activate(s, options.activation), x.shape());
}

}  // namespace sinter
