// Where the __shared__ variables of a kernel are.
#pragma once

#include <cstddef>

namespace sinter::emu {

/// The memory of the calling OS thread for all __shared__ variables of the library that a kernel stands in.
struct SharedStatics {
    std::byte* begin = nullptr;
    std::size_t bytes = 0;
};

/// Empty for a kernel that stands in the main program, where other things are thread_local too.
SharedStatics shared_statics_of(const void* kernel);

}  // namespace sinter::emu
