#include "kernels/emu/activity.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernels/emu/language/cupti.h"

namespace sinter::emu {
namespace {

struct Subscriber {
    CUpti_CallbackFunc callback = nullptr;
    void* userdata = nullptr;
    std::set<CUpti_CallbackId> events;
};

struct Recorder {
    std::set<CUpti_ActivityKind> kinds;
    CUpti_BuffersCallbackRequestFunc request = nullptr;
    CUpti_BuffersCallbackCompleteFunc complete = nullptr;
    std::vector<CUpti_ActivityKernel9> done;
    std::vector<CUpti_ActivityExternalCorrelation> pushed;
    std::set<std::string> names;  // whose addresses stay
    std::uint32_t calls = 0;
};

Subscriber subscriber;
std::uint64_t nodes = 0;
thread_local std::vector<std::uint64_t> external_ids;

Recorder& recorder() {
    static Recorder& one = *new Recorder;
    return one;
}

CUpti_ActivityKind kind_of(cudaGraphNodeType type) {
    switch (type) {
        case cudaGraphNodeTypeKernel:
            return CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
        case cudaGraphNodeTypeMemcpy:
            return CUPTI_ACTIVITY_KIND_MEMCPY;
        case cudaGraphNodeTypeMemset:
            return CUPTI_ACTIVITY_KIND_MEMSET;
    }
    return {};
}

std::uint64_t nanoseconds() {
    const auto now =
        std::chrono::system_clock::now().time_since_epoch();  // another clock than the host's, as a device's
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

/// Hands records over in the buffers of the caller.
template <class Record>
void hand_over(std::vector<Record>& records) {
    Recorder& from = recorder();
    for (auto next = records.begin(); next != records.end();) {
        std::uint8_t* buffer = nullptr;
        std::size_t bytes = 0, most = 0;
        from.request(&buffer, &bytes, &most);
        if (!buffer || bytes < sizeof(std::uint64_t) + sizeof(Record)) break;
        const std::size_t room = (bytes - sizeof(std::uint64_t)) / sizeof(Record);
        const std::size_t count = std::min(room, static_cast<std::size_t>(records.end() - next));
        std::copy_n(next, count, reinterpret_cast<Record*>(buffer));
        next += static_cast<std::ptrdiff_t>(count);
        from.complete(nullptr, 0, buffer, bytes, count * sizeof(Record));
    }
    records.clear();
}

void tell(CUpti_CallbackIdResource event, CUgraphNode_st& node, CUgraphNode_st* original) {
    if (!subscriber.callback || !subscriber.events.contains(event)) return;
    CUpti_GraphData graph{&node, original};
    const CUpti_ResourceData data{&graph};
    subscriber.callback(subscriber.userdata, CUPTI_CB_DOMAIN_RESOURCE, event, &data);
}

}  // namespace

Origin note_call() {
    Recorder& to = recorder();
    if (to.kinds.empty()) return {};
    const Origin origin{++to.calls, 0};
    if (to.kinds.contains(CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION) && to.kinds.contains(CUPTI_ACTIVITY_KIND_RUNTIME) &&
        !external_ids.empty()) {
        to.pushed.push_back({{CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION}, origin.call, external_ids.back()});
    }
    return origin;
}

cudaError_t do_recorded(const CUgraphNode_st& work, const Origin& origin) {
    Recorder& to = recorder();
    if (!to.kinds.contains(kind_of(work.type))) return work.action();
    const std::uint64_t begin = nanoseconds();
    const cudaError_t error = work.action();
    const char* const name = to.names.insert(work.name).first->c_str();
    to.done.push_back({{kind_of(work.type)}, origin.call, begin, nanoseconds(), origin.node, name});
    return error;
}

void tell_of_node(CUgraphNode_st& node, CUgraphNode_st* original) {
    node.id = ++nodes;
    tell(CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, node, nullptr);
    if (original) tell(CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED, node, original);
}

}  // namespace sinter::emu

using namespace sinter::emu;

CUptiResult cuptiSubscribe(CUpti_SubscriberHandle* handle, CUpti_CallbackFunc callback, void* userdata) {
    if (subscriber.callback) return CUPTI_ERROR_MAX_LIMIT_REACHED;
    subscriber = {callback, userdata, {}};
    *handle = reinterpret_cast<CUpti_SubscriberHandle>(&subscriber);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiUnsubscribe(CUpti_SubscriberHandle) {
    subscriber = {};
    return CUPTI_SUCCESS;
}

CUptiResult cuptiEnableCallback(std::uint32_t enable, CUpti_SubscriberHandle, CUpti_CallbackDomain,
                                CUpti_CallbackId id) {
    if (enable)
        subscriber.events.insert(id);
    else
        subscriber.events.erase(id);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetGraphNodeId(cudaGraphNode_t node, std::uint64_t* id) {
    if (!node) return CUPTI_ERROR_INVALID_PARAMETER;
    *id = node->id;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetVersion(std::uint32_t* version) {
    *version = 130001;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetTimestamp(std::uint64_t* time) {
    *time = nanoseconds();
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityRegisterCallbacks(CUpti_BuffersCallbackRequestFunc request,
                                           CUpti_BuffersCallbackCompleteFunc complete) {
    recorder().request = request;
    recorder().complete = complete;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityEnable(CUpti_ActivityKind kind) {
    const std::lock_guard lock(order_guard());
    recorder().kinds.insert(kind);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityDisable(CUpti_ActivityKind kind) {
    const std::lock_guard lock(order_guard());
    recorder().kinds.erase(kind);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityFlushAll(std::uint32_t) {
    const std::lock_guard lock(order_guard());
    hand_over(recorder().done);
    hand_over(recorder().pushed);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityGetNextRecord(std::uint8_t* buffer, std::size_t valid, CUpti_Activity** record) {
    auto* const first = reinterpret_cast<CUpti_Activity*>(buffer);
    const bool is_pair = valid > 0 && first->kind == CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
    const std::size_t size = is_pair ? sizeof(CUpti_ActivityExternalCorrelation) : sizeof(CUpti_ActivityKernel9);
    std::uint8_t* const next = *record ? reinterpret_cast<std::uint8_t*>(*record) + size : buffer;
    if (next >= buffer + valid) return CUPTI_ERROR_MAX_LIMIT_REACHED;
    *record = reinterpret_cast<CUpti_Activity*>(next);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityGetNumDroppedRecords(CUcontext, std::uint32_t, std::size_t* dropped) {
    *dropped = 0;
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityPushExternalCorrelationId(CUpti_ExternalCorrelationKind, std::uint64_t id) {
    external_ids.push_back(id);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityPopExternalCorrelationId(CUpti_ExternalCorrelationKind, std::uint64_t* last) {
    if (external_ids.empty()) return CUPTI_ERROR_INVALID_PARAMETER;
    *last = external_ids.back();
    external_ids.pop_back();
    return CUPTI_SUCCESS;
}
