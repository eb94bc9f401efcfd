// The variational bottleneck on the device: noise, sample and divergence in one launch; backward makes the noise again
// instead of reading it. A thread has a quad of z, which is a Philox block of noise.
//
// Limiter: the launch and its latency, since a latent of 128 x 20 is ten kilobytes. A large latent is limited by
// logarithms, sines and exponentials, at 12 bytes an element forward and 20 backward. So are importance samples, at 4
// bytes an element and 4 a row.
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

__device__ __forceinline__ float clamped(float log_variance) {
    return log_variance > kLimit ? kLimit : log_variance < -kLimit ? -kLimit : log_variance;  // or NaN
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
            const float log_variance = clamped(heads[head + latent.divisor()]);
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

/// A warp has `rows_of_warp` rows, a power of two: as many as leave each of its threads a quad of a row at most, where
/// the latent is short. Lane i works on row i % rows_of_warp, which is how warp_sum adds.
__global__ void __launch_bounds__(kBlock)
    importance_samples_kernel(float* z, float* log_ratio, const float* heads, ImportanceShape shape, Divisor samples,
                              int rows_of_warp, RandomAddress address) {
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const Index row = thread_of_grid() / kWarp * rows_of_warp + lane % rows_of_warp;
    const bool has_row = row < shape.rows();
    const RowColumn place = place_of(has_row ? row : 0, samples);  // image and sample
    const float* const mu = heads + place.row * 2 * shape.latent;
    RandomStream stream = read_stream(address);
    stream.step += static_cast<std::uint64_t>(place.row);
    const Index first = (shape.first + place.column) * shape.noise_stride();
    const Index step = Index{kWarp} / rows_of_warp * kQuad;
    float sum = 0;
    for (Index l = lane / rows_of_warp * Index{kQuad}; has_row && l < shape.latent; l += step) {
        const Index left = shape.latent - l;
        const Quad noise = normals(stream, first + l), means = load4(mu + l, left);
        const Quad log_variances = load4(mu + shape.latent + l, left);
        Quad sample;
#pragma unroll
        for (int j = 0; j < kQuad; ++j) {
            const float log_variance = clamped(log_variances[j]);
            sample[j] = __fmaf_rn(expf(0.5f * log_variance), noise[j], means[j]);
            const float term = log_variance + __fmaf_rn(-sample[j], sample[j], noise[j] * noise[j]);
            sum += j < left ? term : 0.0f;
        }
        store4(z + row * shape.latent + l, sample, left);
    }
    sum = warp_sum(sum, rows_of_warp);
    if (has_row && lane < rows_of_warp) log_ratio[row] = 0.5f * sum;
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

void importance_samples(CudaQueue& queue, Real* z, Real* log_ratio, const Real* heads, ImportanceShape shape,
                        const RandomAddress& noise) {
    int rows_of_warp = kWarp;
    while (rows_of_warp > 1 && kWarp / rows_of_warp * kQuad < shape.latent) rows_of_warp /= 2;
    launch<importance_samples_kernel>(queue, blocks_for(parts(shape.rows(), rows_of_warp) * kWarp), kBlock, 0, z,
                                      log_ratio, heads, shape, Divisor(shape.samples), rows_of_warp, noise);
}

}  // namespace sinter::kernels
