// Which CUDA kernels ran, how often and how long, without a profiler: CUPTI's activity records, which every user may
// read.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sinter {

/// What the launches of one kernel took.
struct KernelTime {
    std::int64_t calls = 0;
    double seconds = 0;  ///< on the device, all calls together
};

/// A line for each kernel, the longest first: name, calls, total and mean time, share of the sum. Empty for no kernels.
std::string kernel_table(const std::map<std::string, KernelTime>& kernels);

/// The kernel's name without return type, namespaces and arguments, from that of the linker:
/// "pointwise_kernel<Sum, Elements, Elements>".
std::string short_kernel_name(const std::string& linker_name);

/// Records the kernels of the whole process between start() and stop(). CUPTI is a part of the CUDA toolkit that is
/// looked for at run time. In builds without SINTER_CUDA=ON, on machines without it and under a profiler, which uses
/// CUPTI itself, nothing is recorded. One object at a time records.
class KernelTrace {
public:
    ~KernelTrace() { stop(); }

    void start();
    void stop();
    /// Of all times between start() and stop(), or the reason why there is none; "" where no kernel ran.
    std::string table() const;

private:
    std::map<std::string, KernelTime> kernels_;  ///< by the linker's names
    std::string absence_;
    bool recording_ = false;
};

}  // namespace sinter
