#include "core/losses/vae.h"

#include "core/call.h"
#include "core/check.h"
#include "core/tape.h"
#include "kernels/vae.h"

namespace sinter {

LatentSample reparameterise_kl(const Tensor& heads, Generator& generator) {
    require(heads.shape().rank() == 2 && heads.size(1) % 2 == 0 && heads.size(0) > 0,
            "[reparameterise_kl] expected heads [batch, 2 latent], got {}", heads.shape());
    const kernels::LatentShape shape{heads.size(0), heads.size(1) / 2};
    const double scale = 1.0 / static_cast<double>(shape.batch);
    const Draw noise = generator.next();
    LatentSample sample{Tensor::empty({shape.batch, shape.latent}, heads.device()), Tensor::empty({1}, heads.device())};
    call(kernel::reparameterise_kl_forward, sample.z, sample.kl, heads, shape, scale, noise.address());
    record("reparameterise_kl", {&sample.z, &sample.kl}, {heads}, [=](Backward& back) {
        const Tensor dz = back.dy(0), dkl = back.dy(1);
        const Tensor dheads = back.target(0);
        call(kernel::reparameterise_kl_backward, dheads, dz, dkl, heads, shape, scale, noise.address());
    });
    return sample;
}

ImportanceSamples importance_samples(const Tensor& heads, Index first, Index samples, Generator& generator) {
    require(heads.shape().rank() == 2 && heads.size(1) % 2 == 0 && heads.size(0) > 0,
            "[importance_samples] expected heads [images, 2 latent], got {}", heads.shape());
    require(first >= 0 && samples >= 1,
            "[importance_samples] expected at least one sample, from number 0 or later on, got {} from {} on", samples,
            first);
    const kernels::ImportanceShape shape{heads.size(0), samples, heads.size(1) / 2, first};
    const Index most = (Index{1} << 34) / shape.noise_stride();
    require(first + samples <= most, "[importance_samples] expected at most {} samples of {} latent units, got {}",
            most, shape.latent, first + samples);
    ImportanceSamples drawn{Tensor::empty({shape.rows(), shape.latent}, heads.device()),
                            Tensor::empty({shape.rows()}, heads.device())};
    call(kernel::importance_samples, drawn.z, drawn.log_ratio, heads, shape, generator.next().address());
    return drawn;
}

}  // namespace sinter
