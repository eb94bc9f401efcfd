#include "apps/common/devices.h"

#include <fmt/format.h>

#include "core/console.h"
#include "core/error.h"
#include "core/options/parse_number.h"
#include "kernels/runtime/machine.h"

namespace sinter {
namespace {

Device cuda_device(const std::string& device) {
    const int number = cuda_number(device, "auto, cpu or cuda[:N]");
    try {
        return Device::cuda(number);
    } catch (const DeviceError& error) {
        throw DeviceError(fmt::format("--device {}: {}; --device cpu (or auto) needs none", device, error.what()));
    }
}

/// The first CUDA device if there is one that is not emulated, else the CPU.
Device best_device() {
    std::string why_none;
    if (Device::cuda_devices(&why_none) > 0 && !Device::cuda_is_emulated()) return Device::cuda();
#ifdef SINTER_HAS_CUDA
    if (!Device::cuda_is_emulated()) say("on the CPU, for {}\n", why_none);
#endif
    return Device::cpu();
}

void list_devices() {
    answer("cpu     {} core{} for this process\n", kernels::usable_cores(), kernels::usable_cores() == 1 ? "" : "s");
    std::string why_none;
    const int count = Device::cuda_devices(&why_none);
    for (int i = 0; i < count; ++i) answer("{}\n", Device::cuda(i).description());
    if (count == 0) answer("no CUDA device: {}\n", why_none);
}

void start_threads(int asked) {
    set_cpu_threads(asked);
    const int cores = kernels::usable_cores(), wanted = asked > 0 ? asked : cores;
    if (cpu_threads() < wanted)
        say("only {} of {} threads could be started (see ulimit -u and -v): going on with them\n", cpu_threads(),
            wanted);
    else if (wanted > cores)
        say("--threads {}: this process may use {} core{}, where more threads wait for each other\n", wanted, cores,
            cores == 1 ? "" : "s");
}

kernels::Precision precision_of(PrecisionChoice choice, kernels::Precision usual, Device device) {
    switch (choice) {
        case PrecisionChoice::automatic:
            if (usual == kernels::Precision::fp32 || !supports_precision(device, usual))
                return kernels::Precision::fp32;
            say("multiplies in {}, PyTorch's default for convolutions; --precision fp32 rounds nothing\n",
                name_of(kPrecisions, usual));
            return usual;
        case PrecisionChoice::fp32:
            return kernels::Precision::fp32;
        case PrecisionChoice::tf32:
            return kernels::Precision::tf32;
        case PrecisionChoice::bf16:
            return kernels::Precision::bf16;
    }
    return {};
}

}  // namespace

void describe(OptionList& list, DeviceOptions& options) {
    list.section("Device");
    list.free("device", options.device, "auto, cpu or cuda[:N]");
    list.free("engine", options.engine, kEngines, "Whose kernels a CUDA device runs");
    list.free("precision", options.precision, kPrecisionChoices, kPrecisionHelp).usually("auto, which is fp32");
    list.free("convolution", options.convolution, kConvolutionMethods, "How the CPU computes wide convolutions");
    list.free("no-capture", options.no_capture,
              "On CUDA, launch the kernels of every step anew instead of replaying a recorded graph");
    list.free("threads", options.threads,
              "CPU threads; 0: one for each core that the process may use. Results do not depend on it")
        .from(0, 1024);
    list.question("list-devices", "List the devices of this machine and exit", list_devices);
}

Device choose_device(const DeviceOptions& options, kernels::Precision usual) {
    start_threads(options.threads);
    const Device device = options.device == "auto"  ? best_device()
                          : options.device == "cpu" ? Device::cpu()
                                                    : cuda_device(options.device);
    if (device == Device::cpu() && options.engine == kernels::Engine::vendor)
        throw DeviceError("--engine vendor: cuBLAS and cuDNN need a GPU; leave it out, or give --device cuda");
    const bool is_asked_for_less =
        options.precision != PrecisionChoice::automatic && options.precision != PrecisionChoice::fp32;
    if (device == Device::cpu() && is_asked_for_less)
        refuse_precision_of_cpu(name_of(kPrecisionChoices, options.precision));
    if (device == Device::cpu()) {
        set_convolution_method(device, options.convolution);
        return device;
    }
    if (options.convolution == kernels::ConvolutionMethod::exact) {
        if (options.engine == kernels::Engine::vendor)
            throw UsageError(
                "--convolution exact: cuDNN chooses how it computes; leave it out, or leave --engine vendor out");
        say("--convolution exact: nothing to do, convolutions of a CUDA device are plain sums\n");
    }
    set_engine(device, options.engine);
    set_precision(device, precision_of(options.precision, usual, device));
    return device;
}

void refuse_precision_of_cpu(const char* precision) {
    throw DeviceError(
        fmt::format("--precision {}: the CPU computes in fp32; leave it out, or give --device cuda", precision));
}

int cuda_number(const std::string& device, const char* expected) {
    if (device == "cuda") return 0;
    if (device.rfind("cuda:", 0) != 0)
        throw UsageError(fmt::format("--device: expected {}, got '{}'", expected, device));
    int number = 0;
    if (!parse_number(device.substr(5), number) || number < 0)
        throw UsageError(fmt::format("--device: expected a number behind cuda:, got '{}'", device));
    return number;
}

}  // namespace sinter
