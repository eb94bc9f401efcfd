// A tile of the matrix product: how its operands lie in shared memory, and how a warp multiplies them, by fused
// multiply-adds or on the tensor cores.
//
// An operand's tile has `sides` rows or columns of C and kDepth steps of the sum. It lies as the operand lies in global
// memory, because asynchronous copies cannot turn it: along the depth, or along the side. Quads of 16 bytes are
// permuted within a row so that neither the copies nor any of the reads below meet a bank conflict.
#pragma once

#include "kernels/cuda/matrix_unit.cuh"

namespace sinter::kernels {

/// Steps of the sum in one stage of the pipeline: 128 bytes of a row, a line of the cache.
inline constexpr int kDepth = 32;

/// A block's part of C, and each of its warps' part of that; the stages of its pipeline; and how many such blocks a
/// multiprocessor must have registers for.
template <int rows, int columns, int warp_rows, int warp_columns, int stages, int blocks_at_once>
struct Tile {
    static constexpr int kRows = rows, kColumns = columns, kWarpRows = warp_rows, kWarpColumns = warp_columns;
    static constexpr int kStages = stages, kBlocksAtOnce = blocks_at_once;
    static constexpr int kWarpsAcross = columns / warp_columns;
    static constexpr int kThreads = rows / warp_rows * kWarpsAcross * kWarp;
    static constexpr int kStageFloats = (rows + columns) * kDepth;
    /// Of C, a thread holds so many sums, in fours.
    static constexpr int kQuads = rows * columns / kThreads / 4;

    __device__ static int warp_row() { return static_cast<int>(threadIdx.x) / kWarp / kWarpsAcross * warp_rows; }
    __device__ static int warp_column() { return static_cast<int>(threadIdx.x) / kWarp % kWarpsAcross * warp_columns; }
};

/// What a thread has summed up: which elements of C, its Multiplier knows.
template <class Tile>
using Sums = float[Tile::kQuads][4];

// Both layouts permute by an exclusive or, which is a sum without carries. What a lane reads is therefore given in two
// parts whose bits do not overlap, one that depends on the lane and one that the compiler knows: most addresses then
// differ by constants, and few registers hold them. Side i of a lane is side + step(i), its depth is depth +
// more_depth.

/// The floats of one side stand in a row of kDepth.
struct AlongDepth {
    /// Where an element stands, or four along the depth.
    __device__ __forceinline__ static int place(int side, int depth) { return side * kDepth + (depth ^ swizzle(side)); }

    /// values[i][d] = element (side + step(i), depth + more_depth + d), both depths multiples of 4
    template <int count, class Step>
    __device__ __forceinline__ static void load(float (&values)[count][4], const float* tile, int side, Step step,
                                                int depth, int more_depth) {
        const int column = depth ^ swizzle(side);
#pragma unroll
        for (int i = 0; i < count; ++i) {
            const int at = (side + step(i)) * kDepth + (column ^ (more_depth ^ swizzle(step(i))));
            const float4 four = *reinterpret_cast<const float4*>(tile + at);
            values[i][0] = four.x;
            values[i][1] = four.y;
            values[i][2] = four.z;
            values[i][3] = four.w;
        }
    }

    template <int count, class Step>
    __device__ __forceinline__ static void load_fours(float (&values)[count][4], const float* tile, int side, Step step,
                                                      int depth) {
        load(values, tile, side, step, depth, 0);
    }

private:
    /// The tensor cores read two neighbouring rows at once, the multiply-adds two that are four apart.
    __device__ __forceinline__ static constexpr int swizzle(int side) { return (side & 1) << 4 | (side & 12); }
};

/// The floats of one step of the sum stand in a row of all sides.
template <int sides>
struct AlongSide {
    /// Where an element stands, or four along the side.
    __device__ __forceinline__ static int place(int side, int depth) { return depth * sides + (side ^ swizzle(depth)); }

    /// values[i][d] = element (side + step(i), depth + more_depth + d), depth a multiple of 4, more_depth of 16
    template <int count, class Step>
    __device__ __forceinline__ static void load(float (&values)[count][4], const float* tile, int side, Step step,
                                                int depth, int more_depth) {
        const int column = side ^ swizzle(depth);
#pragma unroll
        for (int i = 0; i < count; ++i) {
            const int at = (column ^ (step(i) & kSwizzled)) + (step(i) & ~kSwizzled);
#pragma unroll
            for (int d = 0; d < 4; ++d) values[i][d] = tile[(depth + more_depth + d) * sides + at];
        }
    }

    /// values[i][d] = element (side + step(i), depth + d) where side + step(4 i), ... are four neighbours, the first a
    /// multiple of 4
    template <int count, class Step>
    __device__ __forceinline__ static void load_fours(float (&values)[count][4], const float* tile, int side, Step step,
                                                      int depth) {
        const int column = side ^ swizzle(depth);
#pragma unroll
        for (int i = 0; i < count; i += 4) {
            const int at = (column ^ (step(i) & kSwizzled)) + (step(i) & ~kSwizzled);
#pragma unroll
            for (int d = 0; d < 4; ++d) {
                const float4 four = *reinterpret_cast<const float4*>(tile + (depth + d) * sides + at);
                values[i][d] = four.x;
                values[i + 1][d] = four.y;
                values[i + 2][d] = four.z;
                values[i + 3][d] = four.w;
            }
        }
    }

private:
    static constexpr int kSwizzled = 24;  // the bits of a side that are permuted

    /// The tensor cores read rows that are four apart at once.
    __device__ __forceinline__ static constexpr int swizzle(int depth) { return (depth & 12) << 1; }
};

/// Exact float32: a thread multiplies fours of rows by fours of columns, in the order of the depth. Its lanes stand in
/// 8 rows and 4 columns.
template <class Tile>
struct FusedMultiplyAdd {
    static constexpr int kRows = Tile::kWarpRows / 8, kColumns = Tile::kWarpColumns / 4;
    /// Of a row of C in shared memory, so that stores meet no bank conflict.
    static constexpr int kRowPadding = 4;

    template <class LayoutA, class LayoutB>
    __device__ __forceinline__ static void multiply(Sums<Tile>& sums, const float* tile_a, const float* tile_b) {
#pragma unroll 1
        for (int depth = 0; depth < kDepth; depth += 4) {
            float a[kRows][4], b[kColumns][4];
            LayoutA::load_fours(a, tile_a, row(), row_step, depth);
            LayoutB::load_fours(b, tile_b, column(), column_step, depth);
#pragma unroll
            for (int d = 0; d < 4; ++d) {
#pragma unroll
                for (int i = 0; i < kRows; ++i) {
#pragma unroll
                    for (int j = 0; j < kColumns; ++j) {
                        float& sum = sums[i * (kColumns / 4) + j / 4][j % 4];
                        sum = __fmaf_rn(a[i][d], b[j][d], sum);
                    }
                }
            }
        }
    }

    /// Writes the sums to C in shared memory.
    __device__ __forceinline__ static void store(const Sums<Tile>& sums, float* c, int row_stride) {
#pragma unroll
        for (int i = 0; i < kRows; ++i) {
#pragma unroll
            for (int j = 0; j < kColumns; j += 4) {
                const float* const four = sums[i * (kColumns / 4) + j / 4];
                *reinterpret_cast<float4*>(c + (row() + row_step(i)) * row_stride + column() + column_step(j)) =
                    make_float4(four[0], four[1], four[2], four[3]);
            }
        }
    }

private:
    __device__ __forceinline__ static int lane() { return static_cast<int>(threadIdx.x) % kWarp; }
    __device__ __forceinline__ static int row() { return Tile::warp_row() + lane() / 4 * 4; }
    __device__ __forceinline__ static int column() { return Tile::warp_column() + lane() % 4 * 4; }
    __device__ __forceinline__ static constexpr int row_step(int i) { return i / 4 * 32 + i % 4; }
    __device__ __forceinline__ static constexpr int column_step(int j) { return j / 4 * 16 + j % 4; }
};

/// Tensor cores, operands rounded to TF32 or bf16 on their way from shared memory. Lane (g, t) reads four neighbours
/// along the depth, 4 t to 4 t + 3 of 16, and gives them to the instruction where it expects others: a sum does not
/// mind the order of its terms, as long as A and B agree. So one 128-bit load serves one bf16 or two TF32 instructions.
template <class Tile, class Format>
struct TensorCore {
    static constexpr int kRowPairs = Tile::kWarpRows / 16, kColumnGroups = Tile::kWarpColumns / 8;
    static constexpr int kRowPadding = 8;

    template <class LayoutA, class LayoutB>
    __device__ __forceinline__ static void multiply(Sums<Tile>& sums, const float* tile_a, const float* tile_b) {
        const int row = Tile::warp_row() + g(), column = Tile::warp_column() + g();
        const auto step = [](int i) { return 8 * i; };
#pragma unroll
        for (int depth = 0; depth < kDepth; depth += 16) {
            float a[2 * kRowPairs][4], b[kColumnGroups][4];
            LayoutA::load(a, tile_a, row, step, 4 * t(), depth);
            LayoutB::load(b, tile_b, column, step, 4 * t(), depth);
            Format::template multiply<kRowPairs, kColumnGroups>(sums, a, b);
        }
    }

    __device__ __forceinline__ static void store(const Sums<Tile>& sums, float* c, int row_stride) {
#pragma unroll
        for (int i = 0; i < kRowPairs; ++i) {
#pragma unroll
            for (int j = 0; j < kColumnGroups; ++j) {
                const float* const four = sums[i * kColumnGroups + j];
                float* const to =
                    c + (Tile::warp_row() + i * 16 + g()) * row_stride + Tile::warp_column() + j * 8 + 2 * t();
                *reinterpret_cast<float2*>(to) = make_float2(four[0], four[1]);
                *reinterpret_cast<float2*>(to + 8 * row_stride) = make_float2(four[2], four[3]);
            }
        }
    }

private:
    __device__ __forceinline__ static int g() { return static_cast<int>(threadIdx.x) % kWarp / 4; }
    __device__ __forceinline__ static int t() { return static_cast<int>(threadIdx.x) % 4; }
};

/// 10 bits of mantissa; two instructions for 16 steps of the sum.
struct Tf32 {
    template <int row_pairs, int column_groups>
    __device__ __forceinline__ static void multiply(float (&sums)[row_pairs * column_groups][4],
                                                    const float (&a)[2 * row_pairs][4],
                                                    const float (&b)[column_groups][4]) {
#pragma unroll
        for (int d = 0; d < 4; d += 2) {
            std::uint32_t left[row_pairs][4], right[column_groups][2];
#pragma unroll
            for (int i = 0; i < row_pairs; ++i) {
                left[i][0] = to_tf32(a[2 * i][d]);
                left[i][1] = to_tf32(a[2 * i + 1][d]);
                left[i][2] = to_tf32(a[2 * i][d + 1]);
                left[i][3] = to_tf32(a[2 * i + 1][d + 1]);
            }
#pragma unroll
            for (int j = 0; j < column_groups; ++j) {
                right[j][0] = to_tf32(b[j][d]);
                right[j][1] = to_tf32(b[j][d + 1]);
            }
#pragma unroll
            for (int i = 0; i < row_pairs; ++i) {
#pragma unroll
                for (int j = 0; j < column_groups; ++j) {
                    multiply_add_tf32(sums[i * column_groups + j], left[i], right[j]);
                }
            }
        }
    }
};

/// 7 bits of mantissa; one instruction for 16 steps of the sum.
struct Bf16 {
    template <int row_pairs, int column_groups>
    __device__ __forceinline__ static void multiply(float (&sums)[row_pairs * column_groups][4],
                                                    const float (&a)[2 * row_pairs][4],
                                                    const float (&b)[column_groups][4]) {
        std::uint32_t right[column_groups][2];
#pragma unroll
        for (int j = 0; j < column_groups; ++j) {
            right[j][0] = pack_bf16(b[j][0], b[j][1]);
            right[j][1] = pack_bf16(b[j][2], b[j][3]);
        }
#pragma unroll
        for (int i = 0; i < row_pairs; ++i) {
            const float(&upper)[4] = a[2 * i], (&lower)[4] = a[2 * i + 1];
            const std::uint32_t left[4] = {pack_bf16(upper[0], upper[1]), pack_bf16(lower[0], lower[1]),
                                           pack_bf16(upper[2], upper[3]), pack_bf16(lower[2], lower[3])};
#pragma unroll
            for (int j = 0; j < column_groups; ++j) multiply_add_bf16(sums[i * column_groups + j], left, right[j]);
        }
    }
};

}  // namespace sinter::kernels
