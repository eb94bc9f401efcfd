// The order of work on the emulated device: streams, events, and how both are captured as graphs.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kernels/emu/language/runtime_api.h"

namespace sinter::emu {

/// When a stream does its work. `late`: when the host waits for it, which is the last moment that CUDA allows. An
/// upload whose source is overwritten, a result that is read too early and an event that nobody waits for then give
/// wrong numbers. `prompt`: before the call that asks for it returns, so that a debugger sees the caller.
enum class Streams : std::uint8_t { late, prompt };

/// It begins as $SINTER_EMU_STREAMS says: "late" (also without it) or "prompt".
Streams streams();
/// Does first what is under way.
void set_streams(Streams streams);

/// Does what is under way on all streams. The next wait reports a failure.
void finish_streams();

using Action = std::function<cudaError_t()>;

/// Does something now or later, or keeps it as a node of the graph that is being captured on the stream.
cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type, std::string name, Action action);
/// The same for what a captured stream refuses and no profiler sees. `done` says what that is: "freed".
cudaError_t enqueue_outside_of_capture(cudaStream_t stream, const char* done, Action action);

/// An error if the stream is being captured, with a sentence on `done`: what waits or allocates is refused then.
cudaError_t refuse_in_capture(cudaStream_t stream, const char* done);

/// What a stream has to do. Events on it know it too, and may outlive the stream.
using Tasks = std::deque<Action>;

/// A place on a stream: that of an event.
struct Place {
    std::shared_ptr<Tasks> tasks;
    bool reached = false;
    std::chrono::steady_clock::time_point at;
};

/// The graph under capture, of all streams that take part. Forked streams join by an event of another one.
struct Capture {
    std::unique_ptr<CUgraph_st> graph;
    CUstream_st* origin = nullptr;
    std::vector<CUstream_st*> streams;
    bool is_valid = true;
};

/// All of this file and of graph.cpp happens under this lock.
std::recursive_mutex& order_guard();

}  // namespace sinter::emu

struct CUgraphNode_st {
    cudaGraphNodeType type;
    std::string name;  ///< of a kernel
    sinter::emu::Action action;
    std::vector<std::size_t> after;  ///< the nodes that it comes after, by their places
    std::uint64_t id = 0;            ///< for CUPTI
};

struct CUgraph_st {
    std::deque<CUgraphNode_st> nodes;  // whose addresses stay
};

struct CUstream_st {
    std::shared_ptr<sinter::emu::Tasks> tasks = std::make_shared<sinter::emu::Tasks>();
    std::shared_ptr<sinter::emu::Capture> capture;
    std::vector<std::size_t> frontier;  ///< of the capture: the nodes that the next one comes after
};

struct CUevent_st {
    bool timed;
    std::shared_ptr<sinter::emu::Place> place;      ///< where it was recorded last; null for nowhere
    std::shared_ptr<sinter::emu::Capture> capture;  ///< where it was recorded in one
    std::vector<std::size_t> frontier;
};
