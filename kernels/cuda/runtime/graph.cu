#include "kernels/runtime/graph.h"

#include <exception>
#include <memory>
#include <type_traits>
#include <vector>

#include "kernels/cuda/runtime/error.h"
#include "kernels/cuda/runtime/queue_state.h"

namespace sinter::kernels {

CudaGraph::CudaGraph(CudaQueue& queue, const std::function<void()>& work) : queue_(queue) {
    cudaStream_t const stream = queue.stream();
    check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "beginning to record");
    queue.state_->recording = true;
    std::exception_ptr failure;
    try {
        work();
    } catch (...) {
        failure = std::current_exception();
    }
    queue.state_->recording = false;
    cudaGraph_t graph = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(stream, &graph);
    if (failure) {
        if (graph) cudaGraphDestroy(graph);
        std::rethrow_exception(failure);
    }
    const std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, decltype(&cudaGraphDestroy)> owner(graph,
                                                                                                 &cudaGraphDestroy);
    check_cuda(ended, "recording");

    std::size_t count = 0;
    check_cuda(cudaGraphGetNodes(graph, nullptr, &count), "counting what was recorded");
    std::vector<cudaGraphNode_t> nodes(count);
    check_cuda(cudaGraphGetNodes(graph, nodes.data(), &count), "counting what was recorded");
    for (cudaGraphNode_t node : nodes) {
        cudaGraphNodeType type;
        check_cuda(cudaGraphNodeGetType(node, &type), "counting what was recorded");
        ++(type == cudaGraphNodeTypeKernel ? kernels_ : copies_);
    }
    check_cuda(cudaGraphInstantiate(&executable_, graph), "making what was recorded ready");
}

CudaGraph::~CudaGraph() { cudaGraphExecDestroy(executable_); }

void CudaGraph::replay() { check_cuda(cudaGraphLaunch(executable_, queue_.stream()), "repeating what was recorded"); }

}  // namespace sinter::kernels
