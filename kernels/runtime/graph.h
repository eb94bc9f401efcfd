// Recorded work: kernels and copies that a CUDA device repeats at one call of the host.
#pragma once

#ifdef SINTER_HAS_CUDA

#include <functional>

#include "kernels/runtime/queue.h"

struct CUgraphExec_st;  // what CUDA's cudaGraphExec_t points to

namespace sinter::kernels {

/// A CUDA graph. Its work uses the addresses that it was recorded with. Whatever differs between repetitions is read
/// from device memory.
class CudaGraph {
public:
    /// Calls `work`, and records its kernels and copies on `queue` instead of doing them. Throws QueueError where the
    /// work allocates, uploads, downloads or waits, and for whatever the device refuses.
    CudaGraph(CudaQueue& queue, const std::function<void()>& work);
    ~CudaGraph();
    CudaGraph(const CudaGraph&) = delete;
    CudaGraph& operator=(const CudaGraph&) = delete;

    /// Puts all of it on the queue that it was recorded on. That queue must still exist.
    void replay();

    /// How many kernels, and how many copies and fills, it holds.
    int kernels() const { return kernels_; }
    int copies() const { return copies_; }

private:
    CudaQueue& queue_;
    CUgraphExec_st* executable_ = nullptr;
    int kernels_ = 0, copies_ = 0;
};

}  // namespace sinter::kernels

#endif
