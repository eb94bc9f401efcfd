// The variational bottleneck on the device: noise, sample and divergence in one launch; backward makes the noise again
// instead of reading it. A thread has a quad of z, which is a Philox block of noise.
//
// Limiter: the launch and its latency, since a latent of 128 x 20 is ten kilobytes. A large latent is limited by
// logarithms, sines and exponentials, at 12 bytes an element forward and 20 backward.
#include "kernels/vae.h"

#include "kernels/cuda/toolbox/divisor.cuh"
#include "kernels/cuda/toolbox/grid_sum.cuh"
#include "kernels/cuda/toolbox/random.cuh"

namespace sinter::kernels {
namespace {

constexpr float kLimit = static_cast<float>(kLogVarianceLimit);

/// sigma^2 - 1 from log sigma^2 within the limit. With d = sigma - 1 it is d (d + 2), which keeps its digits near the
/// prior, where log sigma^2 and the gradient of the KL divergence are close to zero.
__device__ __forceinline__ float variance_minus_one(float log_variance) {
    const float d = expm1f(0.5f * log_variance);
    return d * (d + 2);
}

__global__ void __launch_bounds__(kBlock)
    reparameterise_kl_forward_kernel(float* z, float* kl, const float* heads, Divisor latent, float scale,
                                     RandomAddress address, SumGrid grid) {
    const RandomStream stream = read_stream(address);
    float sum = 0;
    for (Index i = grid.first(); i < grid.end(); i += grid.step()) {
        Quad sample = normals(stream, i);
        RowColumn place = place_of(i, latent);
#pragma unroll
        for (int j = 0; j < kQuad; ++j, advance(place, latent)) {
            if (i + j >= grid.count) break;
            const Index head = 2 * place.row * latent.divisor() + place.column;
            const float mu = heads[head];
            float log_variance = heads[head + latent.divisor()];
            log_variance = log_variance > kLimit ? kLimit : log_variance < -kLimit ? -kLimit : log_variance;  // or NaN
            sample[j] = __fmaf_rn(expf(0.5f * log_variance), sample[j], mu);
            sum += __fmaf_rn(mu, mu, variance_minus_one(log_variance) - log_variance);
        }
        store4(z + i, sample, grid.count - i);
    }
    if (sum_over_grid(sum, grid)) *kl = 0.5f * scale * sum;
}

__global__ void __launch_bounds__(kBlock)
    reparameterise_kl_backward_kernel(float* dheads, const float* dz, const float* dkl, const float* heads, Index count,
                                      Divisor latent, float scale, RandomAddress address) {
    const Index i = kQuad * thread_of_grid();
    if (i >= count) return;
    const float kl_weight = scale * *dkl;
    const Quad noise = normals(read_stream(address), i), dsample = load4(dz + i, count - i);
    RowColumn place = place_of(i, latent);
#pragma unroll
    for (int j = 0; j < kQuad; ++j, advance(place, latent)) {
        if (i + j >= count) break;
        const Index head = 2 * place.row * latent.divisor() + place.column;
        const float log_variance = heads[head + latent.divisor()];
        const float dsigma = dsample[j] * noise[j];
        const float twice = __fmaf_rn(dsigma, expf(0.5f * log_variance), kl_weight * variance_minus_one(log_variance));
        dheads[head] = __fmaf_rn(kl_weight, heads[head], dsample[j]);
        dheads[head + latent.divisor()] = fabsf(log_variance) > kLimit ? 0.0f : 0.5f * twice;
    }
}

}  // namespace

void reparameterise_kl_forward(CudaQueue& queue, Real* z, Real* kl, const Real* heads, LatentShape shape, double scale,
                               const RandomAddress& noise) {
    launch_sum<reparameterise_kl_forward_kernel>(queue, shape.batch * shape.latent, z, kl, heads, Divisor(shape.latent),
                                                 static_cast<float>(scale), noise);
}

void reparameterise_kl_backward(CudaQueue& queue, Real* dheads, const Real* dz, const Real* dkl, const Real* heads,
                                LatentShape shape, double scale, const RandomAddress& noise) {
    const Index count = shape.batch * shape.latent;
    launch<reparameterise_kl_backward_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, dheads, dz, dkl, heads,
                                              count, Divisor(shape.latent), static_cast<float>(scale), noise);
}

}  // namespace sinter::kernels
