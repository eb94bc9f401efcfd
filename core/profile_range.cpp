#include "core/profile_range.h"

#ifdef SINTER_NVTX
#include <cuda_profiler_api.h>
#include <nvtx3/nvToolsExt.h>
#endif

namespace sinter {
namespace {

thread_local const char* phase_under_way = nullptr;
thread_local PhaseObserver* observer = nullptr;

}  // namespace

void phase(const char* name) {
    if (phase_under_way) ProfileRange::end();
    if (name) ProfileRange::begin(name);
    phase_under_way = name;
    if (observer) observer->begin_phase(name);
}

PhaseObserver::PhaseObserver() { observer = this; }
PhaseObserver::~PhaseObserver() {
    if (observer == this) observer = nullptr;
}

#ifdef SINTER_NVTX

namespace {

nvtxDomainHandle_t domain() {
    static const nvtxDomainHandle_t handle = nvtxDomainCreateA("sinter");
    return handle;
}

}  // namespace

void ProfileRange::begin(const char* name) {
    nvtxEventAttributes_t attributes = {};
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
    attributes.message.ascii = name;
    nvtxDomainRangePushEx(domain(), &attributes);
}

void ProfileRange::end() { nvtxDomainRangePop(domain()); }

// Their errors say that there is no device, which a run on the CPU does not mind.
void start_profiler() { cudaProfilerStart(); }
void stop_profiler() { cudaProfilerStop(); }

#else

void ProfileRange::begin(const char*) {}
void ProfileRange::end() {}
void start_profiler() {}
void stop_profiler() {}

#endif

}  // namespace sinter
