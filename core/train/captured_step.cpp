#include "core/train/captured_step.h"

#include <algorithm>

#include "core/profile/work.h"
#include "kernels/runtime/graph.h"

namespace sinter {

struct CapturedStep::Recording {
    StepNumbers result;
    int runs = 0;
#ifdef SINTER_HAS_CUDA
    std::unique_ptr<kernels::CudaGraph> graph;
#endif
};

CapturedStep::CapturedStep(Device device, bool capture) : device_(device), capture_(capture) {}
CapturedStep::~CapturedStep() = default;

#ifdef SINTER_HAS_CUDA

StepNumbers CapturedStep::run(const StepKind& kind, const Pass& pass) {
    return device_.run([&](auto& queue) {
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            const MemoryScope memory(device_, memory_);
            if (!capture_) return pass();
            std::unique_ptr<Recording>& entry = recordings_[kind];
            if (!entry) {
                entry = std::make_unique<Recording>();
                // A new kind takes memory that the others counted on: they run once more before they are recorded.
                for (auto& [other_kind, other] : recordings_) other->runs = std::min(other->runs, 1);
            }
            Recording& recording = *entry;
            if (!recording.graph) {
                // Run 1 fills the pool and makes what lasts, such as gradients. Run 2 shows what a step needs beside
                // that. Run 3 is recorded and must find the same blocks free, so the last result is dropped first.
                recording.result = {};
                if (recording.runs++ < 2) return recording.result = pass();
                recording.graph = std::make_unique<kernels::CudaGraph>(queue, [&] { recording.result = pass(); });
            }
            const WorkScope uploads("write_words", 0);  // the step's own launches were named when they were recorded
            recording.graph->replay();
            return recording.result;
        } else {
            return pass();
        }
    });
}

CapturedStep::Counts CapturedStep::counts(const StepKind& kind) const {
    const auto place = recordings_.find(kind);
    if (place == recordings_.end() || !place->second->graph) return {};
    return {place->second->graph->kernels(), place->second->graph->copies()};
}

#else

StepNumbers CapturedStep::run(const StepKind&, const Pass& pass) { return pass(); }

CapturedStep::Counts CapturedStep::counts(const StepKind&) const { return {}; }

#endif

}  // namespace sinter
