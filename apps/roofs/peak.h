// The roof over compute-bound kernels: how many floating-point operations the machine really does in a second.
#pragma once

#include <string>

#include "kernels/runtime/queue.h"

namespace sinter::bench {

/// The highest rate of fused multiply-adds on all threads of the queue at once, in floating-point operations per second
/// (a multiply-add counts two): independent chains that never leave the registers, the best of many windows of about a
/// millisecond. Takes about 0.1 s.
double measure_fma_peak(kernels::CpuQueue& queue);

/// The instruction set that the kernels run on, by Highway's name for it: "AVX3" is AVX-512, "AVX2", "NEON", ...
std::string simd_target();

}  // namespace sinter::bench
