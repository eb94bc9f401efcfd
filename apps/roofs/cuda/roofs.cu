#include "apps/roofs/cuda/roofs.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "apps/roofs/cuda/stopwatch.h"
#include "kernels/cuda/product/gemm_tile.cuh"
#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/quad.cuh"

namespace sinter::bench {
namespace {

using kernels::CudaQueue;
using kernels::Index;
using kernels::kBlock;
using kernels::kQuad;
using kernels::launch;
using kernels::Precision;
using kernels::Quad;

constexpr int kThreadsPerMultiprocessor = 2048;
constexpr int kWindows = 5;

/// Writes a sum that never is the marker: the compiler has to compute it all the same.
__device__ __forceinline__ void keep(float sum, float* sink) {
    if (sum == -12345.0f) *sink = sum;
}

constexpr int kChains = 16;  // that hide the latency of a multiply-add in one warp, let alone in sixteen a scheduler

__global__ void __launch_bounds__(kBlock) multiply_add_kernel(float* sink, int iterations) {
    float x[kChains];
#pragma unroll
    for (int j = 0; j < kChains; ++j) x[j] = static_cast<float>(threadIdx.x) + static_cast<float>(j);
    for (int i = 0; i < iterations; ++i) {
#pragma unroll
        for (int j = 0; j < kChains; ++j) x[j] = __fmaf_rn(x[j], 0.75f, 0.25f);  // converges to 1
    }
    float sum = 0;
#pragma unroll
    for (int j = 0; j < kChains; ++j) sum += x[j];
    keep(sum, sink);
}

constexpr int kProducts = 8;  // independent ones of a warp

/// Else it is bf16.
template <class Format>
constexpr bool is_tf32 = std::is_same_v<Format, kernels::Tf32>;

/// Each warp multiplies 16x8 by 8x8 (TF32) or 16x16 by 16x8 (bf16) matrices.
template <class Format>
__global__ void __launch_bounds__(kBlock) tensor_kernel(float* sink, int iterations) {
    const float seed = 1.0f / static_cast<float>(1 + threadIdx.x % kernels::kWarp);  // zeros would save power
    std::uint32_t a[4], b[2];
#pragma unroll
    for (int j = 0; j < 4; ++j) {
        const float value = j % 2 == 0 ? seed : -seed;
        a[j] = is_tf32<Format> ? kernels::to_tf32(value) : kernels::pack_bf16(value, -value);
        if (j < 2) b[j] = a[j];
    }
    float c[kProducts][4] = {};
    for (int i = 0; i < iterations; ++i) {
#pragma unroll
        for (int j = 0; j < kProducts; ++j) {
            if constexpr (is_tf32<Format>) {
                kernels::multiply_add_tf32(c[j], a, b);
            } else {
                kernels::multiply_add_bf16(c[j], a, b);
            }
        }
    }
    float sum = 0;
#pragma unroll
    for (int j = 0; j < kProducts; ++j) sum += c[j][0] + c[j][1] + c[j][2] + c[j][3];
    keep(sum, sink);
}

__device__ __forceinline__ Quad read_through_l2(const float* from) {
    const float4 all = __ldcg(reinterpret_cast<const float4*>(from));
    return {{all.x, all.y, all.z, all.w}};
}

/// Visits `quads` quads of each array that the traffic has, `passes` times. y: written; a, b: read.
template <Traffic traffic>
__global__ void __launch_bounds__(kBlock)
    traffic_kernel(float* sink, float* y, const float* a, const float* b, Index quads, int passes) {
    const Index threads = static_cast<Index>(gridDim.x) * kBlock;
    float sum = 0;
    for (int pass = 0; pass < passes; ++pass) {
#pragma unroll 4
        for (Index i = kernels::thread_of_grid(); i < quads; i += threads) {
            Quad result = {{1, 1, 1, 1}};
            if constexpr (traffic != Traffic::write) {
                const Quad first = read_through_l2(a + kQuad * i);
                Quad second = first;
                if constexpr (traffic == Traffic::triad) second = read_through_l2(b + kQuad * i);
                if constexpr (traffic == Traffic::update) second = read_through_l2(y + kQuad * i);
#pragma unroll
                for (int j = 0; j < kQuad; ++j) result[j] = __fmaf_rn(1e-6f, first[j], second[j]);
            }
            if constexpr (traffic == Traffic::read) {
                sum += result[0] + result[1] + result[2] + result[3];
            } else {
                kernels::store4(y + kQuad * i, result);
            }
        }
    }
    keep(sum, sink);
}

__global__ void empty_kernel() {}

/// Device memory while it lives, all zeros.
class Zeros {
public:
    Zeros(CudaQueue& queue, Index floats) : queue_(queue) {
        const auto bytes = static_cast<std::size_t>(floats) * sizeof(float);
        data_ = static_cast<float*>(queue.allocate(bytes));
        kernels::check_cuda(cudaMemsetAsync(data_, 0, bytes, queue.stream()), "clearing memory");
    }
    ~Zeros() { queue_.release(data_); }
    Zeros(const Zeros&) = delete;
    Zeros& operator=(const Zeros&) = delete;

    float* data() const { return data_; }

private:
    CudaQueue& queue_;
    float* data_;
};

dim3 full_grid(const CudaDevice& device) {
    return {static_cast<unsigned>(device.multiprocessors * kThreadsPerMultiprocessor / kBlock)};
}

/// Units of work per second at best, where work(repetitions) does `repetitions` units. On an emulated device, whose
/// times mean nothing, one window of one unit.
template <class Work>
double best_rate(CudaQueue& queue, const CudaDevice& device, const Work& work) {
    constexpr double kWindowSeconds = 1e-3;
    DeviceStopwatch watch(queue);
    int repetitions = 1;
    double seconds = watch.seconds([&] { work(repetitions); });
    if (device.emulated) return repetitions / seconds;
    for (; seconds < kWindowSeconds; seconds = watch.seconds([&] { work(repetitions); })) repetitions *= 2;
    for (int i = 0; i < kWindows; ++i) seconds = std::min(seconds, watch.seconds([&] { work(repetitions); }));
    return repetitions / seconds;
}

template <class Format>
double measure_tensor_peak(CudaQueue& queue, const CudaDevice& device, float* sink) {
    const dim3 grid = full_grid(device);
    static_assert(is_tf32<Format> || std::is_same_v<Format, kernels::Bf16>);
    const double multiply_adds = 16 * 8 * (is_tf32<Format> ? 8 : 16);
    const double warps = static_cast<double>(grid.x) * kBlock / kernels::kWarp;
    return 2 * multiply_adds * kProducts * warps * best_rate(queue, device, [&](int iterations) {
               launch<tensor_kernel<Format>>(queue, grid, kBlock, 0, sink, iterations);
           });
}

/// The arrays of a working set that share its memory.
struct Arrays {
    float *y, *a, *b;
    Index quads;  ///< of each
};

template <Traffic traffic>
double measure_traffic(CudaQueue& queue, const CudaDevice& device, float* sink, const Arrays& arrays) {
    // Reads and writes of an element of y: one in passes that read or write, three in the others.
    constexpr int kAccesses = traffic == Traffic::read || traffic == Traffic::write ? 1 : 3;
    const double bytes = kAccesses * static_cast<double>(arrays.quads) * sizeof(Quad);
    return bytes * best_rate(queue, device, [&](int passes) {
               launch<traffic_kernel<traffic>>(queue, full_grid(device), kBlock, 0, sink, arrays.y, arrays.a, arrays.b,
                                               arrays.quads, passes);
           });
}

/// `count` arrays of equal length in `memory`.
Arrays share_out(float* memory, Index bytes, int count) {
    const Index quads = bytes / static_cast<Index>(sizeof(Quad)) / count;
    const Index floats = kQuad * quads;
    return {memory, memory + (count > 1 ? floats : 0), memory + (count > 2 ? 2 * floats : 0), quads};
}

}  // namespace

double CudaPeaks::of(Precision precision) const {
    switch (precision) {
        case Precision::fp32:
            return fma;
        case Precision::tf32:
            return tf32.value_or(fma);
        case Precision::bf16:
            return bf16.value_or(fma);
    }
    return fma;
}

CudaPeaks measure_cuda_peaks(CudaQueue& queue, const CudaDevice& device) {
    const Zeros sink(queue, 1);
    const dim3 grid = full_grid(device);
    const double chains = static_cast<double>(grid.x) * kBlock * kChains;
    CudaPeaks peaks;
    peaks.fma = 2 * chains * best_rate(queue, device, [&](int iterations) {
                    launch<multiply_add_kernel>(queue, grid, kBlock, 0, sink.data(), iterations);
                });
    if (queue.supports(Precision::tf32)) peaks.tf32 = measure_tensor_peak<kernels::Tf32>(queue, device, sink.data());
    if (queue.supports(Precision::bf16)) peaks.bf16 = measure_tensor_peak<kernels::Bf16>(queue, device, sink.data());
    return peaks;
}

BandwidthCurve measure_cuda_bandwidth(CudaQueue& queue, const CudaDevice& device) {
    const auto l2 = static_cast<Index>(device.l2_bytes);
    const Index smallest = l2 / 32, largest = 8 * l2;
    const Zeros memory(queue, largest / static_cast<Index>(sizeof(float))), sink(queue, 1);
    BandwidthCurve curve;
    for (Index size = smallest; size <= largest; size *= 2) {
        const Arrays one = share_out(memory.data(), size, 1), two = share_out(memory.data(), size, 2),
                     three = share_out(memory.data(), size, 3);
        BandwidthPoint point;
        point.working_set = static_cast<double>(size);
        point.read = measure_traffic<Traffic::read>(queue, device, sink.data(), one);
        point.write = measure_traffic<Traffic::write>(queue, device, sink.data(), one);
        point.triad = measure_traffic<Traffic::triad>(queue, device, sink.data(), three);
        point.update = measure_traffic<Traffic::update>(queue, device, sink.data(), two);
        curve.points.push_back(point);
    }
    return curve;
}

double measure_empty_launch(CudaQueue& queue) {
    constexpr std::int64_t kLaunches = 500;
    const auto call = [&](std::int64_t) { launch<empty_kernel>(queue, 1, 1, 0); };
    call(0);
    const std::vector<RecordedCalls> recorded = [&] {
        std::vector<RecordedCalls> list;
        list.emplace_back(queue, kLaunches, call);
        return list;
    }();
    return time_recorded(queue, recorded, {.min_seconds = 0, .min_samples = kWindows})[0].seconds;
}

}  // namespace sinter::bench
