// CUPTI: the functions that sinter calls, of the library that the toolkit brings, or of the emulated device.
#pragma once

#ifdef SINTER_CUDA_EMULATED
#include "kernels/emu/language/cupti.h"
#else
#include <cupti.h>
#endif

namespace sinter::kernels {

/// CUPTI's functions by their names in its documentation, without the prefix.
struct Cupti {
    decltype(&cuptiGetVersion) GetVersion;
    decltype(&cuptiSubscribe) Subscribe;
    decltype(&cuptiUnsubscribe) Unsubscribe;
    decltype(&cuptiEnableCallback) EnableCallback;
    decltype(&cuptiGetGraphNodeId) GetGraphNodeId;
    decltype(&cuptiGetTimestamp) GetTimestamp;
    decltype(&cuptiActivityRegisterCallbacks) ActivityRegisterCallbacks;
    decltype(&cuptiActivityEnable) ActivityEnable;
    decltype(&cuptiActivityDisable) ActivityDisable;
    decltype(&cuptiActivityFlushAll) ActivityFlushAll;
    decltype(&cuptiActivityGetNextRecord) ActivityGetNextRecord;
    decltype(&cuptiActivityGetNumDroppedRecords) ActivityGetNumDroppedRecords;
    decltype(&cuptiActivityPushExternalCorrelationId) ActivityPushExternalCorrelationId;
    decltype(&cuptiActivityPopExternalCorrelationId) ActivityPopExternalCorrelationId;
};

/// The library, loaded by the first call until the program ends; null where it is not found.
const Cupti* cupti();

}  // namespace sinter::kernels
