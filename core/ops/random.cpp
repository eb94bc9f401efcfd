#include "core/ops/random.h"

#include "core/call.h"
#include "core/check.h"
#include "core/tape.h"

namespace sinter {
namespace {

/// x through the dropout mask of a draw; its own gradient is the same mask.
Tensor masked(const Tensor& x, double rate, const Draw& draw) {
    Tensor y = Tensor::empty(x.shape(), x.device());
    call(kernel::dropout, y, x, y.count(), rate, draw.address());
    return record("dropout", y, {x}, [=](Backward& back) { back.add(0, masked(back.dy(), rate, draw)); });
}

}  // namespace

Tensor random_uniform(const Shape& shape, double low, double high, Generator& generator) {
    Tensor y = Tensor::empty(shape, generator.device());
    const Draw draw = generator.next();
    call(kernel::random_uniform, y, y.count(), low, high, draw.address());
    return y;
}

Tensor random_normal(const Shape& shape, double mean, double stddev, Generator& generator) {
    Tensor y = Tensor::empty(shape, generator.device());
    const Draw draw = generator.next();
    call(kernel::random_normal, y, y.count(), mean, stddev, draw.address());
    return y;
}

Tensor random_bernoulli(const Tensor& probability, Generator& generator) {
    Tensor y = Tensor::empty(probability.shape(), probability.device());
    const Draw draw = generator.next();
    call(kernel::random_bernoulli, y, probability, y.count(), draw.address());
    return y;
}

Tensor dropout(const Tensor& x, double rate, Generator& generator) {
    require(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), got {}", rate);
    const Draw draw = generator.next();
    return rate == 0 ? x : masked(x, rate, draw);
}

}  // namespace sinter
