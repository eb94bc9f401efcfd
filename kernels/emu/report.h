// How the emulated runtime reports: an error code for the caller, and a sentence for cudaGetErrorString().
#pragma once

#include <string>

#include "kernels/emu/language/runtime_api.h"

namespace sinter::emu {

/// Keeps the sentence for this OS thread and returns the code.
cudaError_t report(cudaError_t error, std::string sentence);

/// The next wait for an event reports `sentence`. A device does the same whose kernel failed while the host was ahead.
void fail_at_next_wait(std::string sentence);

/// An error if the stream is being captured, with a sentence on `action`: what waits or allocates is refused then.
cudaError_t refuse_in_capture(cudaStream_t stream, const char* action);

/// Does something now, or keeps it as a node of the graph that is being captured on the stream.
cudaError_t enqueue(cudaStream_t stream, cudaGraphNodeType type, std::function<cudaError_t()> action);

}  // namespace sinter::emu
