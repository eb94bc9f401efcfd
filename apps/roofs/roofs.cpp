#include "apps/roofs/roofs.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "apps/roofs/peak.h"

#ifdef SINTER_HAS_CUDA
#include "apps/roofs/cuda/roofs.h"
#endif

namespace sinter::bench {

double Roofs::least_seconds(double bytes, double multiply_adds) const {
    const double moving = bytes > 0 ? bytes / bandwidth.at(bytes, Traffic::triad) : 0;
    return std::max(moving, multiply_adds / multiply_adds_per_second);
}

std::string Roofs::text() const {
    const BandwidthPoint& memory = bandwidth.points.back();
    return fmt::format("roof: {:.0f} GFLOP/s, {:.1f} GB/s from memory, measured in this run",
                       2e-9 * multiply_adds_per_second, 1e-9 * memory.of(Traffic::triad));
}

std::optional<Roofs> measure_roofs(Device device) {
    return device.run([&](auto& queue) -> std::optional<Roofs> {
        using Queue = std::remove_reference_t<decltype(queue)>;
        if constexpr (std::is_same_v<Queue, kernels::CpuQueue>)
            return Roofs{measure_fma_peak(queue) / 2, measure_bandwidth(queue)};
#ifdef SINTER_HAS_CUDA
        if constexpr (std::is_same_v<Queue, kernels::CudaQueue>) {
            if (kernels::CudaQueue::emulated()) return std::nullopt;
            const CudaDevice facts = describe_device(queue);
            return Roofs{measure_cuda_peaks(queue, facts).of(queue.precision()) / 2,
                         measure_cuda_bandwidth(queue, facts)};
        }
#endif
        return std::nullopt;
    });
}

}  // namespace sinter::bench
