// Streams and events of the emulated CUDA runtime.
#include "kernels/emu/stream.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/emu/activity.h"
#include "kernels/emu/report.h"

namespace sinter::emu {
namespace {

std::string failure_at_next_wait;

std::vector<CUstream_st*>& all_streams() {
    static auto& all = *new std::vector<CUstream_st*>;  // never destroyed: static objects may hold a stream
    return all;
}

Streams read_streams() {
    const char* const text = std::getenv("SINTER_EMU_STREAMS");
    const std::string word = text ? text : "";
    if (word.empty() || word == "late") return Streams::late;
    if (word == "prompt") return Streams::prompt;
    throw std::invalid_argument("SINTER_EMU_STREAMS is '" + word + "': expected late or prompt");
}

Streams& current_streams() {
    static Streams value = read_streams();
    return value;
}

/// Does the next task. After a failure a device does nothing more, so the others are dropped.
cudaError_t do_next(Tasks& tasks) {
    const Action task = std::move(tasks.front());
    tasks.pop_front();
    const cudaError_t error = task();
    if (error != cudaSuccess) tasks.clear();
    return error;
}

cudaError_t finish(CUstream_st& stream) {
    while (!stream.tasks->empty()) {
        if (const cudaError_t error = do_next(*stream.tasks)) return error;
    }
    return cudaSuccess;
}

/// Does what its stream has to do before the place.
cudaError_t reach(const Place& place) {
    while (!place.reached && !place.tasks->empty()) {
        if (const cudaError_t error = do_next(*place.tasks)) return error;
    }
    if (place.reached) return cudaSuccess;
    return report(cudaErrorLaunchFailure, "work in front of an event was dropped, because a launch before it failed");
}

cudaError_t failure_of_wait() {
    const std::string failure = std::exchange(failure_at_next_wait, "");
    return failure.empty() ? cudaSuccess : report(cudaErrorLaunchFailure, failure);
}

cudaError_t do_or_keep(CUstream_st* stream, Action action) {
    if (!stream || streams() == Streams::prompt) return action();
    stream->tasks->push_back(std::move(action));
    return cudaSuccess;
}

void join(CUstream_st& stream, const std::shared_ptr<Capture>& capture) {
    stream.capture = capture;
    stream.frontier.clear();
    capture->streams.push_back(&stream);
}

}  // namespace

std::recursive_mutex& order_guard() {
    static std::recursive_mutex guard;
    return guard;
}

Streams streams() {
    const std::lock_guard lock(order_guard());
    return current_streams();
}

void set_streams(Streams streams) {
    const std::lock_guard lock(order_guard());
    finish_streams();
    current_streams() = streams;
}

void finish_streams() {
    const std::lock_guard lock(order_guard());
    for (CUstream_st* stream : all_streams()) {
        if (const cudaError_t error = finish(*stream)) fail_at_next_wait(cudaGetErrorString(error));
    }
}

void fail_at_next_wait(std::string sentence) { failure_at_next_wait = std::move(sentence); }

cudaError_t refuse_in_capture(cudaStream_t stream, const char* done) {
    if (!stream || !stream->capture) return cudaSuccess;
    return report(cudaErrorStreamCaptureUnsupported,
                  std::string("memory was ") + done +
                      ", or somebody waited, on a stream that is being captured: a step is captured after a first run "
                      "has allocated all that it needs");
}

cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type, std::string name, Action action) {
    const std::lock_guard lock(order_guard());
    CUgraphNode_st node{type, std::move(name), std::move(action), {}};
    if (!stream || !stream->capture) {
        return do_or_keep(stream, [node = std::move(node), origin = note_call()] { return do_recorded(node, origin); });
    }
    std::deque<CUgraphNode_st>& nodes = stream->capture->graph->nodes;
    node.after = std::exchange(stream->frontier, {nodes.size()});
    tell_of_node(nodes.emplace_back(std::move(node)), nullptr);
    return cudaSuccess;
}

cudaError_t enqueue_outside_of_capture(cudaStream_t stream, const char* done, Action action) {
    const std::lock_guard lock(order_guard());
    if (const cudaError_t refused = refuse_in_capture(stream, done)) return refused;
    return do_or_keep(stream, std::move(action));
}

}  // namespace sinter::emu

using namespace sinter::emu;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    const std::lock_guard lock(order_guard());
    *stream = all_streams().emplace_back(new CUstream_st);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    const std::lock_guard lock(order_guard());
    const cudaError_t error = finish(*stream);
    if (stream->capture) std::erase(stream->capture->streams, stream);
    std::erase(all_streams(), stream);
    delete stream;
    return error;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    const std::lock_guard lock(order_guard());
    if (stream->capture) stream->capture->is_valid = false;
    if (const cudaError_t refused = refuse_in_capture(stream, "waited for")) return refused;
    if (const cudaError_t error = finish(*stream)) return error;
    return failure_of_wait();
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    const std::lock_guard lock(order_guard());
    if (event->capture && !event->capture->graph)
        return report(cudaErrorCapturedEvent, "a stream waits for an event of a capture that has ended");
    if (event->capture) {
        if (!stream->capture) join(*stream, event->capture);
        if (stream->capture != event->capture) {
            return report(cudaErrorStreamCaptureMerge, "a stream waits for an event of another capture than its own");
        }
        for (const std::size_t node : event->frontier) {
            if (std::ranges::find(stream->frontier, node) == stream->frontier.end()) stream->frontier.push_back(node);
        }
        return cudaSuccess;
    }
    if (stream->capture) {
        stream->capture->is_valid = false;
        return report(cudaErrorStreamCaptureIsolation,
                      "a stream that is being captured waits for an event of one that is not");
    }
    if (!event->place) return cudaSuccess;
    return do_or_keep(stream, [place = event->place] { return reach(*place); });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    *event = new CUevent_st{(flags & cudaEventDisableTiming) == 0, nullptr, nullptr, {}};
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    const std::lock_guard lock(order_guard());
    delete event;
    return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    const std::lock_guard lock(order_guard());
    event->place = nullptr;
    event->capture = stream->capture;
    event->frontier = stream->frontier;
    if (stream->capture) return cudaSuccess;
    event->place = std::make_shared<Place>(Place{stream->tasks, false, {}});
    return do_or_keep(stream, [place = event->place] {
        place->at = std::chrono::steady_clock::now();
        place->reached = true;
        return cudaSuccess;
    });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    const std::lock_guard lock(order_guard());
    if (event->capture) return report(cudaErrorCapturedEvent, "the host waits for an event of a capture");
    if (event->place) {
        if (const cudaError_t error = reach(*event->place)) return error;
    }
    return failure_of_wait();
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
    const std::lock_guard lock(order_guard());
    if (!begin->timed || !end->timed || !begin->place || !end->place)
        return report(cudaErrorInvalidResourceHandle, "an event was made without timing, or was not recorded");
    if (!begin->place->reached || !end->place->reached)
        return report(cudaErrorNotReady, "an event has not been reached yet; wait for it first");
    *milliseconds = std::chrono::duration<float, std::milli>(end->place->at - begin->place->at).count();
    return cudaSuccess;
}
