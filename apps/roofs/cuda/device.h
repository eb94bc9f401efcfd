// What roofs and reports need to know of a CUDA device.
#pragma once

#include <string>

#include "kernels/runtime/queue.h"

namespace sinter::bench {

struct CudaDevice {
    std::string name;
    int compute_capability = 0;  ///< times ten
    int multiprocessors = 0;
    double l2_bytes = 0;
    double memory_bytes = 0;
    bool emulated = false;  ///< times are those of an emulator on the CPU
};

CudaDevice describe_device(const kernels::CudaQueue& queue);

}  // namespace sinter::bench
