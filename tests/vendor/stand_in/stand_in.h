// What the stand-ins for the vendor's libraries share: plain loops that do what the documentation of each function
// says, on the memory and the streams of the emulated device. They refuse what the real ones refuse or do not promise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

struct CUstream_st;

namespace sinter::stand_in {

/// What a test sees of a stand-in, and tells it.
struct Record {
    long calls = 0;             ///< of functions that compute
    long heuristics = 0;        ///< questions for an algorithm
    bool fail_next = false;     ///< the next call that computes fails
    bool no_algorithm = false;  ///< heuristics know none
};

/// Does the work now, or with every launch of the graph while the stream is captured.
void on_stream(CUstream_st* stream, std::function<void()> work);

/// Whether these bytes are in device memory and start at a multiple of `alignment`.
bool in_device_memory(const void* data, std::size_t bytes, std::size_t alignment);

/// To what a tensor core rounds an operand: ten bits of the mantissa, or seven.
float as_tf32(float value);
float as_bf16(float value);

/// Number i of an array of bf16 or of float32.
float number(const void* data, std::size_t i, bool is_bf16);
void set_number(void* data, std::size_t i, bool is_bf16, float value);

}  // namespace sinter::stand_in

extern "C" {
/// Every stand-in exports its record under this name.
sinter::stand_in::Record* sinter_stand_in_record();
}
