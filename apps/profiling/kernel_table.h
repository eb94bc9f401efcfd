// Which CUDA kernels ran, how often and how long.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace sinter {

/// What the launches of one kernel took.
struct KernelTime {
    std::int64_t launches = 0;
    double seconds = 0;  ///< on the device, all launches together
};

/// A line for each kernel, the longest first: launches, total and mean time, share of the sum, name. Empty for no
/// kernels.
std::string kernel_table(const std::map<std::string, KernelTime>& kernels);

/// The kernel's name without return type, namespaces and arguments, from that of the linker:
/// "pointwise_kernel<Sum, Elements, Elements>".
std::string short_kernel_name(const std::string& linker_name);

}  // namespace sinter
