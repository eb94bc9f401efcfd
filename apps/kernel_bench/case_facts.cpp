#include "apps/kernel_bench/case_facts.h"

#include <algorithm>

#include "kernels/cases/fill.h"

namespace sinter::bench {
namespace {

using kernels::Argument;
using kernels::KernelCase;
using kernels::Role;

/// The bytes that a call keeps in use: its buffers, or less where it visits only part of them (a gathered batch).
double working_set(const KernelCase& kernel_case) {
    double buffers = 0;
    for (const Argument& argument : kernel_case.arguments)
        buffers += static_cast<double>(kernels::buffer_size<float>(argument));
    return kernel_case.bytes > 0 ? std::min(kernel_case.bytes, buffers) : buffers;
}

/// Read or write where at least nine bytes in ten are of that kind, else update if most of what is written was read
/// before, else triad. The shares are those of the buffers, as far as the case's count of bytes allows.
Traffic traffic(const KernelCase& kernel_case) {
    double read = 0, fresh = 0, updated = 0;
    for (const Argument& argument : kernel_case.arguments) {
        const double bytes = static_cast<double>(kernels::buffer_size<float>(argument));
        if (argument.role != Role::output) read += bytes;
        if (argument.role == Role::output) fresh += bytes;
        if (argument.role == Role::inout) updated += bytes;
    }
    const double written = fresh + updated;
    if (kernel_case.bytes > 0) read = std::min(read, std::max(0.0, kernel_case.bytes - written));
    if (written <= 0.1 * (read + written)) return Traffic::read;
    if (read <= 0.1 * (read + written)) return Traffic::write;
    return updated > fresh ? Traffic::update : Traffic::triad;
}

/// The shortest side of a matrix product, or the fewer channels of a convolution's two sides.
std::optional<std::int64_t> narrowest_side(const KernelCase& kernel_case) {
    if (const auto& gemm = kernel_case.gemm_shape) return std::min({gemm->m, gemm->n, gemm->k});
    if (const auto& conv = kernel_case.conv_call)
        return std::min(conv->geometry.in_channels, conv->geometry.out_channels);
    return std::nullopt;
}

}  // namespace

CaseFacts facts_of(const KernelCase& kernel_case) {
    return {.family = kernel_case.family,
            .kernel = kernel_case.kernel,
            .size = kernel_case.size,
            .flops = kernel_case.flops,
            .bytes = kernel_case.bytes,
            .working_set = working_set(kernel_case),
            .traffic = traffic(kernel_case),
            .narrowest_side = narrowest_side(kernel_case)};
}

}  // namespace sinter::bench
