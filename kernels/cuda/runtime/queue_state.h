// The parts of a CUDA queue, for the queue itself and for the graphs that are recorded on it.
#pragma once

#include <unordered_map>
#include <vector>

#include "kernels/cuda/runtime/pinned.h"
#include "kernels/cuda/runtime/word_writes.h"
#include "kernels/runtime/queue.h"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {

struct CudaQueue::State {
    struct Block {
        void* memory = nullptr;
        std::size_t bytes = 0;
    };
    static constexpr int kMaxScratchDepth = 4;

    /// Throws QueueError while a graph is recorded, because the graph could not repeat what was done.
    void refuse_while_recording(const char* what_was_done) const {
        if (!recording) return;
        throw QueueError(std::string("[cuda] ") + what_was_done +
                         " in a step that is being recorded as a graph; a first run must have allocated all that the "
                         "step needs, and what changes from step to step must be uploaded before it");
    }

    int device = 0;
    int compute_capability = 0;
    std::size_t shared_limit = 0;
    Precision precision = Precision::fp32;
    Engine engine = Engine::own;
    std::unique_ptr<VendorKernels> vendor;  // once loaded, kept with its plans
    cudaStream_t stream = nullptr;
    bool recording = false;
    cudaError_t untold = cudaSuccess;  // of a call that could not throw: the next one on the queue does
    Block scratch[kMaxScratchDepth];   // one for each level of nesting
    int scratch_depth = 0;
    Block counters;
    std::vector<void*> kept;  // which a recorded graph may still use
    WordWrites words;         // uploads that the stream does not have yet
    PinnedRing small_uploads;
    PinnedPair uploads;
    std::unordered_map<const void*, std::size_t> allowed_shared;  // of each kernel
};

}  // namespace sinter::kernels
