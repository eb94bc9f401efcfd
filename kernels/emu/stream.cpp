// Streams, events and graphs of the emulated CUDA runtime.
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "kernels/emu/report.h"

struct CUgraphNode_st {
    cudaGraphNodeType type;
    std::function<cudaError_t()> action;
};
struct CUgraph_st {
    std::vector<CUgraphNode_st> nodes;
};
struct CUgraphExec_st {
    std::vector<CUgraphNode_st> nodes;
};
struct CUstream_st {
    cudaGraph_t capture = nullptr;  // what is being recorded
};
struct CUevent_st {
    bool timed;
    std::chrono::steady_clock::time_point at;
};

namespace sinter::emu {
namespace {

std::string failure_at_next_wait;

}  // namespace

void fail_at_next_wait(std::string sentence) { failure_at_next_wait = std::move(sentence); }

cudaError_t refuse_in_capture(cudaStream_t stream, const char* action) {
    if (!stream || !stream->capture) return cudaSuccess;
    return report(cudaErrorStreamCaptureUnsupported,
                  std::string("memory was ") + action +
                      ", or somebody waited, on a stream that is being captured: a step is captured after a first run "
                      "has allocated all that it needs");
}

cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type, std::function<cudaError_t()> action) {
    if (!stream || !stream->capture) return action();
    stream->capture->nodes.push_back({type, std::move(action)});
    return cudaSuccess;
}

}  // namespace sinter::emu

using namespace sinter::emu;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    *stream = new CUstream_st;
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    if (stream->capture) delete stream->capture;
    delete stream;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) { return refuse_in_capture(stream, "waited for"); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    *event = new CUevent_st{(flags & cudaEventDisableTiming) == 0, {}};
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
    event->at = std::chrono::steady_clock::now();
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t) {
    const std::string failure = std::exchange(failure_at_next_wait, "");
    return failure.empty() ? cudaSuccess : report(cudaErrorLaunchFailure, failure);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
    if (!begin->timed || !end->timed) return report(cudaErrorInvalidValue, "an event was made without timing");
    *milliseconds = std::chrono::duration<float, std::milli>(end->at - begin->at).count();
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    if (!stream) return report(cudaErrorStreamCaptureUnsupported, "the default stream cannot be captured");
    if (stream->capture) return report(cudaErrorIllegalState, "the stream is being captured already");
    stream->capture = new CUgraph_st;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    if (!stream || !stream->capture) return report(cudaErrorIllegalState, "the stream is not being captured");
    *graph = std::exchange(stream->capture, nullptr);
    return cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
    if (nodes) {
        *count = std::min(*count, graph->nodes.size());
        for (std::size_t i = 0; i < *count; ++i) nodes[i] = &graph->nodes[i];
    } else {
        *count = graph->nodes.size();
    }
    return cudaSuccess;
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* type) {
    *type = node->type;
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
    *executable = new CUgraphExec_st{graph->nodes};
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t) {
    for (const CUgraphNode_st& node : executable->nodes) {
        if (const cudaError_t error = node.action()) return error;
    }
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
    delete executable;
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
