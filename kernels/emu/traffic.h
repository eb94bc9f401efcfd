// What kernels move between the memory of a device and its multiprocessors, counted access by access. Only the kernels
// of the library cuda_counted report their accesses. All others run as usual and count as nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sinter::emu {

/// The traffic of one launch, in bytes of whole sectors of 32: the least that a device moves.
struct KernelTraffic {
    std::string kernel;
    /// What every block reads and writes. A block that reads something again finds it in its first-level cache.
    std::uint64_t moved = 0;
    /// What the launch reads and writes, each once, whichever block does it. It leaves out what one block writes for
    /// another to read, such as a partial sum: that is the way to a result, and no part of it.
    std::uint64_t least = 0;
};

/// Counts the launches from here on; their blocks run on one OS thread, one after the other.
void start_counting_traffic();
/// The launches since, in their order.
std::vector<KernelTraffic> stop_counting_traffic();

/// Whether traffic is counted. Launches and blocks ask when they begin, and so do accesses that the compiler does not
/// see.
bool counting_traffic();
void count_launch(const std::string& kernel);
void count_block();
void count_read(const void* address, std::size_t bytes);

}  // namespace sinter::emu
