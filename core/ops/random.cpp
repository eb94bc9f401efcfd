#include "core/ops/random.h"

#include "core/check.h"
#include "core/tape.h"
#include "kernels/vae.h"

namespace sinter {
namespace {

/// x through the dropout mask at `address`; its own gradient is the same mask.
Tensor masked(const Tensor& x, double rate, const kernels::RandomAddress& address) {
    Tensor y = Tensor::empty(x.shape(), x.device());
    y.device().run(
        [&](auto& queue) { kernels::dropout(queue, y.data(queue), x.data(queue), y.count(), rate, address); });
    return record("dropout", y, {x}, [=](Backward& back) { back.add(0, masked(back.dy(), rate, address)); });
}

}  // namespace

Tensor random_uniform(const Shape& shape, double low, double high, Generator& generator) {
    Tensor y = Tensor::empty(shape, generator.device());
    const kernels::RandomAddress address = generator.next();
    y.device().run([&](auto& queue) { kernels::random_uniform(queue, y.data(queue), y.count(), low, high, address); });
    return y;
}

Tensor random_normal(const Shape& shape, double mean, double stddev, Generator& generator) {
    Tensor y = Tensor::empty(shape, generator.device());
    const kernels::RandomAddress address = generator.next();
    y.device().run(
        [&](auto& queue) { kernels::random_normal(queue, y.data(queue), y.count(), mean, stddev, address); });
    return y;
}

Tensor random_bernoulli(const Tensor& probability, Generator& generator) {
    Tensor y = Tensor::empty(probability.shape(), probability.device());
    const kernels::RandomAddress address = generator.next();
    y.device().run([&](auto& queue) {
        kernels::random_bernoulli(queue, y.data(queue), probability.data(queue), y.count(), address);
    });
    return y;
}

Tensor dropout(const Tensor& x, double rate, Generator& generator) {
    require(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), got {}", rate);
    const kernels::RandomAddress address = generator.next();
    return rate == 0 ? x : masked(x, rate, address);
}

LatentSample reparameterise_kl(const Tensor& heads, Generator& generator) {
    require(heads.shape().rank() == 2 && heads.size(1) % 2 == 0 && heads.size(0) > 0,
            "[reparameterise_kl] expected heads [batch, 2 latent], got {}", heads.shape());
    const kernels::LatentShape shape{heads.size(0), heads.size(1) / 2};
    const double scale = 1.0 / static_cast<double>(shape.batch);
    const kernels::RandomAddress noise = generator.next();
    LatentSample sample{Tensor::empty({shape.batch, shape.latent}, heads.device()), Tensor::empty({1}, heads.device())};
    heads.device().run([&](auto& queue) {
        kernels::reparameterise_kl_forward(queue, sample.z.data(queue), sample.kl.data(queue), heads.data(queue), shape,
                                           scale, noise);
    });
    record("reparameterise_kl", {&sample.z, &sample.kl}, {heads}, [=](Backward& back) {
        const Tensor dz = back.dy(0), dkl = back.dy(1);
        const Tensor dheads = back.target(0);
        dheads.device().run([&](auto& queue) {
            kernels::reparameterise_kl_backward(queue, dheads.data(queue), dz.data(queue), dkl.data(queue),
                                                heads.data(queue), shape, scale, noise);
        });
    });
    return sample;
}

}  // namespace sinter
