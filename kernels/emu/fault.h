// What a kernel did wrong, as a sentence that names the kernel, the block and the thread.
#pragma once

#include <stdexcept>
#include <string>

namespace sinter::emu {

/// Thrown within a kernel; the launch that it belongs to reports it.
struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace sinter::emu
