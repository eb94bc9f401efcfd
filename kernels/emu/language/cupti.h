// The part of CUPTI that sinter calls, as NVIDIA declares it, with the fields that it reads. Times are the host's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/emu/language/runtime_api.h"

#define CUPTIAPI

enum CUptiResult { CUPTI_SUCCESS = 0, CUPTI_ERROR_INVALID_PARAMETER = 1, CUPTI_ERROR_MAX_LIMIT_REACHED = 12 };
using CUcontext = struct CUctx_st*;

// What happens to graphs, told to one subscriber.
using CUpti_SubscriberHandle = struct CUpti_Subscriber_st*;
using CUpti_CallbackId = std::uint32_t;
enum CUpti_CallbackDomain { CUPTI_CB_DOMAIN_RESOURCE = 3 };
enum CUpti_CallbackIdResource { CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED = 13, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED = 20 };
struct CUpti_GraphData {
    cudaGraphNode_t node, originalNode;
};
struct CUpti_ResourceData {
    void* resourceDescriptor;
};
using CUpti_CallbackFunc = void (*)(void* userdata, CUpti_CallbackDomain domain, CUpti_CallbackId id, const void* data);
CUptiResult cuptiSubscribe(CUpti_SubscriberHandle* subscriber, CUpti_CallbackFunc callback, void* userdata);
CUptiResult cuptiUnsubscribe(CUpti_SubscriberHandle subscriber);
CUptiResult cuptiEnableCallback(std::uint32_t enable, CUpti_SubscriberHandle subscriber, CUpti_CallbackDomain domain,
                                CUpti_CallbackId id);
CUptiResult cuptiGetGraphNodeId(cudaGraphNode_t node, std::uint64_t* id);
CUptiResult cuptiGetVersion(std::uint32_t* version);
CUptiResult cuptiGetTimestamp(std::uint64_t* nanoseconds);

// What was done, in buffers that the caller hands out.
enum CUpti_ActivityKind {
    CUPTI_ACTIVITY_KIND_MEMCPY = 1,
    CUPTI_ACTIVITY_KIND_MEMSET = 2,
    CUPTI_ACTIVITY_KIND_DRIVER = 4,
    CUPTI_ACTIVITY_KIND_RUNTIME = 5,
    CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL = 10,
    CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION = 39
};
struct CUpti_Activity {
    CUpti_ActivityKind kind;
};
/// Of one size, so that a buffer is an array of them.
struct CUpti_ActivityKernel9 : CUpti_Activity {
    std::uint32_t correlationId;
    std::uint64_t start, end, graphNodeId;
    const char* name;
};
using CUpti_ActivityMemcpy5 = CUpti_ActivityKernel9;
using CUpti_ActivityMemset4 = CUpti_ActivityKernel9;
enum CUpti_ExternalCorrelationKind { CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0 = 3 };
struct CUpti_ActivityExternalCorrelation : CUpti_Activity {
    std::uint32_t correlationId;
    std::uint64_t externalId;
};
inline constexpr std::uint32_t CUPTI_ACTIVITY_FLAG_FLUSH_FORCED = 1;
using CUpti_BuffersCallbackRequestFunc = void (*)(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records);
using CUpti_BuffersCallbackCompleteFunc = void (*)(CUcontext context, std::uint32_t stream, std::uint8_t* buffer,
                                                   std::size_t size, std::size_t valid);
CUptiResult cuptiActivityRegisterCallbacks(CUpti_BuffersCallbackRequestFunc request,
                                           CUpti_BuffersCallbackCompleteFunc complete);
CUptiResult cuptiActivityEnable(CUpti_ActivityKind kind);
CUptiResult cuptiActivityDisable(CUpti_ActivityKind kind);
CUptiResult cuptiActivityFlushAll(std::uint32_t flag);
CUptiResult cuptiActivityGetNextRecord(std::uint8_t* buffer, std::size_t valid, CUpti_Activity** record);
CUptiResult cuptiActivityGetNumDroppedRecords(CUcontext context, std::uint32_t stream, std::size_t* dropped);
CUptiResult cuptiActivityPushExternalCorrelationId(CUpti_ExternalCorrelationKind kind, std::uint64_t id);
CUptiResult cuptiActivityPopExternalCorrelationId(CUpti_ExternalCorrelationKind kind, std::uint64_t* last);
