#include "tests/emu/planted.h"

#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/async_copy.cuh"
#include "kernels/cuda/toolbox/matrix_unit.cuh"

namespace sinter::kernels {
namespace {

constexpr int kReverse = 64;

template <bool synchronise>
__global__ void reverse_kernel(float* __restrict__ y, const float* __restrict__ x) {
    __shared__ float tile[kReverse];
    const int i = static_cast<int>(blockIdx.x) * kReverse + static_cast<int>(threadIdx.x);
    tile[threadIdx.x] = x[i];
    if constexpr (synchronise) __syncthreads();
    y[i] = tile[kReverse - 1 - threadIdx.x];
}

__global__ void __launch_bounds__(256) block_sums_kernel(float* sums, const float* x) {
    __shared__ float warps[8];
    const int lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp;
    float sum = x[blockIdx.x * 256 + threadIdx.x];
    for (int offset = kWarp / 2; offset > 0; offset /= 2) sum += __shfl_down_sync(kAllLanes, sum, offset);
    if (lane == 0) warps[warp] = sum;
    __syncthreads();
    if (warp > 0) return;
    sum = lane < 8 ? warps[lane] : 0;
    for (int offset = 4; offset > 0; offset /= 2) sum += __shfl_down_sync(kAllLanes, sum, offset);
    if (lane == 0) sums[blockIdx.x] = sum;
}

__global__ void last_block_kernel(unsigned* total, unsigned* counter, unsigned* partial, const unsigned* x) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        unsigned sum = 0;
        for (int i = 0; i < kWarp; ++i) sum += x[blockIdx.x * kWarp + i];
        partial[blockIdx.x] = sum;
        __threadfence();
        last = atomicInc(counter, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (!last || threadIdx.x > 0) return;
    unsigned sum = 0;
    for (unsigned block = 0; block < gridDim.x; ++block) sum += partial[block];
    *total = sum;
}

template <bool synchronise>
__global__ void overwrite_side_by_side_kernel(float* y) {
    __shared__ float tile[kReverse];
    const int i = static_cast<int>(threadIdx.x);
    tile[i] = static_cast<float>(i + 1);
    __syncthreads();
    __syncwarp();
    const float before = tile[kReverse - 1 - i];
    __syncwarp();
    if constexpr (synchronise) __syncthreads();
    tile[i] = 0;
    y[i] = before;
}

__global__ void broken_barrier_kernel(BarrierFault fault) {
    switch (fault) {
        case BarrierFault::some_return:
            if (threadIdx.x >= 40) return;
            __syncthreads();
            break;
        case BarrierFault::other_branch:
            if (threadIdx.x < 32) {
                __syncthreads();
            } else {
                __syncthreads();
            }
            break;
        case BarrierFault::below_a_shuffle:
            if (threadIdx.x == 5) {
                __syncthreads();
            } else {
                __syncwarp();
                __syncthreads();
            }
            break;
    }
}

__global__ void broken_shuffle_kernel(ShuffleFault fault) {
    const int lane = threadIdx.x;
    switch (fault) {
        case ShuffleFault::own_lane_missing:
            __shfl_sync(0x0000ffffu, lane, 0);
            break;
        case ShuffleFault::lane_returned:
            if (lane == 7) return;
            __shfl_xor_sync(kAllLanes, lane, 1);
            break;
        case ShuffleFault::reads_unnamed_lane:
            if (lane < 16) __shfl_sync(0x0000ffffu, lane, 20);
            break;
        case ShuffleFault::masks_differ:
            __shfl_sync(lane == 3 ? 0x0000000fu : kAllLanes, lane, 0);
            break;
        case ShuffleFault::lane_absent:  // launched with 20 threads
            __shfl_sync(kAllLanes, lane, 0);
            break;
    }
}

__global__ void warp_operations_kernel(int* results) {
    const int lane = threadIdx.x;
    const auto put = [&](int row, int value) { results[row * kWarp + lane] = value; };
    put(0, __shfl_sync(kAllLanes, lane * lane, lane + 1));  // wraps around
    put(1, __shfl_up_sync(kAllLanes, lane, 3));             // the first three keep theirs
    put(2, __shfl_down_sync(kAllLanes, lane, 3, 8));        // within segments of eight
    put(3, __shfl_xor_sync(kAllLanes, lane, 5));
    put(4, static_cast<int>(__ballot_sync(kAllLanes, lane % 3 == 0)));
    put(5, 2 * __any_sync(kAllLanes, lane == 9) + __all_sync(kAllLanes, lane == 9));
    __syncwarp();
    // Two groups of lanes at the same time, each by itself.
    const unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
    int sum = lane;
    for (int offset = 8; offset > 0; offset /= 2) sum += __shfl_xor_sync(half, sum, offset);
    put(6, sum);
    const double wide = __shfl_xor_sync(kAllLanes, 0.5 * lane, 16);
    put(7, static_cast<int>(2 * wide));
}

__global__ void counting_barriers_kernel(int* results) {
    const int predicate = threadIdx.x % 3 == 0;
    const int count = __syncthreads_count(predicate);
    const int all = __syncthreads_and(predicate);
    const int any = __syncthreads_or(predicate);
    results[threadIdx.x] = 100 * count + 10 * all + any;
}

__global__ void write_global_kernel(float* y, Index place) {
    if (threadIdx.x == 31) y[place] = 1;
}

__global__ void read_global_kernel(float* y, Index place) {
    if (threadIdx.x == 31) y[0] = y[place];
}

__global__ void write_dynamic_shared_kernel(int place) { dynamic_shared<float>()[place] = 1; }

__global__ void write_static_shared_kernel(int place) {
    __shared__ float tile[32];
    tile[place] = 1;
    __syncthreads();
    if (tile[place] != 1) dynamic_shared<float>()[0] = tile[0];
}

__shared__ float unwritten[4];

__global__ void read_unwritten_shared_kernel(float* y) {
    y[0] = unwritten[1];
    y[1] = dynamic_shared<float>()[3];
}

__global__ void write_shared_kernel() {
    unwritten[1] = 1;
    dynamic_shared<float>()[3] = 1;
}

__global__ void copy_asynchronously_kernel(float* y, const float* x, int valid, bool wait) {
    __shared__ __align__(16) float tile[128];
    const int begin = 4 * static_cast<int>(threadIdx.x);
    const int here = valid - begin < 0 ? 0 : valid - begin < 4 ? valid - begin : 4;
    copy_async16(tile + begin, x + begin, 4 * here);
    commit_async_copies();
    if (wait) wait_async_copies<0>();
    __syncthreads();
    for (int i = 0; i < 4; ++i) y[begin + i] = tile[(begin + i + 4) % 128];
}

template <bool synchronise>
__global__ void copy_over_kernel(float* y, const float* x) {
    __shared__ float tile[kReverse];
    const int i = static_cast<int>(threadIdx.x);
    tile[i] = static_cast<float>(i + 1);
    __syncthreads();
    const float before = tile[kReverse - 1 - i];
    if constexpr (synchronise) __syncthreads();
    copy_async4(tile + i, x + i);
    commit_async_copies();
    __syncthreads();
    wait_async_copies<0>();
    y[i] = tile[i] == x[i] ? before : 0;
}

// One warp, all operands row-major in global memory; where each element belongs is written out once more, by the tables
// of the PTX ISA.
__global__ void multiply_tf32_kernel(float* c, const float* a, const float* b) {
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    const std::uint32_t left[4] = {to_tf32(a[8 * g + t]), to_tf32(a[8 * (g + 8) + t]), to_tf32(a[8 * g + t + 4]),
                                   to_tf32(a[8 * (g + 8) + t + 4])};
    const std::uint32_t right[2] = {to_tf32(b[8 * t + g]), to_tf32(b[8 * (t + 4) + g])};
    float sum[4] = {1, 1, 1, 1};
    multiply_add_tf32(sum, left, right);
    for (int i = 0; i < 4; ++i) c[8 * (g + i / 2 * 8) + 2 * t + i % 2] = sum[i];
}

__global__ void multiply_bf16_kernel(float* c, const float* a, const float* b) {
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    std::uint32_t left[4];
    for (int i = 0; i < 4; ++i) {
        const float* const pair = a + 16 * (g + i % 2 * 8) + 2 * t + i / 2 * 8;
        left[i] = pack_bf16(pair[0], pair[1]);
    }
    const float* const column = b + 8 * (2 * t) + g;
    const std::uint32_t right[2] = {pack_bf16(column[0], column[8]), pack_bf16(column[8 * 8], column[8 * 9])};
    float sum[4] = {1, 1, 1, 1};
    multiply_add_bf16(sum, left, right);
    for (int i = 0; i < 4; ++i) c[8 * (g + i / 2 * 8) + 2 * t + i % 2] = sum[i];
}

__global__ void load_matrices_kernel(float* y, int place) {
    const int lane = static_cast<int>(threadIdx.x);
    float* const tile = dynamic_shared<float>();
    for (int i = 0; i < 4; ++i) tile[4 * lane + i] = static_cast<float>(4 * lane + i);
    __syncwarp();
    float loaded[4];
    load_matrices(loaded, tile + place + 4 * lane);
    for (int i = 0; i < 4; ++i) y[4 * lane + i] = loaded[i];
}

__global__ void nothing_kernel() {}

__global__ void increment_kernel(float* y, Index count) {
    const Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < count) y[i] += 1;
}

}  // namespace

void reverse_blocks(CudaQueue& queue, float* y, const float* x, int blocks, bool synchronise) {
    if (synchronise) {
        launch<reverse_kernel<true>>(queue, blocks, kReverse, 0, y, x);
    } else {
        launch<reverse_kernel<false>>(queue, blocks, kReverse, 0, y, x);
    }
}

void block_sums(CudaQueue& queue, float* sums, const float* x, int blocks) {
    launch<block_sums_kernel>(queue, blocks, 256, 0, sums, x);
}

void last_block_sum(CudaQueue& queue, unsigned* total, unsigned* counter, const unsigned* x, int blocks) {
    CudaScratch partial(queue, sizeof(unsigned) * static_cast<std::size_t>(blocks));
    launch<last_block_kernel>(queue, blocks, kWarp, 0, total, counter, partial.as<unsigned>(), x);
}

void overwrite_side_by_side(CudaQueue& queue, float* y, bool synchronise) {
    if (synchronise) {
        launch<overwrite_side_by_side_kernel<true>>(queue, 1, kReverse, 0, y);
    } else {
        launch<overwrite_side_by_side_kernel<false>>(queue, 1, kReverse, 0, y);
    }
}

void broken_barrier(CudaQueue& queue, BarrierFault fault) {
    launch<broken_barrier_kernel>(queue, 1, fault == BarrierFault::below_a_shuffle ? 32 : 64, 0, fault);
}

void broken_shuffle(CudaQueue& queue, ShuffleFault fault) {
    launch<broken_shuffle_kernel>(queue, 1, fault == ShuffleFault::lane_absent ? 20 : 32, 0, fault);
}

void warp_operations(CudaQueue& queue, int* results) { launch<warp_operations_kernel>(queue, 1, kWarp, 0, results); }

void counting_barriers(CudaQueue& queue, int* results) { launch<counting_barriers_kernel>(queue, 1, 96, 0, results); }

void write_global(CudaQueue& queue, float* y, Index place) { launch<write_global_kernel>(queue, 1, 32, 0, y, place); }
void read_global(CudaQueue& queue, float* y, Index place) { launch<read_global_kernel>(queue, 1, 32, 0, y, place); }

void write_dynamic_shared(CudaQueue& queue, int count, int place) {
    launch<write_dynamic_shared_kernel>(queue, 1, 1, sizeof(float) * static_cast<std::size_t>(count), place);
}

void write_static_shared(CudaQueue& queue, int place) { launch<write_static_shared_kernel>(queue, 1, 1, 16, place); }

void read_unwritten_shared(CudaQueue& queue, float* y) { launch<read_unwritten_shared_kernel>(queue, 1, 1, 16, y); }
void write_shared(CudaQueue& queue) { launch<write_shared_kernel>(queue, 1, 1, 16); }

void copy_asynchronously(CudaQueue& queue, float* y, const float* x, int valid, bool wait) {
    launch<copy_asynchronously_kernel>(queue, 1, 32, 0, y, x, valid, wait);
}

void copy_over(CudaQueue& queue, float* y, const float* x, bool synchronise) {
    if (synchronise) {
        launch<copy_over_kernel<true>>(queue, 1, kReverse, 0, y, x);
    } else {
        launch<copy_over_kernel<false>>(queue, 1, kReverse, 0, y, x);
    }
}

void multiply_tf32(CudaQueue& queue, float* c, const float* a, const float* b) {
    launch<multiply_tf32_kernel>(queue, 1, kWarp, 0, c, a, b);
}

void multiply_bf16(CudaQueue& queue, float* c, const float* a, const float* b) {
    launch<multiply_bf16_kernel>(queue, 1, kWarp, 0, c, a, b);
}

void load_matrices_from(CudaQueue& queue, float* y, int place) {
    launch<load_matrices_kernel>(queue, 1, kWarp, 128 * sizeof(float), y, place);
}

void launch_nothing(CudaQueue& queue, int blocks, int threads, std::size_t shared_bytes) {
    launch<nothing_kernel>(queue, blocks, threads, shared_bytes);
}

void increment(CudaQueue& queue, float* y, Index count) {
    launch<increment_kernel>(queue, static_cast<unsigned>((count + 127) / 128), 128, 0, y, count);
}

}  // namespace sinter::kernels
