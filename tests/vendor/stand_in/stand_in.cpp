// Stands apart from the stand-ins, which include NVIDIA's headers, because it includes those of the emulator.
#include "tests/vendor/stand_in/stand_in.h"

#include <bit>
#include <utility>

#include "kernels/emu/memory.h"
#include "kernels/emu/stream.h"

namespace sinter::stand_in {

void on_stream(CUstream_st* stream, std::function<void()> work) {
    emu::enqueue(stream, cudaGraphNodeTypeKernel, "stand_in", [work = std::move(work)] {
        const emu::OpenMemory open;
        work();
        return cudaSuccess;
    });
}

bool in_device_memory(const void* data, std::size_t count, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(data) % alignment == 0 && emu::is_device_range(data, count * sizeof(float));
}

float as_tf32(float value) {
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + 0x1000u) & 0xffffe000u);
}

float as_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return std::bit_cast<float>((bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u);
}

}  // namespace sinter::stand_in
