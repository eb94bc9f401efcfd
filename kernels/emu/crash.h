// The last sentence of a program that crashes: what it touched that it may not, and in which kernel, block and thread.
#pragma once

#include <cstddef>

namespace sinter::emu {

/// From now on, an access to [memory, memory + bytes) that the system refuses ends the program with a sentence. Reports
/// of the address sanitizer from within a kernel say where it was, too.
void report_crashes(const void* memory, std::size_t bytes);

}  // namespace sinter::emu
