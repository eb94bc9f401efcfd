// Random draws on the device: the addresses of kernels/random.h, a Philox block a thread.
//
// Limiter: a block is about 60 integer instructions for 16 bytes written, so uniforms run near memory speed; normals
// add two logarithms and two sines, which makes them the multiprocessors' work.
#include "kernels/cuda/toolbox/random.cuh"

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/permutation.h"

namespace sinter::kernels {
namespace {

__global__ void __launch_bounds__(kBlock)
    random_uniform_kernel(float* y, Index count, float low, float range, RandomAddress address) {
    const Index i = kQuad * thread_of_grid();
    if (i >= count) return;
    Quad u = uniforms(read_stream(address), i);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) u[j] = __fmaf_rn(range, u[j], low);
    store4(y + i, u, count - i);
}

__global__ void __launch_bounds__(kBlock)
    random_normal_kernel(float* y, Index count, float mean, float stddev, RandomAddress address) {
    const Index i = kQuad * thread_of_grid();
    if (i >= count) return;
    Quad n = normals(read_stream(address), i);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) n[j] = __fmaf_rn(stddev, n[j], mean);
    store4(y + i, n, count - i);
}

__global__ void __launch_bounds__(kBlock)
    random_bernoulli_kernel(float* y, const float* probability, Index count, RandomAddress address) {
    const Index i = kQuad * thread_of_grid();
    if (i >= count) return;
    Quad u = uniforms(read_stream(address), i);
    const Quad p = load4(probability + i, count - i);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) u[j] = u[j] < p[j] ? 1 : 0;
    store4(y + i, u, count - i);
}

__global__ void __launch_bounds__(kBlock)
    dropout_kernel(float* y, const float* x, Index count, float rate, float scale, RandomAddress address) {
    const Index i = kQuad * thread_of_grid();
    if (i >= count) return;
    Quad u = uniforms(read_stream(address), i);
    const Quad quad = load4(x + i, count - i);
#pragma unroll
    for (int j = 0; j < kQuad; ++j) u[j] = u[j] < rate ? 0 : scale * quad[j];
    store4(y + i, u, count - i);
}

__global__ void __launch_bounds__(kBlock)
    shuffle_kernel(std::int32_t* order, std::uint32_t count, RandomAddress address) {
    // The draws are the block's, the moves one thread's: each of them depends on the one before.
    __shared__ std::uint16_t places[kMaxShuffled], shuffled[kMaxShuffled];
    const RandomStream stream = read_stream(address);
    for (std::uint32_t i = threadIdx.x; i < count; i += kBlock)
        places[i] = static_cast<std::uint16_t>(bounded_draw(stream, i, i + 1));
    __syncthreads();
    if (threadIdx.x == 0) {
        for (std::uint32_t i = 0; i < count; ++i) insert_at(shuffled, i, places[i]);
    }
    __syncthreads();
    for (std::uint32_t i = threadIdx.x; i < count; i += kBlock) order[i] = shuffled[i];
}

__global__ void __launch_bounds__(kBlock)
    keyed_permutation_kernel(std::int32_t* order, std::uint32_t count, RandomAddress address) {
    const Index i = thread_of_grid();
    if (i >= count) return;
    // Every thread makes the round keys again. These two blocks of Philox cost less than a walk, and save a second
    // launch.
    const KeyedPermutation permutation(count, read_stream(address));
    order[i] = static_cast<std::int32_t>(permutation(static_cast<std::uint32_t>(i)));
}

}  // namespace

void random_uniform(CudaQueue& queue, Real* y, Index count, double low, double high, const RandomAddress& address) {
    launch<random_uniform_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, y, count, static_cast<float>(low),
                                  static_cast<float>(high - low), address);
}

void random_normal(CudaQueue& queue, Real* y, Index count, double mean, double stddev, const RandomAddress& address) {
    launch<random_normal_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, y, count, static_cast<float>(mean),
                                 static_cast<float>(stddev), address);
}

void random_bernoulli(CudaQueue& queue, Real* y, const Real* probability, Index count, const RandomAddress& address) {
    launch<random_bernoulli_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, y, probability, count, address);
}

void dropout(CudaQueue& queue, Real* y, const Real* x, Index count, double rate, const RandomAddress& address) {
    launch<dropout_kernel>(queue, blocks_for(parts(count, kQuad)), kBlock, 0, y, x, count, static_cast<float>(rate),
                           static_cast<float>(1 / (1 - rate)), address);
}

void random_permutation(CudaQueue& queue, std::int32_t* order, Index count, const RandomAddress& address) {
    const std::uint32_t size = static_cast<std::uint32_t>(count);
    if (size == 0) return;
    if (size <= kMaxShuffled) return launch<shuffle_kernel>(queue, 1, kBlock, 0, order, size, address);
    launch<keyed_permutation_kernel>(queue, blocks_for(count), kBlock, 0, order, size, address);
}

}  // namespace sinter::kernels
