// What the tensor cores do by definition: products are exact, sums are made in double and rounded once.
#pragma once

#include <cstdint>

#include "kernels/emu/language/synchronisation.h"

namespace sinter::emu {

std::uint32_t to_tf32(float value);
void multiply_add_tf32(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                       const Here& at = Here::current());
void multiply_add_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                       const Here& at = Here::current());
void load_matrices(float (&x)[4], const float* row, const Here& at = Here::current());

}  // namespace sinter::emu
