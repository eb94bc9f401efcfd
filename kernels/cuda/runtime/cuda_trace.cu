#include "kernels/runtime/cuda_trace.h"

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
    // Without the calls of the runtime and, for libraries, of the driver, CUPTI does not tell for which of them a
    // number was pushed.
    CUPTI_ACTIVITY_KIND_RUNTIME, CUPTI_ACTIVITY_KIND_DRIVER, CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION};

/// CUPTI of CUDA 13.0 before its first update hangs where recording ends.
constexpr std::uint32_t kBrokenVersion = 130000;

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
    std::size_t without_times = 0;
    // One moment by CUPTI's clock, and by std::chrono::steady_clock. Nanoseconds since 1970 have more digits than a
    // double, so times are counted from here.
    std::uint64_t clock = 0;
    double host = 0;
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
    // CUPTI may hold a lock of its own when it hands over a buffer, so it is not called under ours.
    const bool is_clone = event == CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED;
    std::uint64_t node = 0, original = 0;
    if (cupti()->GetGraphNodeId(graph.node, &node) != CUPTI_SUCCESS) return;
    if (is_clone && cupti()->GetGraphNodeId(graph.originalNode, &original) != CUPTI_SUCCESS) return;
    Listener& to = listener();
    const std::lock_guard lock(to.guard);
    if (!is_clone) {
        if (current_work != 0) to.work_of_node[node] = current_work;
    } else if (const auto found = to.work_of_node.find(original); found != to.work_of_node.end()) {
        to.work_of_node[node] = found->second;  // what is launched is a copy of the graph that was recorded
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

/// What a buffer holds.
struct Batch {
    std::vector<RawRecord> records;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> work_of_call;
};

void take(const CUpti_Activity* activity, Batch& to) {
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
            to.work_of_call.emplace_back(pair.correlationId, pair.externalId);
            return;
        }
        default:
            return;  // the calls themselves
    }
}

void CUPTIAPI take_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid) {
    Batch batch;
    CUpti_Activity* record = nullptr;
    while (cupti()->ActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) take(record, batch);
    std::free(buffer);
    Listener& to = listener();
    const std::lock_guard lock(to.guard);
    for (RawRecord& taken : batch.records) {
        if (taken.begin == 0 || taken.end < taken.begin)
            ++to.without_times;  // CUPTI could not collect them
        else
            to.records.push_back(std::move(taken));
    }
    to.work_of_call.insert(batch.work_of_call.begin(), batch.work_of_call.end());
}

bool under_profiler() {
    const auto set = [](const char* name) { return std::getenv(name) != nullptr; };
    return set("CUDA_INJECTION64_PATH") || set("NVTX_INJECTION64_PATH") || set("NSYS_PROFILING_SESSION_ID");
}

std::string refusal(CUptiResult status) {
    return "CUPTI refused with error " + std::to_string(static_cast<int>(status));
}

/// Subscribes, and returns why it could not; "" where it could.
std::string subscribe() {
    if (under_profiler()) return "the program runs under a profiler, which shows more";
    if (!cupti()) return "libcupti, a part of the CUDA toolkit, was not found";
    std::uint32_t version = 0;
    if (cupti()->GetVersion(&version) != CUPTI_SUCCESS || version == kBrokenVersion)
        return "this libcupti, of CUDA 13.0 before update 1, hangs: install a later one";
    Listener& to = listener();
    CUptiResult status = cupti()->Subscribe(&to.subscriber, &hear, nullptr);
    for (const auto event : {CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED}) {
        if (status == CUPTI_SUCCESS)
            status = cupti()->EnableCallback(1, to.subscriber, CUPTI_CB_DOMAIN_RESOURCE, event);
    }
    if (status == CUPTI_SUCCESS) status = cupti()->ActivityRegisterCallbacks(&hand_out_buffer, &take_buffer);
    if (status == CUPTI_SUCCESS) return "";
    if (to.subscriber) cupti()->Unsubscribe(std::exchange(to.subscriber, nullptr));
    return refusal(status);
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

void CudaTrace::set_work(std::uint64_t work) {
    if (listener().recording) {
        std::uint64_t last = 0;
        if (current_work != 0)
            cupti()->ActivityPopExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, &last);
        if (work != 0) cupti()->ActivityPushExternalCorrelationId(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, work);
    }
    current_work = work;
}

CudaTrace::CudaTrace() : absence_(subscribe()) {}

CudaTrace::~CudaTrace() {
    if (!absence_.empty()) return;
    if (listener().recording) stop();
    cupti()->Unsubscribe(std::exchange(listener().subscriber, nullptr));
    const std::lock_guard lock(listener().guard);
    listener().work_of_node.clear();
}

void CudaTrace::start() {
    Listener& to = listener();
    if (!absence_.empty() || to.recording) return;
    for (const CUpti_ActivityKind kind : kKinds) {
        if (const CUptiResult status = cupti()->ActivityEnable(kind); status != CUPTI_SUCCESS) {
            for (const CUpti_ActivityKind enabled : kKinds) cupti()->ActivityDisable(enabled);
            absence_ = refusal(status);
            return;
        }
    }
    double shortest = 0;
    for (int i = 0; i < 5; ++i) {  // the first call may take long
        const double before = now();
        std::uint64_t clock = 0;
        if (cupti()->GetTimestamp(&clock) != CUPTI_SUCCESS) continue;
        const double took = now() - before;
        if (i > 0 && took >= shortest) continue;
        shortest = took;
        to.clock = clock;
        to.host = before + took / 2;
    }
    to.recording = true;
}

std::vector<CudaRecord> CudaTrace::stop() {
    Listener& from = listener();
    if (!from.recording.exchange(false)) return {};
    const CUptiResult flushed = cupti()->ActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    for (const CUpti_ActivityKind kind : kKinds) cupti()->ActivityDisable(kind);
    std::size_t dropped = 0;
    cupti()->ActivityGetNumDroppedRecords(nullptr, 0, &dropped);

    const std::lock_guard lock(from.guard);
    std::vector<CudaRecord> records;
    for (RawRecord& raw : std::exchange(from.records, {})) {
        const auto node = from.work_of_node.find(raw.node);
        const auto call = from.work_of_call.find(raw.call);
        const bool of_node = raw.node != 0;
        const std::uint64_t work = of_node && node != from.work_of_node.end()    ? node->second
                                   : !of_node && call != from.work_of_call.end() ? call->second
                                                                                 : 0;
        const auto seconds = [&](std::uint64_t time) {
            return from.host + 1e-9 * static_cast<double>(static_cast<std::int64_t>(time - from.clock));
        };
        records.push_back({std::move(raw.kernel), work, seconds(raw.begin), seconds(raw.end)});
    }
    from.work_of_call.clear();
    lost_ += dropped + std::exchange(from.without_times, 0);
    if (records.empty()) absence_ = flushed == CUPTI_SUCCESS ? "CUPTI recorded nothing" : refusal(flushed);
    std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return records;
}

#else

void CudaTrace::set_work(std::uint64_t) {}

CudaTrace::CudaTrace() : absence_("this build had no header of CUPTI, a part of the CUDA toolkit") {}
CudaTrace::~CudaTrace() = default;
void CudaTrace::start() {}
std::vector<CudaRecord> CudaTrace::stop() { return {}; }

#endif

}  // namespace sinter::kernels
