// Passes over device memory around the calls of the vendor's libraries. They do what sinter's own kernels do while the
// numbers are in registers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.h"
#include "kernels/contract.h"

namespace sinter::kernels {

/// Whether an array can be read 16 bytes at a time. A null pointer, for an array that is not there, counts as yes.
inline bool in_quads(const void* data) { return reinterpret_cast<std::uintptr_t>(data) % 16 == 0; }

/// y = f(y + bias) over rows, bias [columns] or null. Does nothing for the identity without a bias.
void bias_activation_forward(CudaQueue& queue, float* y, const float* bias, MatrixShape shape, Activation activation);

/// The bytes that round_to_bf16() writes for so many numbers: bf16 by fours.
constexpr std::size_t bf16_bytes(Index count) { return static_cast<std::size_t>((count + 3) / 4) * 8; }

/// The numbers x [count] as bf16, ties to even, and zeros up to the next four. `rounded` holds bf16_bytes(count),
/// aligned to 8 bytes.
void round_to_bf16(CudaQueue& queue, void* rounded, const float* x, Index count);

/// ds = dy f'(s), the gradient before the activation, s = gamma (x - mean) inverse_deviation + beta as batch_norm.h has
/// it; x, dy, ds [rows, channels].
void batch_norm_activation_backward(CudaQueue& queue, float* ds, const float* dy, const float* x, const float* gamma,
                                    const float* beta, const float* mean, const float* inverse_deviation,
                                    MatrixShape shape, Activation activation);

}  // namespace sinter::kernels
