// Runs a kernel case: once by the scalar reference in double, and on the CPU or a CUDA device between guard words; then
// compares.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cases/case.h"

namespace sinter::kernels {

/// What every argument of a case holds, in the order of its declaration, as bytes.
using Contents = std::vector<std::vector<std::byte>>;

/// What each argument holds before the call on a backend whose number type is Real: inputs filled, outputs poisoned.
template <class Real>
Contents initial_contents(const KernelCase& test);

/// What each argument holds after the reference has run in double.
Contents run_reference(const KernelCase& test);

/// Where the buffers of a call start: on a cache line, one element after it, or in turn.
enum class Placement { aligned, shifted, alternating };

/// A finished call: what each argument holds, and what it broke, if anything.
struct CaseRun {
    Contents contents;
    std::optional<std::string> damage;  ///< a guard word or an input was overwritten
};

CaseRun run_on_cpu(const KernelCase& test, CpuQueue& queue, const Contents& initial, Placement placement);
#ifdef SINTER_HAS_CUDA
CaseRun run_on_cuda(const KernelCase& test, CudaQueue& queue, const Contents& initial, Placement placement);
#endif

#ifdef SINTER_HAS_CUDA
/// Runs a case on the CUDA device at every placement, on the emulated one in another schedule each: against the
/// reference, between guards, and with the same bits every time. Nothing, or a sentence on what went wrong.
std::optional<std::string> check_on_cuda(const KernelCase& test, CudaQueue& queue);
#endif

/// Nothing, or a sentence on the first output element outside of its tolerance.
std::optional<std::string> compare(const KernelCase& test, const Contents& result, const Contents& reference);

/// Nothing, or a sentence on the first element whose bits differ.
std::optional<std::string> compare_bits(const KernelCase& test, const Contents& result, const Contents& expected);

}  // namespace sinter::kernels
