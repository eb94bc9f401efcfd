// What kernel_bench found on a CUDA device, as an aligned table for people and as JSON for programs.
#pragma once

#include <span>
#include <string>

#include "apps/kernel_bench/cuda/measure.h"
#include "apps/roofs/cuda/roofs.h"

namespace sinter::bench {

/// The device and its roofs, all measured in this run.
struct CudaMachine {
    CudaDevice device;
    kernels::Precision precision = kernels::Precision::fp32;  ///< of matrix products and convolutions
    CudaPeaks peaks;
    double empty_launch = 0;  ///< seconds
    BandwidthCurve bandwidth;
    std::string vendor_absence;  ///< why the vendor engine takes no part; empty if it does
};

/// A header with the device and its roofs, and a line per case. Operations are compared with the peak of the precision
/// (everything but matrix products and convolutions with that of float32), warm bytes with the bandwidth where the
/// working set lives, cold ones with that of the device's memory.
std::string format_table(const CudaMachine& machine, std::span<const CudaMeasurement> measurements);

/// The same numbers in SI units (seconds, bytes, operations per second), one object; indented, ends with a newline.
std::string format_json(const CudaMachine& machine, std::span<const CudaMeasurement> measurements);

}  // namespace sinter::bench
