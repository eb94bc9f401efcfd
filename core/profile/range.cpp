#include "core/profile/range.h"

// Each header is a package of its own: without one, a build lacks what it is for.
#ifdef SINTER_PROFILER_API
#include <cuda_profiler_api.h>
#endif
#ifdef SINTER_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace sinter {
namespace {

thread_local const char* phase_under_way = nullptr;
thread_local RangeObserver* observer = nullptr;

#ifdef SINTER_NVTX

nvtxDomainHandle_t domain() {
    static const nvtxDomainHandle_t handle = nvtxDomainCreateA("sinter");
    return handle;
}

void push(const char* name) {
    nvtxEventAttributes_t attributes = {};
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
    attributes.message.ascii = name;
    nvtxDomainRangePushEx(domain(), &attributes);
}

void pop() { nvtxDomainRangePop(domain()); }

#else

void push(const char*) {}
void pop() {}

#endif

}  // namespace

void ProfileRange::begin(const char* name) {
    push(name);
    if (observer) observer->begin_range(name);
}

void ProfileRange::end() {
    if (observer) observer->end_range();
    pop();
}

void phase(const char* name) {
    if (phase_under_way) ProfileRange::end();
    if (name) ProfileRange::begin(name);
    phase_under_way = name;
}

const char* current_phase() { return phase_under_way ? phase_under_way : ""; }

RangeObserver::RangeObserver() { observer = this; }
RangeObserver::~RangeObserver() {
    if (observer == this) observer = nullptr;
}

#ifdef SINTER_PROFILER_API

// Their errors say that there is no device, which a run on the CPU does not mind.
void start_profiler() { cudaProfilerStart(); }
void stop_profiler() { cudaProfilerStop(); }

#else

void start_profiler() {}
void stop_profiler() {}

#endif

}  // namespace sinter
