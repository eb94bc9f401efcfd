// The weight gradient of convolutions of thin images: a sum over all pixels of dy for the few weights of one to three
// channels.
//
// A tile of all taps by 64 outputs is small and its depth is the whole batch, so what counts is how the depth is
// shared. Blocks share it, and so do the warps of a block. Each warp has the whole tile in its registers, for every
// eighth group of pixels: a pixel costs a thread four loads from shared memory for 64 or 96 multiply-adds. The warps
// then add up their tiles pairwise, and a second launch adds up those of the blocks. The last block of the first launch
// alone would take longer to read them all.
//
// Limiter: the multiply-adds in float32, where taps fill 52 to 100 % of a tile; the tensor cores would save little, as
// the patches are gathered element by element.
#include <algorithm>

#include "kernels/cuda/conv_thin.h"
#include "kernels/cuda/product/gemm_operands.cuh"
#include "kernels/cuda/product/gemm_product.h"
#include "kernels/cuda/runtime/launch.cuh"
#include "kernels/cuda/toolbox/quad.cuh"
#include "kernels/reduce.h"

namespace sinter::kernels {
namespace {

constexpr int kWarps = kBlock / kWarp;
constexpr int kOutputs = 64;  // of a tile

/// A tile has four times `taps_of_thread` taps. The lanes of a warp stand in 4 columns of taps and 8 of outputs; a
/// thread has fours of them, 16 and 32 apart.
template <int taps_of_thread>
struct WeightTile {
    static constexpr int kTapsOfThread = taps_of_thread, kTaps = 4 * taps_of_thread;
    static constexpr int kOutputsOfThread = kOutputs / 8;
    static constexpr int kQuads = kTapsOfThread * kOutputsOfThread / kQuad;
    static constexpr int kBlocksAtOnce = taps_of_thread <= 8 ? 2 : 1;
    static constexpr int kStageFloats = kDepth * (kTaps + kOutputs);
    static constexpr int kStages = 2;
    /// The stages, or the sums of half of the warps; then the origins of two stages of patches.
    static constexpr int kFloats = std::max(kStages * kStageFloats, kWarps / 2 * kTaps * kOutputs);
    static constexpr std::size_t kSharedBytes = kFloats * sizeof(float) + kStages * kDepth * sizeof(PatchOrigin);
};

/// Four neighbours in shared memory, aligned.
__device__ __forceinline__ Quad& shared_quad(float* first) { return *reinterpret_cast<Quad*>(first); }

/// Grid: tiles of outputs, tiles of taps, shares of the pixels. A share's sums go to partials [share, taps, outputs].
template <class Tile>
__global__ void __launch_bounds__(kBlock, Tile::kBlocksAtOnce)
    thin_weight_gradient_kernel(float* partials, const __grid_constant__ PatchGrid patches, const Columns dy) {
    auto* const shared = dynamic_shared<float>();
    auto* const origins = reinterpret_cast<PatchOrigin*>(shared + Tile::kFloats);
    const int thread = static_cast<int>(threadIdx.x), warp = thread / kWarp, lane = thread % kWarp;
    const int first_tap = static_cast<int>(blockIdx.y) * Tile::kTaps;
    const int first_output = static_cast<int>(blockIdx.x) * kOutputs;
    const int stages = (dy.depth + kDepth - 1) / kDepth;
    const auto share = [&](unsigned i) { return static_cast<int>(static_cast<long long>(stages) * i / gridDim.z); };
    const int begin = share(blockIdx.z), end = share(blockIdx.z + 1);

    // A thread copies one tap of many patches, some threads none.
    constexpr int kRowsAtOnce = kBlock / Tile::kTaps;
    const int copied_tap = thread % Tile::kTaps, first_copied = thread / Tile::kTaps;
    const PatchTap tap = patches.tap(first_tap + copied_tap);
    const auto find_origins = [&](int stage) {
        if (thread < kDepth) origins[stage % Tile::kStages * kDepth + thread] = patches.origin(stage * kDepth + thread);
    };
    const auto load = [&](int stage) {
        float* const slot = shared + stage % Tile::kStages * Tile::kStageFloats;
        const PatchOrigin* const of_stage = origins + stage % Tile::kStages * kDepth;
        if (first_copied < kRowsAtOnce) {
            constexpr int kRows = (kDepth + kRowsAtOnce - 1) / kRowsAtOnce, kAtOnce = 4;
#pragma unroll
            for (int first = 0; first < kRows; first += kAtOnce) {
                // All origins of a few copies are read before the first, as in copy_patches().
                PatchOrigin first_taps[kAtOnce];
#pragma unroll
                for (int i = first; i < min(first + kAtOnce, kRows); ++i) {
                    first_taps[i - first] = of_stage[min(first_copied + i * kRowsAtOnce, kDepth - 1)];
                }
#pragma unroll
                for (int i = first; i < min(first + kAtOnce, kRows); ++i) {
                    const int row = first_copied + i * kRowsAtOnce;
                    if (row < kDepth)
                        patches.copy<1>(slot + row * Tile::kTaps + copied_tap, first_taps[i - first], tap);
                }
            }
        }
        dy.load<kOutputs, kBlock>(slot + kDepth * Tile::kTaps, nullptr, first_output, stage * kDepth);
        commit_async_copies();
    };

    const int tap_of_lane = lane / 8 * kQuad, output_of_lane = lane % 8 * kQuad;
    float sums[Tile::kTapsOfThread][Tile::kOutputsOfThread] = {};
    find_origins(begin);
    __syncthreads();
    if (begin < end) load(begin);
    find_origins(begin + 1);
    for (int stage = begin; stage < end; ++stage) {
        wait_async_copies<0>();
        __syncthreads();  // this stage is there for all, the next one's origins too, and the last has been read by all
        if (stage + 1 < end) load(stage + 1);
        find_origins(stage + 2);
        float* const slot = shared + stage % Tile::kStages * Tile::kStageFloats;
#pragma unroll 2
        for (int i = 0; i < kDepth / kWarps; ++i) {
            const int pixel = warp * (kDepth / kWarps) + i;
            Quad a[Tile::kTapsOfThread / kQuad], b[Tile::kOutputsOfThread / kQuad];
#pragma unroll
            for (int q = 0; q < Tile::kTapsOfThread / kQuad; ++q) {
                a[q] = shared_quad(slot + pixel * Tile::kTaps + tap_of_lane + q * 4 * kQuad);
            }
#pragma unroll
            for (int q = 0; q < Tile::kOutputsOfThread / kQuad; ++q) {
                const int place = AlongSide<kOutputs>::place(output_of_lane + q * 8 * kQuad, pixel);
                b[q] = shared_quad(slot + kDepth * Tile::kTaps + place);
            }
#pragma unroll
            for (int t = 0; t < Tile::kTapsOfThread; ++t) {
#pragma unroll
                for (int o = 0; o < Tile::kOutputsOfThread; ++o) {
                    sums[t][o] = __fmaf_rn(a[t / kQuad][t % kQuad], b[o / kQuad][o % kQuad], sums[t][o]);
                }
            }
        }
    }
    __syncthreads();  // shared memory is free

#pragma unroll 1
    for (int half = kWarps / 2; half > 0; half /= 2) {
        // Quad q of all lanes of a warp side by side.
        float* const of_warp = shared + (warp % half) * Tile::kTaps * kOutputs + lane * kQuad;
        if (warp >= half && warp < 2 * half) {
#pragma unroll
            for (int q = 0; q < Tile::kQuads; ++q) {
                const float* const quad = &sums[q / 2][q % 2 * kQuad];
                shared_quad(of_warp + q * kWarp * kQuad) = {{quad[0], quad[1], quad[2], quad[3]}};
            }
        }
        __syncthreads();
        if (warp < half) {
#pragma unroll
            for (int q = 0; q < Tile::kQuads; ++q) {
                const Quad other = shared_quad(of_warp + q * kWarp * kQuad);
#pragma unroll
                for (int j = 0; j < kQuad; ++j) sums[q / 2][q % 2 * kQuad + j] += other[j];
            }
        }
        __syncthreads();
    }
    if (warp > 0) return;
    float* const of_share = partials + static_cast<long long>(blockIdx.z) * patches.depth * dy.sides;
#pragma unroll
    for (int q = 0; q < Tile::kQuads; ++q) {
        const int t = q / 2;
        const int tap_number = first_tap + tap_of_lane + t / kQuad * 4 * kQuad + t % kQuad;
        const int output = first_output + output_of_lane + q % 2 * 8 * kQuad;
        if (tap_number >= patches.depth) continue;
        const float* const quad = &sums[t][q % 2 * kQuad];
        store4(of_share + static_cast<long long>(tap_number) * dy.sides + output,
               {{quad[0], quad[1], quad[2], quad[3]}}, dy.sides - output);
    }
}

template <class Tile>
void launch_thin_weight_gradient(CudaQueue& queue, float* dw, const PatchGrid& patches, const Columns& dy,
                                 bool accumulate) {
    constexpr int kBlocks = 128 * Tile::kBlocksAtOnce;  // about what an H200 has room for
    const Index output_tiles = parts(dy.sides, kOutputs), tap_tiles = parts(patches.depth, Tile::kTaps);
    const Index stages = parts(dy.depth, kDepth);
    const Index shares =
        std::clamp<Index>(kBlocks / std::max<Index>(1, output_tiles * tap_tiles), 1, std::max<Index>(1, stages));
    const MatrixShape sums{shares, Index{patches.depth} * dy.sides};
    const CudaScratch partials(queue, static_cast<std::size_t>(sums.count()) * sizeof(float));
    const dim3 grid(static_cast<unsigned>(output_tiles), static_cast<unsigned>(tap_tiles),
                    static_cast<unsigned>(shares));
    launch<thin_weight_gradient_kernel<Tile>>(queue, grid, kBlock, Tile::kSharedBytes, partials.as<float>(), patches,
                                              dy);
    sum_rows(queue, dw, partials.as<float>(), sums, accumulate);
}

}  // namespace

void thin_weight_gradient(CudaQueue& queue, Real* dw, const PatchGrid& patches, const Columns& dy, bool accumulate) {
    if (patches.depth <= WeightTile<8>::kTaps) {
        launch_thin_weight_gradient<WeightTile<8>>(queue, dw, patches, dy, accumulate);
    } else {
        launch_thin_weight_gradient<WeightTile<12>>(queue, dw, patches, dy, accumulate);
    }
}

}  // namespace sinter::kernels
