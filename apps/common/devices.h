// On which device a program computes, and how: --device and the options that go with it.
#pragma once

#include <string>

#include "core/device.h"
#include "core/options/option_list.h"

namespace sinter {

struct DeviceOptions {
    std::string device = "auto";
    kernels::Engine engine = kernels::Engine::own;
    kernels::Precision precision = kernels::Precision::fp32;
    bool no_capture = false;
    int threads = 0;
};

void describe(OptionList& list, DeviceOptions& options);
/// What --help says of --precision.
inline constexpr const char* kPrecisionHelp = "To what a CUDA device rounds what it multiplies";

/// Turns the options into a device. Throws UsageError for a device of no such kind, DeviceError where it is not to be
/// had. Only `auto` falls back to the CPU, and in builds with CUDA says why.
Device choose_device(const DeviceOptions& options);

/// The number N of `cuda:N`, 0 for `cuda`. Throws UsageError, which names the words that are `expected`, for another
/// word.
int cuda_number(const std::string& device, const char* expected);
}  // namespace sinter
