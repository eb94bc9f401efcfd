// How the emulated runtime reports: an error code for the caller, and a sentence for cudaGetErrorString().
#pragma once

#include <string>

#include "kernels/emu/language/runtime_api.h"

namespace sinter::emu {

/// Keeps the sentence for this OS thread and returns the code.
cudaError_t report(cudaError_t error, std::string sentence);

/// The next wait reports `sentence`. A device does the same whose kernel failed while the host was ahead.
void fail_at_next_wait(std::string sentence);

}  // namespace sinter::emu
