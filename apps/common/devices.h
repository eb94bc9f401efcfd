// On which device a program computes, and how: --device and the options that go with it.
#pragma once

#include <optional>
#include <string>

#include "core/device.h"

namespace CLI {
class App;
}

namespace sinter {

struct DeviceOptions {
    std::string device = "auto";
    std::string engine = "sinter";
    std::string precision = "fp32";
    bool no_capture = false;
    int threads = 0;
};

/// Adds them to a program's command line.
void add_device_options(CLI::App& app, DeviceOptions& options);
/// Adds --list-devices.
void add_device_list(CLI::App& app);

/// Turns the options into a device. Throws UsageError for a device of no such kind, DeviceError where it is not to be
/// had. Only `auto` falls back to the CPU, and in builds with CUDA says why.
Device choose_device(const DeviceOptions& options);

/// The number N of `cuda:N`, 0 for `cuda`. Throws UsageError, which names the words that are `expected`, for another
/// word.
int cuda_number(const std::string& device, const char* expected);

/// Adds --precision alone.
void add_precision_option(CLI::App& app, std::string& precision);
/// What a word of --precision stands for.
kernels::Precision precision_named(const std::string& word);

}  // namespace sinter
