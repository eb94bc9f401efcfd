// The memory of the emulated device. It lies apart from the host's, is closed to the host, and has guard bytes around
// every allocation.
#pragma once

#include <cstddef>
#include <string>

namespace sinter::emu {

/// Device memory of this size, aligned to 256 bytes and filled with a pattern that reads as NaN or -1; null if there is
/// no more.
void* allocate_device(std::size_t bytes);
/// False for an address that allocate_device() did not give, or that was freed already.
bool free_device(void* memory);

/// Whether `address` points into an allocation, or to the end of one.
bool is_device_pointer(const void* address);
/// Whether all of these bytes lie within one allocation. Those of an empty range always do.
bool is_device_range(const void* address, std::size_t bytes);

/// Pinned memory of the host, which kernels reach by the same addresses, filled with that pattern; null if there is no
/// more.
void* allocate_pinned(std::size_t bytes);
void free_pinned(void* memory);
/// Whether `address` points into such memory, or to its end.
bool is_pinned_pointer(const void* address);

/// Where all device memory begins.
const std::byte* device_memory();
/// Bytes allocated now, and bytes that there are.
std::size_t device_bytes_used();
std::size_t device_bytes_total();

/// While one exists, device memory may be touched. Launches and copies hold one. Outside of them an access stops the
/// program and says that a copy is missing.
class OpenMemory {
public:
    OpenMemory();
    ~OpenMemory();
    OpenMemory(const OpenMemory&) = delete;
    OpenMemory& operator=(const OpenMemory&) = delete;
};

/// A sentence on an allocation whose guard bytes were written over, or nothing. It mends the bytes. To be called with
/// the memory open.
std::string damaged_guard();

}  // namespace sinter::emu
