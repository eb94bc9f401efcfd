// A tile of the matrix product: how its operands lie in shared memory, and how a warp multiplies them, by fused
// multiply-adds or on the tensor cores.
//
// An operand's tile has `sides` rows or columns of C and kDepth steps of the sum. It lies as the operand lies in global
// memory, because asynchronous copies cannot turn it: along the depth, or along the side. Quads of 16 bytes are
// permuted within a row so that neither the copies nor any of the reads below meet a bank conflict.
#pragma once

#include <stdexcept>

#include "kernels/cuda/toolbox/matrix_unit.cuh"
#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// Steps of the sum in one stage of the pipeline: 128 bytes of a row, a line of the cache.
inline constexpr int kDepth = 32;

/// A block's part of C and the part of each of its warps, the stages of its pipeline, and how many such blocks a
/// multiprocessor must have registers for.
template <int rows, int columns, int warp_rows, int warp_columns, int stages, int blocks_at_once>
struct Tile {
    static constexpr int kRows = rows, kColumns = columns, kWarpRows = warp_rows, kWarpColumns = warp_columns;
    static constexpr int kStages = stages, kBlocksAtOnce = blocks_at_once;
    static constexpr int kWarpsAcross = columns / warp_columns;
    static constexpr int kThreads = rows / warp_rows * kWarpsAcross * kWarp;
    static constexpr int kStageFloats = (rows + columns) * kDepth;
    /// The sums of C that a thread holds, in fours.
    static constexpr int kQuads = rows * columns / kThreads / 4;

    __device__ static int warp_row() { return static_cast<int>(threadIdx.x) / kWarp / kWarpsAcross * warp_rows; }
    __device__ static int warp_column() { return static_cast<int>(threadIdx.x) / kWarp % kWarpsAcross * warp_columns; }
};

/// What a thread has summed up. Its Multiplier knows which elements of C these are.
template <class Tile>
using Sums = float[Tile::kQuads][4];

// Both layouts permute by an exclusive or, which is a sum without carries. The place that a lane reads has two parts
// whose bits do not overlap: one depends on the lane, the other is known to the compiler. Most addresses then differ by
// constants, and few registers hold them.
//
// Fragments are what the tensor cores take, 16 steps of the sum at once: with g = lane / 4 and t = lane % 4,
//   16 rows of A    a[h][0..3] = (g, t) (g+8, t) (g, t+4) (g+8, t+4) of steps 8 h, ... of the sum
//   columns of B    b[j][0..3] = (t, g) (t+4, g) (t+8, g) (t+12, g)  of columns 8 j, ...
// in the registers and the order in which an instruction of TF32 wants them: no register is copied.
using RowFragment = float[2][4];
template <int column_groups>
using ColumnFragments = float[column_groups][4];

/// A thread's place in its warp.
struct Lane {
    __device__ __forceinline__ static int number() { return static_cast<int>(threadIdx.x) % kWarp; }
    __device__ __forceinline__ static int g() { return number() / 4; }
    __device__ __forceinline__ static int t() { return number() % 4; }
};

/// The floats of one side stand in a row of kDepth.
struct AlongDepth {
    /// Where an element stands, or four along the depth.
    __device__ __forceinline__ static int place(int side, int depth) { return side * kDepth + (depth ^ swizzle(side)); }

    /// The fragment of rows row + more_rows, ..., and steps `depth`, ...; all three are multiples of 16.
    __device__ __forceinline__ static void load_rows(RowFragment& a, const float* tile, int row, int more_rows,
                                                     int depth) {
        const int lane = Lane::number(), side = row + lane % 16;
        const int place = side * kDepth, step = lane / 16 * 4 ^ swizzle(side);
#pragma unroll
        for (int h = 0; h < 2; ++h) load_matrices(a[h], tile + place + more_rows * kDepth + (step ^ (depth + 8 * h)));
    }

    /// The fragments of columns `column`, ..., and steps `depth`, ...; both are multiples of 16.
    template <int column_groups>
    __device__ __forceinline__ static void load_columns(ColumnFragments<column_groups>& b, const float* tile,
                                                        int column, int depth) {
        const int lane = Lane::number(), side = column + lane % 8, place = side * kDepth,
                  step = lane / 8 * 4 ^ swizzle(side);
#pragma unroll
        for (int j = 0; j < column_groups; ++j) {
            load_matrices(b[j], tile + place + 8 * j * kDepth + (step ^ depth ^ swizzle(8 * j)));
        }
    }

    /// values[i][d] = element (side + step(i), depth + d), depth a multiple of 4
    template <int count, class Step>
    __device__ __forceinline__ static void load_fours(float (&values)[count][4], const float* tile, int side, Step step,
                                                      int depth) {
        const int column = depth ^ swizzle(side);
#pragma unroll
        for (int i = 0; i < count; ++i) {
            const int at = (side + step(i)) * kDepth + (column ^ swizzle(step(i)));
            const float4 four = *reinterpret_cast<const float4*>(tile + at);
            values[i][0] = four.x;
            values[i][1] = four.y;
            values[i][2] = four.z;
            values[i][3] = four.w;
        }
    }

private:
    /// The matrices of the tensor cores are eight neighbouring rows, the multiply-adds read rows that are four apart.
    __device__ __forceinline__ static constexpr int swizzle(int side) { return ((side & 7) ^ (side >> 2 & 2)) << 2; }
};

/// The floats of one step of the sum stand in a row of all sides, a multiple of 32.
template <int sides>
struct AlongSide {
    /// Where an element stands, or four along the side.
    __device__ __forceinline__ static int place(int side, int depth) { return depth * sides + (side ^ swizzle(depth)); }

    /// `row` is a multiple of 32.
    __device__ __forceinline__ static void load_rows(RowFragment& a, const float* tile, int row, int more_rows,
                                                     int depth) {
        const int side = (row + Lane::g()) ^ swizzle(Lane::t()), of_lane = Lane::t() * sides;
#pragma unroll
        for (int h = 0; h < 2; ++h) {
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                a[h][e] = tile[of_lane + (depth + 8 * h + e / 2 * 4) * sides + further(side, more_rows + e % 2 * 8)];
            }
        }
    }

    template <int column_groups>
    __device__ __forceinline__ static void load_columns(ColumnFragments<column_groups>& b, const float* tile,
                                                        int column, int depth) {
        const int side = (column + Lane::g()) ^ swizzle(Lane::t()), of_lane = Lane::t() * sides;
#pragma unroll
        for (int j = 0; j < column_groups; ++j) {
#pragma unroll
            for (int d = 0; d < 4; ++d) b[j][d] = tile[of_lane + (depth + 4 * d) * sides + further(side, 8 * j)];
        }
    }

    /// values[i][d] = element (side + step(i), depth + d) where side + step(4 i), ... are four neighbours, the first a
    /// multiple of 4, and depth is one
    template <int count, class Step>
    __device__ __forceinline__ static void load_fours(float (&values)[count][4], const float* tile, int side, Step step,
                                                      int depth) {
#pragma unroll
        for (int d = 0; d < 4; ++d) {
            const float* const row = tile + (depth + d) * sides;
#pragma unroll
            for (int i = 0; i < count; i += 4) {
                const float4 four = *reinterpret_cast<const float4*>(row + further(side ^ swizzle(d), step(i)));
                values[i][d] = four.x;
                values[i + 1][d] = four.y;
                values[i + 2][d] = four.z;
                values[i + 3][d] = four.w;
            }
        }
    }

private:
    static constexpr int kSwizzled = 24;  // the bits of a side that are permuted

    /// The tensor cores read four neighbouring rows at once.
    __device__ __forceinline__ static constexpr int swizzle(int depth) { return (depth & 3) << 3; }

    /// The side that stands `step` after a permuted one. The bits of `step` are all zero in the side that was permuted.
    __device__ __forceinline__ static constexpr int further(int side, int step) {
        return (side ^ (step & kSwizzled)) + (step & ~kSwizzled);
    }
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
    __device__ __forceinline__ static int row() { return Tile::warp_row() + Lane::g() * 4; }
    __device__ __forceinline__ static int column() { return Tile::warp_column() + Lane::t() * 4; }
    __device__ __forceinline__ static constexpr int row_step(int i) { return i / 4 * 32 + i % 4; }
    __device__ __forceinline__ static constexpr int column_step(int j) { return j / 4 * 16 + j % 4; }
};

/// Tensor cores. They get operands that are rounded to TF32 or bf16 on their way from shared memory.
template <class Tile, class Format>
struct TensorCore {
    static constexpr int kRowPairs = Tile::kWarpRows / 16, kColumnGroups = Tile::kWarpColumns / 8;
    static constexpr int kRowPadding = 8;

    template <class LayoutA, class LayoutB>
    __device__ __forceinline__ static void multiply(Sums<Tile>& sums, const float* tile_a, const float* tile_b) {
#pragma unroll
        for (int depth = 0; depth < kDepth; depth += 16) {
            ColumnFragments<kColumnGroups> b;
            LayoutB::load_columns(b, tile_b, Tile::warp_column(), depth);
#pragma unroll
            for (int i = 0; i < kRowPairs; ++i) {
                RowFragment a;
                LayoutA::load_rows(a, tile_a, Tile::warp_row(), 16 * i, depth);
                Format::multiply(sums + i * kColumnGroups, a, b);
            }
        }
    }

    __device__ __forceinline__ static void store(const Sums<Tile>& sums, float* c, int row_stride) {
#pragma unroll
        for (int i = 0; i < kRowPairs; ++i) {
#pragma unroll
            for (int j = 0; j < kColumnGroups; ++j) {
                const float* const four = sums[i * kColumnGroups + j];
                float* const to = c + (Tile::warp_row() + i * 16 + Lane::g()) * row_stride + Tile::warp_column() +
                                  j * 8 + 2 * Lane::t();
                *reinterpret_cast<float2*>(to) = make_float2(four[0], four[1]);
                *reinterpret_cast<float2*>(to + 8 * row_stride) = make_float2(four[2], four[3]);
            }
        }
    }
};

/// 10 bits of mantissa; two instructions for 16 steps of the sum.
struct Tf32 {
    /// sums[j] += 16 rows of A times columns 8 j, ... of B
    template <int column_groups>
    __device__ __forceinline__ static void multiply(float (*sums)[4], const RowFragment& a,
                                                    const ColumnFragments<column_groups>& b) {
#pragma unroll
        for (int h = 0; h < 2; ++h) {
            std::uint32_t left[4];
#pragma unroll
            for (int e = 0; e < 4; ++e) left[e] = to_tf32(a[h][e]);
#pragma unroll
            for (int j = 0; j < column_groups; ++j) {
                const std::uint32_t right[2] = {to_tf32(b[j][2 * h]), to_tf32(b[j][2 * h + 1])};
                multiply_add_tf32(sums[j], left, right);
            }
        }
    }
};

/// 7 bits of mantissa; one instruction for 16 steps of the sum. It takes neighbours along the depth in one register,
/// but a sum does not mind the order of its terms: steps t and t + 4 are neighbours here, in A and in B.
struct Bf16 {
    template <int column_groups>
    __device__ __forceinline__ static void multiply(float (*sums)[4], const RowFragment& a,
                                                    const ColumnFragments<column_groups>& b) {
        std::uint32_t left[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) left[e] = pack_bf16(a[e / 2][e % 2], a[e / 2][e % 2 + 2]);
#pragma unroll
        for (int j = 0; j < column_groups; ++j) {
            const std::uint32_t right[2] = {pack_bf16(b[j][0], b[j][1]), pack_bf16(b[j][2], b[j][3])};
            multiply_add_bf16(sums[j], left, right);
        }
    }
};

/// The most quads of sums that a thread has in fp32. Multiply-adds take more of a thread's registers for operands than
/// tensor cores do, and wait for arithmetic with smaller tiles, too.
inline constexpr int kMaxQuadsInFp32 = 24;

/// For launchers: calls call(multiplier) with the class that multiplies a Tile in this precision.
template <class Tile, class Call>
void with_multiplier(Precision precision, const Call& call) {
    switch (precision) {
        case Precision::fp32:
            if constexpr (Tile::kQuads > kMaxQuadsInFp32) {
                throw std::logic_error("a plan gave a product in fp32 a tile that only tensor cores have");
            } else {
                return call(FusedMultiplyAdd<Tile>{});
            }
        case Precision::tf32:
            return call(TensorCore<Tile, Tf32>{});
        case Precision::bf16:
            return call(TensorCore<Tile, Bf16>{});
    }
}

}  // namespace sinter::kernels
