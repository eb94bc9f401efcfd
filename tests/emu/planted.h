// Small kernels for the tests of the emulator: some right, most with a fault planted, chosen by the arguments.
#pragma once

#include "kernels/contract.h"

namespace sinter::kernels {

/// y = x reversed within blocks of 64, through shared memory. Without `synchronise` the barrier between is missing.
void reverse_blocks(CudaQueue& queue, float* y, const float* x, int blocks, bool synchronise);

/// sums[b] = sum of the 256 values of block b, by shuffles and one barrier. The right way to do it.
void block_sums(CudaQueue& queue, float* sums, const float* x, int blocks);

/// total[0] = sum of x by the block that finishes last, which an atomic counter finds.
void last_block_sum(CudaQueue& queue, unsigned* total, unsigned* counter, const unsigned* x, int blocks);

/// y = 1 to 64, read reversed from shared memory by two warps that overwrite it at once. Without `synchronise` the
/// barrier between is missing, but not the meetings of each warp.
void overwrite_side_by_side(CudaQueue& queue, float* y, bool synchronise);

enum class BarrierFault { some_return, other_branch, below_a_shuffle };
void broken_barrier(CudaQueue& queue, BarrierFault fault);

enum class ShuffleFault { own_lane_missing, lane_returned, reads_unnamed_lane, masks_differ, lane_absent };
void broken_shuffle(CudaQueue& queue, ShuffleFault fault);

/// Lane i of the only warp writes what shuffles and votes gave it: rows of 32 values; see the kernel.
void warp_operations(CudaQueue& queue, int* results);
inline constexpr int kWarpOperations = 8;

/// results[t] = __syncthreads_count, _and and _or over t % 3 == 0, of 96 threads.
void counting_barriers(CudaQueue& queue, int* results);

/// Writes y[place] from the last of 32 threads.
void write_global(CudaQueue& queue, float* y, Index place);
/// y[0] = y[place]
void read_global(CudaQueue& queue, float* y, Index place);
/// Writes to place `place` of `count` floats of dynamic shared memory.
void write_dynamic_shared(CudaQueue& queue, int count, int place);
/// Writes to place `place` of a __shared__ array of 32 floats.
void write_static_shared(CudaQueue& queue, int place);
/// y[0], y[1] = static and dynamic shared memory that nobody wrote to
void read_unwritten_shared(CudaQueue& queue, float* y);
/// Puts numbers where read_unwritten_shared() looks.
void write_shared(CudaQueue& queue);

/// y = x by asynchronous copies through shared memory, 128 floats; without `wait`, too early.
void copy_asynchronously(CudaQueue& queue, float* y, const float* x, int valid, bool wait);

/// y = 1 to 64, read reversed from shared memory while x is copied over it asynchronously; without `synchronise` the
/// barrier before the copies is missing.
void copy_over(CudaQueue& queue, float* y, const float* x, bool synchronise);

/// c [16, 8] = 1 + a [16, 8] b [8, 8] by one instruction of the tensor cores
void multiply_tf32(CudaQueue& queue, float* c, const float* a, const float* b);
/// c [16, 8] = 1 + a [16, 16] b [16, 8] by one instruction
void multiply_bf16(CudaQueue& queue, float* c, const float* a, const float* b);

/// y [128]: lane i writes the four numbers that it received when a warp loaded four matrices, row after row of four
/// floats, from `place` on in shared memory, which holds 0 to 127.
void load_matrices_from(CudaQueue& queue, float* y, int place);

/// A launch of this size of a kernel that does nothing.
void launch_nothing(CudaQueue& queue, int blocks, int threads, std::size_t shared_bytes);

/// y[i] += 1
void increment(CudaQueue& queue, float* y, Index count);

}  // namespace sinter::kernels
