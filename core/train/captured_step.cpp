#include "core/train/captured_step.h"

namespace sinter {

struct CapturedStep::Recording {
    Tensor result;
#ifdef SINTER_HAS_CUDA
    std::unique_ptr<kernels::CudaGraph> graph;
#endif
};

CapturedStep::CapturedStep(Device device, bool capture) : device_(device), capture_(capture) {}
CapturedStep::~CapturedStep() = default;

#ifdef SINTER_HAS_CUDA

Tensor CapturedStep::run(std::uint64_t kind, const Pass& pass) {
    return device_.run([&](auto& queue) {
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            const MemoryScope memory(device_, memory_);
            const auto [place, first_time] = recordings_.try_emplace(kind);
            Recording& recording = place->second;
            if (!capture_) return pass();
            if (!recording.graph && first_time) return recording.result = pass();
            if (!recording.graph) {
                // The first run found out what memory it takes; this one gets the same, so that result must be free.
                recording.result = {};
                recording.graph = std::make_unique<kernels::CudaGraph>(queue, [&] { recording.result = pass(); });
            }
            recording.graph->replay();
            return recording.result;
        } else {
            return pass();
        }
    });
}

CapturedStep::Counts CapturedStep::counts(std::uint64_t kind) const {
    const auto place = recordings_.find(kind);
    if (place == recordings_.end() || !place->second.graph) return {};
    return {place->second.graph->kernels(), place->second.graph->copies()};
}

#else

Tensor CapturedStep::run(std::uint64_t, const Pass& pass) { return pass(); }

CapturedStep::Counts CapturedStep::counts(std::uint64_t) const { return {}; }

#endif

}  // namespace sinter
