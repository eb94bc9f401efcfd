// A sentence on the way out: what the program touched that it may not, and in which kernel, block and thread.
#pragma once

#include <cstddef>

namespace sinter::emu {

/// From now on an access to [memory, memory + bytes) that the system refuses ends the program with a sentence, and so
/// that any report of the address sanitizer from within a kernel says where it was.
void report_crashes(const void* memory, std::size_t bytes);

}  // namespace sinter::emu
