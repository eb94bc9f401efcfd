// On which device a program computes, and how: --device and the options that go with it.
#pragma once

#include <cstdint>
#include <string>

#include "core/device.h"
#include "core/names.h"
#include "core/options/option_list.h"

namespace sinter {

/// What --precision may say: one of kernels::Precision, or what is usual for the program.
enum class PrecisionChoice : std::uint8_t { automatic, fp32, tf32, bf16 };
inline constexpr Named<PrecisionChoice> kPrecisionChoices[] = {{"auto", PrecisionChoice::automatic},
                                                               {"fp32", PrecisionChoice::fp32},
                                                               {"tf32", PrecisionChoice::tf32, "tensor cores"},
                                                               {"bf16", PrecisionChoice::bf16, "tensor cores"}};

struct DeviceOptions {
    std::string device = "auto";
    kernels::Engine engine = kernels::Engine::own;
    PrecisionChoice precision = PrecisionChoice::automatic;
    kernels::ConvolutionMethod convolution = kernels::ConvolutionMethod::fast;
    bool no_capture = false;
    int threads = 0;
};

void describe(OptionList& list, DeviceOptions& options);
/// What --help says of --precision.
inline constexpr const char* kPrecisionHelp = "To what a CUDA device rounds what it multiplies";

/// Turns the options into a device. --precision auto is `usual` where the device has tensor cores for it, which is
/// said, and else fp32. --convolution exact on a CUDA device says that nothing is to do. Throws UsageError for a device
/// of no such kind or an engine that cannot do what is asked, DeviceError where it is not to be had. Only --device auto
/// falls back to the CPU, and in builds with CUDA says why.
Device choose_device(const DeviceOptions& options, kernels::Precision usual = kernels::Precision::fp32);

/// Throws DeviceError: --precision asks the CPU for something else than fp32.
[[noreturn]] void refuse_precision_of_cpu(const char* precision);

/// The number N of `cuda:N`, 0 for `cuda`. Throws UsageError, which names the words that are `expected`, for another
/// word.
int cuda_number(const std::string& device, const char* expected);

}  // namespace sinter
