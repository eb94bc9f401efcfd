// Stands apart from the stand-ins, which include NVIDIA's headers, because it includes those of the emulator.
#include "tests/vendor/stand_in/stand_in.h"

#include <bit>
#include <cstdint>
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

bool in_device_memory(const void* data, std::size_t bytes, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(data) % alignment == 0 && emu::is_device_range(data, bytes);
}

float as_tf32(float value) {
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(value) + 0x1000u) & 0xffffe000u);
}

float as_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return std::bit_cast<float>((bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u);
}

float number(const void* data, std::size_t i, bool is_bf16) {
    if (!is_bf16) return static_cast<const float*>(data)[i];
    return std::bit_cast<float>(static_cast<std::uint32_t>(static_cast<const std::uint16_t*>(data)[i]) << 16);
}

void set_number(void* data, std::size_t i, bool is_bf16, float value) {
    if (!is_bf16) {
        static_cast<float*>(data)[i] = value;
        return;
    }
    static_cast<std::uint16_t*>(data)[i] =
        static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(as_bf16(value)) >> 16);
}

}  // namespace sinter::stand_in
