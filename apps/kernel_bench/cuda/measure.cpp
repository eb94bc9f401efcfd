#include "apps/kernel_bench/cuda/measure.h"

#include <cmath>
#include <functional>
#include <vector>

#include "apps/kernel_bench/cuda/rotated_buffers.h"
#include "apps/roofs/cuda/stopwatch.h"
#include "core/profile/range.h"
#include "kernels/vendor/engine.h"

namespace sinter::bench {
namespace {

using kernels::Argument;
using kernels::CudaQueue;
using kernels::Engine;
using kernels::KernelCase;

/// How many copies of the case's buffers push each other out of the L2 cache; 1 where that is not to be had.
std::int64_t copies_for_cold(const CudaDevice& device, const KernelCase& kernel_case, double working_set) {
    constexpr double kMaxCopies = 1000;
    double bytes = 0;
    for (const Argument& argument : kernel_case.arguments)
        bytes += static_cast<double>(kernels::buffer_size<float>(argument));
    if (working_set <= 0) return 1;
    const double copies = 1 + std::ceil(2 * device.l2_bytes / working_set);
    const bool affordable = copies <= kMaxCopies && copies * bytes <= device.memory_bytes / 4;
    return affordable ? static_cast<std::int64_t>(copies) : 1;
}

/// Whether the vendor's libraries do the call, or any part of it; where not, it is sinter's own kernel again.
bool is_done_by_vendor(CudaQueue& queue, const std::function<void(std::int64_t)>& call) {
    queue.set_engine(Engine::vendor);
    const kernels::VendorKernels& vendor = *queue.vendor();
    const std::int64_t before = vendor.calls_done;
    call(0);
    const bool any = vendor.calls_done > before;
    queue.set_engine(Engine::own);
    return any;
}

}  // namespace

std::optional<std::string> absence_of_vendor(CudaQueue& queue) {
    try {
        queue.set_engine(Engine::vendor);
    } catch (const kernels::QueueError& error) {
        return error.what();
    }
    queue.vendor()->form = kernels::VendorForm::native;
    queue.set_engine(Engine::own);
    return std::nullopt;
}

CudaMeasurement measure_cuda_case(CudaQueue& queue, const CudaDevice& device, const KernelCase& kernel_case,
                                  bool vendor, const TimingOptions& options) {
    CudaMeasurement m{facts_of(kernel_case), {}, {}, {}, {}};
    // In native form the vendor's libraries may read half of the bytes.
    const bool half = vendor && queue.precision() == kernels::Precision::bf16;
    const std::int64_t copies = copies_for_cold(device, kernel_case, half ? m.working_set / 2 : m.working_set);
    const RotatedBuffers buffers(queue, kernel_case.arguments, copies);
    const auto call = [&](std::int64_t copy) { kernel_case.run_cuda(queue, buffers[copy]); };
    std::vector<RecordedCalls> contenders;
    const auto add_contenders = [&](Engine engine) {
        queue.set_engine(engine);
        contenders.push_back(record_sample(queue, 1, call));
        if (copies > 1) contenders.push_back(record_sample(queue, copies, call));
        queue.set_engine(Engine::own);
    };
    add_contenders(Engine::own);
    const std::size_t ours = contenders.size();
    try {
        vendor = vendor && is_done_by_vendor(queue, call);
        if (vendor) add_contenders(Engine::vendor);
    } catch (const kernels::QueueError& error) {
        queue.set_engine(Engine::own);
        m.vendor_failure = error.what();
        vendor = false;
        contenders.erase(contenders.begin() + static_cast<std::ptrdiff_t>(ours), contenders.end());
    }

    const std::vector<Timing> timings = time_recorded(queue, contenders, options);
    m.warm = timings[0];
    if (copies > 1) m.cold = timings[1];
    if (vendor) m.vendor = VendorTiming{timings[ours], {}};
    if (vendor && copies > 1) m.vendor->cold = timings[ours + 1];
    return m;
}

void profile_cuda_case(CudaQueue& queue, const KernelCase& kernel_case) {
    const RotatedBuffers buffers(queue, kernel_case.arguments, 1);
    kernel_case.run_cuda(queue, buffers[0]);  // which may allocate working memory
    queue.synchronise();
    start_profiler();
    {
        const ProfileRange range(kernel_case.name().c_str());
        kernel_case.run_cuda(queue, buffers[0]);
        queue.synchronise();
    }
    stop_profiler();
}

}  // namespace sinter::bench
