// Graphs of the emulated CUDA runtime: captured, then replayed in an order of the schedule that their edges allow.
#include <algorithm>
#include <atomic>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "kernels/emu/activity.h"
#include "kernels/emu/report.h"
#include "kernels/emu/schedule.h"
#include "kernels/emu/stream.h"

struct CUgraphExec_st {
    std::shared_ptr<const CUgraph_st> graph;  // which a launch that is under way keeps
};

using namespace sinter::emu;

namespace {

/// Every node that `nodes` come after, and these.
std::set<std::size_t> with_ancestors(const CUgraph_st& graph, std::vector<std::size_t> nodes) {
    std::set<std::size_t> found;
    while (!nodes.empty()) {
        const std::size_t node = nodes.back();
        nodes.pop_back();
        if (!found.insert(node).second) continue;
        nodes.insert(nodes.end(), graph.nodes[node].after.begin(), graph.nodes[node].after.end());
    }
    return found;
}

/// An order that the edges allow: of the nodes that could be next, the first, the last or any one, as the schedule
/// says.
std::vector<std::size_t> replay_order(const CUgraph_st& graph, const Schedule& schedule) {
    static std::atomic<std::uint64_t> replays = 0;
    const std::uint64_t replay = ++replays;
    std::vector<std::size_t> unmet, ready, order;
    std::vector<std::vector<std::size_t>> successors(graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::size_t earlier : graph.nodes[i].after) successors[earlier].push_back(i);
        unmet.push_back(graph.nodes[i].after.size());
        if (unmet[i] == 0) ready.push_back(i);
    }
    while (!ready.empty()) {
        std::vector<int> places;
        put_in_order(places, static_cast<int>(ready.size()), schedule, replay * 1000 + order.size());
        const auto chosen = ready.begin() + places.front();
        const std::size_t node = *chosen;
        ready.erase(chosen);
        order.push_back(node);
        for (const std::size_t later : successors[node]) {
            if (--unmet[later] == 0) ready.push_back(later);
        }
    }
    return order;
}

}  // namespace

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    const std::lock_guard lock(order_guard());
    if (!stream) return report(cudaErrorStreamCaptureUnsupported, "the default stream cannot be captured");
    if (stream->capture) return report(cudaErrorIllegalState, "the stream is being captured already");
    stream->capture = std::make_shared<Capture>(Capture{std::make_unique<CUgraph_st>(), stream, {stream}, true});
    stream->frontier.clear();
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    const std::lock_guard lock(order_guard());
    *graph = nullptr;
    if (!stream || !stream->capture) return report(cudaErrorIllegalState, "the stream is not being captured");
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture->origin != stream)
        return report(cudaErrorStreamCaptureUnmatched, "a capture ends on another stream than it began on");
    const std::set<std::size_t> joined = with_ancestors(*capture->graph, stream->frontier);
    const bool all_joined = std::ranges::all_of(capture->streams, [&](const CUstream_st* part) {
        return std::ranges::includes(joined, with_ancestors(*capture->graph, part->frontier));
    });
    const std::unique_ptr<CUgraph_st> recorded = std::exchange(capture->graph, nullptr);
    for (CUstream_st* part : capture->streams) part->capture = nullptr;
    if (!capture->is_valid) return report(cudaErrorStreamCaptureInvalidated, "a call during the capture was refused");
    if (!all_joined) {
        return report(cudaErrorStreamCaptureUnjoined,
                      "a stream that was forked from the captured one has work that nobody there waits for");
    }
    *graph = new CUgraph_st(std::move(*recorded));
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
    const std::lock_guard lock(order_guard());
    const auto copy = std::make_shared<CUgraph_st>(*graph);
    for (std::size_t i = 0; i < copy->nodes.size(); ++i) tell_of_node(copy->nodes[i], &graph->nodes[i]);
    *executable = new CUgraphExec_st{copy};
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
    const std::lock_guard lock(order_guard());
    return enqueue_outside_of_capture(stream, "replayed", [graph = executable->graph, origin = note_call()] {
        for (const std::size_t place : replay_order(*graph, schedule())) {
            const CUgraphNode_st& node = graph->nodes[place];
            if (const cudaError_t error = do_recorded(node, {origin.call, node.id})) return error;
        }
        return cudaSuccess;
    });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
    delete executable;
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
