// Empty in a build that did not find CUPTI's headers.
#if defined(SINTER_CUPTI) || defined(SINTER_CUDA_EMULATED)

#include "kernels/cuda/runtime/cupti.h"

#include <string>

#ifndef SINTER_CUDA_EMULATED
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <vector>

#include "kernels/vendor/library.h"
#endif

namespace sinter::kernels {
namespace {

#ifdef SINTER_CUDA_EMULATED

#define SINTER_CUPTI_FUNCTION(name) functions.name = &cupti##name

int part_of_the_emulator;
void* open_library() { return &part_of_the_emulator; }

#else

#define SINTER_CUPTI_FUNCTION(name) \
    functions.name = reinterpret_cast<decltype(functions.name)>(dlsym(library, "cupti" #name))

void* open_library() {
    const std::string name = "libcupti.so." + std::to_string(CUDART_VERSION / 1000);
    std::vector<std::string> files = {name, SINTER_CUPTI};
    for (const std::string& folder : vendor_folders()) {
        files.push_back(folder + "/" + name);
        files.push_back(folder + "/../extras/CUPTI/lib64/" + name);
    }
    for (const std::string& file : files) {
        if (void* const library = file.empty() ? nullptr : dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    }
    return nullptr;
}

#endif

}  // namespace

const Cupti* cupti() {
    static const Cupti* const found = []() -> const Cupti* {
        [[maybe_unused]] void* const library = open_library();
        if (!library) return nullptr;
        static Cupti functions;
        SINTER_CUPTI_FUNCTION(GetVersion);
        SINTER_CUPTI_FUNCTION(Subscribe);
        SINTER_CUPTI_FUNCTION(Unsubscribe);
        SINTER_CUPTI_FUNCTION(EnableCallback);
        SINTER_CUPTI_FUNCTION(GetGraphNodeId);
        SINTER_CUPTI_FUNCTION(GetTimestamp);
        SINTER_CUPTI_FUNCTION(ActivityRegisterCallbacks);
        SINTER_CUPTI_FUNCTION(ActivityEnable);
        SINTER_CUPTI_FUNCTION(ActivityDisable);
        SINTER_CUPTI_FUNCTION(ActivityFlushAll);
        SINTER_CUPTI_FUNCTION(ActivityGetNextRecord);
        SINTER_CUPTI_FUNCTION(ActivityGetNumDroppedRecords);
        SINTER_CUPTI_FUNCTION(ActivityPushExternalCorrelationId);
        SINTER_CUPTI_FUNCTION(ActivityPopExternalCorrelationId);
        const bool complete = functions.GetVersion && functions.Subscribe && functions.Unsubscribe &&
                              functions.EnableCallback && functions.GetGraphNodeId && functions.GetTimestamp &&
                              functions.ActivityRegisterCallbacks && functions.ActivityEnable &&
                              functions.ActivityDisable && functions.ActivityFlushAll &&
                              functions.ActivityGetNextRecord && functions.ActivityGetNumDroppedRecords &&
                              functions.ActivityPushExternalCorrelationId && functions.ActivityPopExternalCorrelationId;
        return complete ? &functions : nullptr;
    }();
    return found;
}

}  // namespace sinter::kernels

#endif
