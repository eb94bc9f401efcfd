#include "apps/training/kernel_trace.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#ifdef SINTER_CUPTI
#include <cupti.h>
#include <dlfcn.h>

#include <mutex>

#include "kernels/queue.h"
#endif

namespace sinter {

std::string short_kernel_name(const std::string& linker_name) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> plain(
        abi::__cxa_demangle(linker_name.c_str(), nullptr, nullptr, &status), std::free);
    std::string name = plain ? plain.get() : linker_name;
    for (const std::string space : {"sinter::", "kernels::", "(anonymous namespace)::"})
        for (std::size_t at; (at = name.find(space)) != std::string::npos;) name.erase(at, space.size());
    // Return type and arguments stand outside of the angle brackets of the template's own arguments.
    int depth = 0;
    std::size_t begin = 0, end = name.size();
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '<') ++depth;
        if (name[i] == '>') --depth;
        if (depth == 0 && name[i] == ' ') begin = i + 1;
        if (depth == 0 && name[i] == '(') {
            end = i;
            break;
        }
    }
    return name.substr(begin, end - begin);
}

std::string kernel_table(const std::map<std::string, KernelTime>& kernels) {
    constexpr std::size_t kWidth = 60;
    std::vector<std::pair<std::string, KernelTime>> rows(kernels.begin(), kernels.end());
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
    if (rows.empty()) return "";
    double sum = 0;
    for (const auto& [name, time] : rows) sum += time.seconds;
    std::string text =
        fmt::format("{:<{}} {:>7} {:>12} {:>10} {:>7}\n", "kernel", kWidth, "calls", "microseconds", "mean", "share");
    for (const auto& [name, time] : rows) {
        const std::string shown = name.size() > kWidth ? name.substr(0, kWidth - 3) + "..." : name;
        text +=
            fmt::format("{:<{}} {:>7} {:>12.1f} {:>10.2f} {:>6.1f}%\n", shown, kWidth, time.calls, 1e6 * time.seconds,
                        1e6 * time.seconds / static_cast<double>(time.calls), sum > 0 ? 100 * time.seconds / sum : 0.0);
    }
    return text;
}

std::string KernelTrace::table() const {
    std::map<std::string, KernelTime> named;
    for (const auto& [name, time] : kernels_) {
        KernelTime& total = named[short_kernel_name(name)];
        total.calls += time.calls;
        total.seconds += time.seconds;
    }
    return absence_.empty() ? kernel_table(named) : absence_ + '\n';
}

#ifdef SINTER_CUPTI

namespace {

// CUPTI hands its records to plain functions, on a thread of its own.
std::mutex mutex;
std::map<std::string, KernelTime>* destination = nullptr;

struct Cupti {
    decltype(&cuptiActivityRegisterCallbacks) register_callbacks;
    decltype(&cuptiActivityEnable) enable;
    decltype(&cuptiActivityDisable) disable;
    decltype(&cuptiActivityFlushAll) flush;
    decltype(&cuptiActivityGetNextRecord) next_record;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    return function != nullptr;
}

/// The library, loaded until the program ends, or null.
const Cupti* cupti() {
    static const Cupti* const found = []() -> const Cupti* {
        void* library = nullptr;
        const std::string versioned = fmt::format("libcupti.so.{}", CUPTI_API_VERSION / 10000);
        for (const std::string& file : {versioned, std::string(SINTER_CUPTI), "/usr/local/cuda/lib64/" + versioned})
            if (!library && !file.empty()) library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
        static Cupti functions;
        const bool complete = library &&
                              find(library, "cuptiActivityRegisterCallbacks", functions.register_callbacks) &&
                              find(library, "cuptiActivityEnable", functions.enable) &&
                              find(library, "cuptiActivityDisable", functions.disable) &&
                              find(library, "cuptiActivityFlushAll", functions.flush) &&
                              find(library, "cuptiActivityGetNextRecord", functions.next_record);
        return complete ? &functions : nullptr;
    }();
    return found;
}

void CUPTIAPI hand_out_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records) {
    constexpr std::size_t kBytes = 1 << 20, kAlignment = 8;
    *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, kBytes));
    *size = *buffer ? kBytes : 0;
    *most_records = 0;  // as many as fit
}

void CUPTIAPI take_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid) {
    {
        const std::lock_guard lock(mutex);
        CUpti_Activity* record = nullptr;
        while (cupti()->next_record(buffer, valid, &record) == CUPTI_SUCCESS) {
            if (record->kind != CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL || !destination) continue;
            // Later versions of the record only grow at its end.
            const auto& kernel = *reinterpret_cast<const CUpti_ActivityKernel9*>(record);
            KernelTime& time = (*destination)[kernel.name];
            ++time.calls;
            time.seconds += 1e-9 * static_cast<double>(kernel.end - kernel.start);
        }
    }
    std::free(buffer);
}

bool under_profiler() {
    const auto set = [](const char* name) { return std::getenv(name) != nullptr; };
    return set("CUDA_INJECTION64_PATH") || set("NVTX_INJECTION64_PATH") || set("NSYS_PROFILING_SESSION_ID");
}

}  // namespace

void KernelTrace::start() {
    if (recording_ || under_profiler() || kernels::CudaQueue::devices() == 0) return;
    if (!cupti()) {
        absence_ = "no table of kernels: libcupti, a part of the CUDA toolkit, was not found.";
        return;
    }
    {
        const std::lock_guard lock(mutex);
        destination = &kernels_;
    }
    cupti()->register_callbacks(hand_out_buffer, take_buffer);
    const CUptiResult status = cupti()->enable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
    recording_ = status == CUPTI_SUCCESS;
    absence_ =
        recording_ ? "" : fmt::format("no table of kernels: CUPTI refused with error {}.", static_cast<int>(status));
}

void KernelTrace::stop() {
    if (!recording_) return;
    cupti()->flush(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    cupti()->disable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
    const std::lock_guard lock(mutex);
    destination = nullptr;
    recording_ = false;
}

#else

void KernelTrace::start() {}
void KernelTrace::stop() {}

#endif

}  // namespace sinter
