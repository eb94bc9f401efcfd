// Reference reparameterisation, KL divergence and importance samples.
#include "kernels/vae.h"

#include <algorithm>
#include <cmath>

#include "kernels/ref/instantiate.h"
#include "kernels/ref/random.h"

namespace sinter::kernels {
namespace {

template <class Real>
constexpr Real kLimit = static_cast<Real>(kLogVarianceLimit);

}  // namespace

template <class Real>
void reparameterise_kl_forward(RefQueue<Real>&, Real* z, Real* kl, const Real* heads, LatentShape shape, double scale,
                               const RandomAddress& noise) {
    const RandomStream stream = read_stream(noise);
    Real sum = 0;
    for (Index b = 0; b < shape.batch; ++b) {
        const Real* mu = heads + b * 2 * shape.latent;
        const Real* log_variance = mu + shape.latent;
        for (Index l = 0; l < shape.latent; ++l) {
            const Index i = b * shape.latent + l;
            const Real logvar = std::clamp(log_variance[l], -kLimit<Real>, kLimit<Real>);
            z[i] = mu[l] + std::exp(logvar / 2) * ref::normal_element<Real>(stream, i);
            sum -= (1 + logvar - mu[l] * mu[l] - std::exp(logvar)) / 2;
        }
    }
    kl[0] = static_cast<Real>(scale) * sum;
}

template <class Real>
void reparameterise_kl_backward(RefQueue<Real>&, Real* dheads, const Real* dz, const Real* dkl, const Real* heads,
                                LatentShape shape, double scale, const RandomAddress& noise) {
    const RandomStream stream = read_stream(noise);
    const Real kl_weight = dkl[0] * static_cast<Real>(scale);
    for (Index b = 0; b < shape.batch; ++b) {
        const Real* mu = heads + b * 2 * shape.latent;
        const Real* log_variance = mu + shape.latent;
        Real* dmu = dheads + b * 2 * shape.latent;
        Real* dlogvar = dmu + shape.latent;
        for (Index l = 0; l < shape.latent; ++l) {
            const Index i = b * shape.latent + l;
            const Real logvar = log_variance[l];
            dmu[l] = dz[i] + kl_weight * mu[l];
            dlogvar[l] = std::abs(logvar) > kLimit<Real>
                             ? Real{0}
                             : dz[i] * ref::normal_element<Real>(stream, i) * std::exp(logvar / 2) / 2 +
                                   kl_weight * (std::exp(logvar) - 1) / 2;
        }
    }
}

template <class Real>
void importance_samples(RefQueue<Real>&, Real* z, Real* log_ratio, const Real* heads, ImportanceShape shape,
                        const RandomAddress& noise) {
    for (Index row = 0; row < shape.rows(); ++row) {
        const Index image = row / shape.samples, sample = shape.first + row % shape.samples;
        RandomStream stream = read_stream(noise);
        stream.step += static_cast<std::uint64_t>(image);
        const Real* mu = heads + image * 2 * shape.latent;
        const Real* log_variance = mu + shape.latent;
        Real sum = 0;
        for (Index l = 0; l < shape.latent; ++l) {
            const Real logvar = std::clamp(log_variance[l], -kLimit<Real>, kLimit<Real>);
            const Real eps = ref::normal_element<Real>(stream, sample * shape.noise_stride() + l);
            const Real sample_of_unit = mu[l] + std::exp(logvar / 2) * eps;
            z[row * shape.latent + l] = sample_of_unit;
            sum += logvar + eps * eps - sample_of_unit * sample_of_unit;
        }
        log_ratio[row] = sum / 2;
    }
}

SINTER_REF_INSTANTIATE(reparameterise_kl_forward);
SINTER_REF_INSTANTIATE(reparameterise_kl_backward);
SINTER_REF_INSTANTIATE(importance_samples);

}  // namespace sinter::kernels
