#include "core/ops/spectral_norm.h"

#include "core/check.h"
#include "core/ops/arithmetic.h"
#include "core/ops/linear.h"
#include "core/ops/random.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/tape.h"
#include "core/watch.h"

namespace sinter {
namespace {

/// The weight as the matrix [rest, out].
Tensor as_matrix(const Tensor& weight) {
    require(weight.shape().rank() >= 2 && weight.count() > 0,
            "[spectral_norm] expected a weight [..., out] of at least two axes, got {}", weight.shape());
    return reshape(weight, {weight.count() / weight.size(-1), weight.size(-1)});
}

/// x / max(|x|, 1e-12) for a row [1, n]; PyTorch's bound keeps a direction of zeros from becoming NaN.
Tensor normalised(const Tensor& x) {
    return multiply_scalar(x, Tensor::full({1}, 1, x.device()) / clamp(row_norms(x), 1e-12, 1e38));
}

}  // namespace

SingularVectors start_power_iteration(const Tensor& weight, Generator& generator) {
    const NoGrad no_grad;
    const Tensor matrix = as_matrix(weight);
    const Tensor u = normalised(random_normal({1, matrix.size(1)}, 0, 1, generator));
    Shape rest;
    for (int axis = 0; axis + 1 < weight.shape().rank(); ++axis) rest = rest.with(weight.size(axis));
    return {u.view({matrix.size(1)}), normalised(matmul(u, matrix, false, true)).view(rest)};
}

Tensor spectral_norm(const Tensor& weight, SingularVectors& vectors, bool iterate) {
    const Tensor matrix = as_matrix(weight);
    const Index rest = matrix.size(0), out = matrix.size(1);
    require(vectors.u.defined() && vectors.u.count() == out && vectors.v.defined() && vectors.v.count() == rest,
            "[spectral_norm] expected singular vectors of {} and {} values for a weight {}, got {} and {}", out, rest,
            weight.shape(), vectors.u.defined() ? vectors.u.count() : 0, vectors.v.defined() ? vectors.v.count() : 0);
    // Rows: as the left operand of a product they are faster than columns as the right one. The tape keeps copies,
    // because a later forward pass moves the vectors before this one's backward has run.
    Tensor u = Tensor::empty({1, out}, weight.device()), v = Tensor::empty({1, rest}, weight.device());
    if (iterate && !watching()) {
        const NoGrad no_grad;
        v = normalised(matmul(vectors.u.view({1, out}), matrix, false, true));
        u = normalised(matmul(v, matrix));
        vectors.u.assign(u);
        vectors.v.assign(v);
    } else {
        u.assign(vectors.u);
        v.assign(vectors.v);
    }
    const Tensor sigma = sum(matmul(v, matrix) * u);
    return multiply_scalar(weight, Tensor::full({1}, 1, weight.device()) / sigma);
}

}  // namespace sinter
