#include "apps/common/devices.h"

#include <fmt/format.h>

#include <charconv>
#include <thread>

#include "apps/common/numbers.h"
#include "core/error.h"

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
    if (!Device::cuda_is_emulated()) fmt::print(stderr, "on the CPU, for {}\n", why_none);
#endif
    return Device::cpu();
}

void list_devices() {
    fmt::print("cpu     {} cores\n", std::thread::hardware_concurrency());
    std::string why_none;
    const int count = Device::cuda_devices(&why_none);
    for (int i = 0; i < count; ++i) fmt::print("{}\n", Device::cuda(i).description());
    if (count == 0) fmt::print("no CUDA device: {}\n", why_none);
}

}  // namespace

void add_device_options(CLI::App& app, DeviceOptions& options) {
    app.add_option("--device", options.device, "auto, cpu or cuda[:N]");
    app.add_option("--engine", options.engine, "sinter (hand-written kernels) or vendor (cuBLAS, cuDNN)")
        ->check(CLI::IsMember(names(kEngines)));
    add_precision_option(app, options.precision);
    app.add_flag("--no-capture", options.no_capture,
                 "On CUDA, launch the kernels of every step anew instead of replaying a recorded graph");
    app.add_option("--threads", options.threads, "CPU threads; 0: one per core. Results do not depend on it")
        ->check(whole_number(0, 1024));
}

void add_device_list(CLI::App& app) {
    app.add_flag_callback(
           "--list-devices",
           [] {
               list_devices();
               throw CLI::Success();
           },
           "List the devices of this machine and exit")
        ->configurable(false);
}

Device choose_device(const DeviceOptions& options) {
    set_cpu_threads(options.threads);
    const Device device = options.device == "auto"  ? best_device()
                          : options.device == "cpu" ? Device::cpu()
                                                    : cuda_device(options.device);
    if (device == Device::cpu() && options.engine == "vendor")
        throw DeviceError("--engine vendor: cuBLAS and cuDNN need a GPU; leave it out, or give --device cuda");
    if (device == Device::cpu() && options.precision != "fp32") {
        throw DeviceError(fmt::format("--precision {}: the CPU computes in fp32; leave it out, or give --device cuda",
                                      options.precision));
    }
    if (device == Device::cpu()) return device;
    set_engine(device, value_of(kEngines, options.engine, "--engine: expected"));
    set_precision(device, precision_named(options.precision));
    return device;
}

int cuda_number(const std::string& device, const char* expected) {
    if (device == "cuda") return 0;
    if (device.rfind("cuda:", 0) != 0)
        throw UsageError(fmt::format("--device: expected {}, got '{}'", expected, device));
    int number = 0;
    const char* const end = device.data() + device.size();
    const auto [stop, error] = std::from_chars(device.data() + 5, end, number);
    if (error != std::errc() || stop != end || number < 0)
        throw UsageError(fmt::format("--device: expected a number behind cuda:, got '{}'", device));
    return number;
}

void add_precision_option(CLI::App& app, std::string& precision) {
    app.add_option("--precision", precision,
                   "To what a CUDA device rounds what it multiplies: fp32, tf32 or bf16 (tensor cores)")
        ->check(CLI::IsMember(names(kPrecisions)))
        ->capture_default_str();
}

kernels::Precision precision_named(const std::string& word) {
    return value_of(kPrecisions, word, "--precision: expected");
}

}  // namespace sinter
