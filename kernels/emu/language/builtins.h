// The variables that every kernel sees. They belong to the OS thread that runs the block, and change as the block's
// threads take turns.
#pragma once

#include "kernels/emu/language/vector_types.h"

extern constinit thread_local uint3 threadIdx;
extern constinit thread_local uint3 blockIdx;
extern constinit thread_local dim3 blockDim;
extern constinit thread_local dim3 gridDim;

inline constexpr int warpSize = 32;
