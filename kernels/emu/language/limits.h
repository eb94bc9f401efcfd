// What the emulated device can do: the limits of an H100 or H200 (compute capability 9.0). A launch must stay within
// them.
#pragma once

#include <cstddef>

namespace sinter::emu {

inline constexpr int kComputeMajor = 9, kComputeMinor = 0;
inline constexpr int kMultiprocessors = 132;
inline constexpr int kL2Bytes = 256 * 1024;    // smaller than a device's: what leaves the cache on purpose is soon done
inline constexpr unsigned kMaxThreads = 1024;  // of a block
inline constexpr unsigned kMaxThreadsX = 1024, kMaxThreadsY = 1024, kMaxThreadsZ = 64;
inline constexpr unsigned kMaxBlocksX = 0x7fffffff, kMaxBlocksY = 65535, kMaxBlocksZ = 65535;
inline constexpr std::size_t kSharedBytesUnasked = 48 * 1024;
inline constexpr std::size_t kMaxSharedBytes = 227 * 1024;  // of a block, asked for by an attribute of the kernel

}  // namespace sinter::emu
