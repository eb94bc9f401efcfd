#include "apps/kernel_bench/measure.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/cases/fill.h"

namespace sinter::bench {
namespace {

using kernels::Argument;
using kernels::Buffers;
using kernels::CpuQueue;
using kernels::KernelCase;
using kernels::Role;

/// The buffers of a case in a queue's memory.
class CaseBuffers {
public:
    CaseBuffers(CpuQueue& queue, const std::vector<Argument>& arguments) : queue_(queue) {
        view_.data.reserve(arguments.size());
        for (const Argument& argument : arguments) {
            const std::size_t bytes = kernels::buffer_size<float>(argument);
            view_.data.push_back(queue_.allocate(std::max<std::size_t>(bytes, 1)));
            kernels::fill_argument<float>(view_.data.back(), argument, view_.data.size());
        }
    }
    ~CaseBuffers() {
        for (void* memory : view_.data) queue_.release(memory);
    }
    CaseBuffers(const CaseBuffers&) = delete;
    CaseBuffers& operator=(const CaseBuffers&) = delete;

    const Buffers<float>& view() const { return view_; }

private:
    CpuQueue& queue_;
    Buffers<float> view_;
};

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

}  // namespace

Measurement measure_case(CpuQueue& queue, const KernelCase& kernel_case, const OpenBlas* blas,
                         const TimingOptions& options) {
    const CaseBuffers buffers(queue, kernel_case.arguments);
    const Buffers<float>& view = buffers.view();
    std::vector<std::function<void()>> contenders = {[&] { kernel_case.run_cpu(queue, view); }};

    std::vector<float> blas_output;
    if (blas && kernel_case.gemm_shape) {
        blas_output.resize(static_cast<std::size_t>(kernel_case.arguments[0].count));
        contenders.push_back(
            [&] { blas->multiply(blas_output.data(), view.real(1), view.real(2), *kernel_case.gemm_shape); });
    }
    const std::vector<Timing> timings = time_calls(contenders, options);

    Measurement m;
    m.family = kernel_case.family;
    m.kernel = kernel_case.kernel;
    m.size = kernel_case.size;
    m.flops = kernel_case.flops;
    m.bytes = kernel_case.bytes;
    m.working_set = working_set(kernel_case);
    m.traffic = traffic(kernel_case);
    m.timing = timings[0];
    if (timings.size() > 1) m.peer = timings[1];
    return m;
}

}  // namespace sinter::bench
