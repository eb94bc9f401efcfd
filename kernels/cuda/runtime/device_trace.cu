#include "kernels/device_trace.h"

#include <algorithm>
#include <utility>

#include "kernels/cuda/runtime/device.cuh"

#if defined(SINTER_CUPTI) || defined(SINTER_CUDA_EMULATED)
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <unordered_map>

#include "kernels/cuda/runtime/cupti.h"
#endif

namespace sinter::kernels {

#if defined(SINTER_CUPTI) || defined(SINTER_CUDA_EMULATED)

namespace {

constexpr CUpti_ActivityKind kKinds[] = {
    CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMSET,
    // Without the calls of the runtime, CUPTI does not tell which of them a number was pushed for.
    CUPTI_ACTIVITY_KIND_RUNTIME, CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION};

/// A record as CUPTI gives it.
struct RawRecord {
    std::string kernel;
    std::uint64_t begin, end;  // nanoseconds of CUPTI's clock
    std::uint64_t node;        // of a graph; 0 for none
    std::uint32_t call;        // that launched it
};

/// CUPTI hands over what it has to plain functions, some of them on a thread of its own.
struct Listener {
    std::mutex guard;
    CUpti_SubscriberHandle subscriber = nullptr;
    std::unordered_map<std::uint64_t, std::uint64_t> work_of_node;
    std::unordered_map<std::uint32_t, std::uint64_t> work_of_call;
    std::vector<RawRecord> records;
    double offset = 0;  // seconds, from CUPTI's clock to std::chrono::steady_clock
    std::atomic<bool> recording = false;
};

Listener& listener() {
    static Listener& one = *new Listener;  // CUPTI's thread may outlive static objects
    return one;
}

thread_local std::uint64_t current_work = 0;

void CUPTIAPI hear(void*, CUpti_CallbackDomain, CUpti_CallbackId event, const void* data) {
    const auto& graph =
        *static_cast<const CUpti_GraphData*>(static_cast<const CUpti_ResourceData*>(data)->resourceDescriptor);
    Listener& to = listener();
    const std::lock_guard lock(to.guard);
    std::uint64_t node = 0, original = 0;
    if (cupti()->GetGraphNodeId(graph.node, &node) != CUPTI_SUCCESS) return;
    if (event == CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED && current_work != 0) to.work_of_node[node] = current_work;
    // What is launched is a copy of the graph that was recorded.
    if (event == CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED &&
        cupti()->GetGraphNodeId(graph.originalNode, &original) == CUPTI_SUCCESS) {
        if (const auto found = to.work_of_node.find(original); found != to.work_of_node.end())
            to.work_of_node[node] = found->second;
    }
}

void CUPTIAPI hand_out_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records) {
    constexpr std::size_t kBytes = 1 << 20, kAlignment = 8;
    *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, kBytes));
    *size = *buffer ? kBytes : 0;
    *most_records = 0;  // as many as fit
}

/// Later versions of a record only grow at its end.
template <class Record>
RawRecord read(const CUpti_Activity* activity, std::string kernel) {
    const auto& record = *reinterpret_cast<const Record*>(activity);
    return {std::move(kernel), record.start, record.end, record.graphNodeId, record.correlationId};
}

void take(const CUpti_Activity* activity, Listener& to) {
    switch (activity->kind) {
        case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL: {
            const char* const name = reinterpret_cast<const CUpti_ActivityKernel9*>(activity)->name;
            to.records.push_back(read<CUpti_ActivityKernel9>(activity, name ? name : ""));
            return;
        }
        case CUPTI_ACTIVITY_KIND_MEMCPY:
            to.records.push_back(read<CUpti_ActivityMemcpy5>(activity, "copy"));
            return;
        case CUPTI_ACTIVITY_KIND_MEMSET:
            to.records.push_back(read<CUpti_ActivityMemset4>(activity, "fill"));
            return;
        case CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION: {
            const auto& pair = *reinterpret_cast<const CUpti_ActivityExternalCorrelation*>(activity);
            to.work_of_call[pair.correlationId] = pair.externalId;
            return;
        }
        default:
            return;  // the calls of the runtime themselves
    }
}

void CUPTIAPI take_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid) {
    {
        Listener& to = listener();
        const std::lock_guard lock(to.guard);
        CUpti_Activity* record = nullptr;
        while (cupti()->ActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) take(record, to);
    }
    std::free(buffer);
}

bool under_profiler() {
    const auto set = [](const char* name) { return std::getenv(name) != nullptr; };
    return set("CUDA_INJECTION64_PATH") || set("NVTX_INJECTION64_PATH") || set("NSYS_PROFILING_SESSION_ID");
}

/// Subscribes, and returns why it could not; "" where it could.
std::string subscribe() {
    if (under_profiler()) return "the program runs under a profiler, which shows more";
    if (!cupti()) return "libcupti, a part of the CUDA toolkit, was not found";
    Listener& to = listener();
    CUptiResult status = cupti()->Subscribe(&to.subscriber, &hear, nullptr);
    for (const auto event : {CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED}) {
        if (status == CUPTI_SUCCESS)
            status = cupti()->EnableCallback(1, to.subscriber, CUPTI_CB_DOMAIN_RESOURCE, event);
    }
    if (status == CUPTI_SUCCESS) status = cupti()->ActivityRegisterCallbacks(&hand_out_buffer, &take_buffer);
    if (status == CUPTI_SUCCESS) return "";
    if (to.subscriber) cupti()->Unsubscribe(std::exchange(to.subscriber, nullptr));
    return "CUPTI refused with error " + std::to_string(static_cast<int>(status));
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

void set_work(std::uint64_t work) {
    if (listener().recording) {
        std::uint64_t last = 0;
        if (current_work != 0)
            cupti()->ActivityPopExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last);
        if (work != 0) cupti()->ActivityPushExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, work);
    }
    current_work = work;
}

DeviceTrace::DeviceTrace() : absence_(subscribe()) {}

DeviceTrace::~DeviceTrace() {
    if (!absence_.empty()) return;
    if (listener().recording) stop();
    cupti()->Unsubscribe(std::exchange(listener().subscriber, nullptr));
    const std::lock_guard lock(listener().guard);
    listener().work_of_node.clear();
}

void DeviceTrace::start() {
    Listener& to = listener();
    if (!absence_.empty() || to.recording) return;
    for (const CUpti_ActivityKind kind : kKinds) {
        if (const CUptiResult status = cupti()->ActivityEnable(kind); status != CUPTI_SUCCESS) {
            for (const CUpti_ActivityKind enabled : kKinds) cupti()->ActivityDisable(enabled);
            absence_ = "CUPTI refused with error " + std::to_string(static_cast<int>(status));
            return;
        }
    }
    std::uint64_t clock = 0;
    const double before = now();
    cupti()->GetTimestamp(&clock);
    to.offset = (before + now()) / 2 - 1e-9 * static_cast<double>(clock);
    to.recording = true;
}

std::vector<DeviceRecord> DeviceTrace::stop() {
    Listener& from = listener();
    if (!from.recording.exchange(false)) return {};
    cupti()->ActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    for (const CUpti_ActivityKind kind : kKinds) cupti()->ActivityDisable(kind);

    const std::lock_guard lock(from.guard);
    std::vector<DeviceRecord> records;
    for (RawRecord& raw : std::exchange(from.records, {})) {
        const auto node = from.work_of_node.find(raw.node);
        const auto call = from.work_of_call.find(raw.call);
        const bool of_node = raw.node != 0;
        const std::uint64_t work = of_node && node != from.work_of_node.end()    ? node->second
                                   : !of_node && call != from.work_of_call.end() ? call->second
                                                                                 : 0;
        const auto seconds = [&](std::uint64_t time) { return 1e-9 * static_cast<double>(time) + from.offset; };
        records.push_back({std::move(raw.kernel), work, seconds(raw.begin), seconds(raw.end)});
    }
    from.work_of_call.clear();
    std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return records;
}

#else

void set_work(std::uint64_t) {}

DeviceTrace::DeviceTrace() : absence_("this build had no header of CUPTI, a part of the CUDA toolkit") {}
DeviceTrace::~DeviceTrace() = default;
void DeviceTrace::start() {}
std::vector<DeviceRecord> DeviceTrace::stop() { return {}; }

#endif

}  // namespace sinter::kernels
