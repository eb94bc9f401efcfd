#include "kernels/emu/language/matrix_unit.h"

#include <bit>
#include <cstring>

#include "kernels/emu/language/bfloat16.h"

namespace sinter::emu {
namespace {

constexpr unsigned kAllLanes = 0xffffffffu;

/// The registers of one lane.
struct Fragments {
    float* c;
    const std::uint32_t* a;
    const std::uint32_t* b;
};

/// The number in half `half` of a register that holds two bf16.
double bf16_half(std::uint32_t bits, int half) {
    return static_cast<double>(__bfloat162float({static_cast<std::uint16_t>(bits >> (16 * half))}));
}

/// The tensor core reads the upper 19 bits of a register and ignores the rest.
double tf32(std::uint32_t bits) { return static_cast<double>(std::bit_cast<float>(bits & 0xffffe000u)); }

/// d = a b + c for a [16, depth] and b [depth, 8] that are given element by element, c and d where the lanes hold them.
template <int depth, class A, class B>
void multiply_add(void* const* lanes, const A& a, const B& b) {
    double left[16][depth], right[depth][8];
    for (int i = 0; i < depth; ++i) {
        for (int row = 0; row < 16; ++row) left[row][i] = a(row, i);
        for (int column = 0; column < 8; ++column) right[i][column] = b(i, column);
    }
    for (int row = 0; row < 16; ++row) {
        for (int column = 0; column < 8; ++column) {
            const int lane = row % 8 * 4 + column / 2, place = row / 8 * 2 + column % 2;
            float& c = static_cast<const Fragments*>(lanes[lane])->c[place];
            double sum = static_cast<double>(c);
            for (int i = 0; i < depth; ++i) sum += left[row][i] * right[i][column];
            c = static_cast<float>(sum);
        }
    }
}

void combine_tf32(void* const* lanes, unsigned) {
    const auto of = [&](int lane) { return static_cast<const Fragments*>(lanes[lane]); };
    multiply_add<8>(
        lanes, [&](int row, int i) { return tf32(of(row % 8 * 4 + i % 4)->a[row / 8 + i / 4 * 2]); },
        [&](int i, int column) { return tf32(of(column * 4 + i % 4)->b[i / 4]); });
}

void combine_bf16(void* const* lanes, unsigned) {
    const auto of = [&](int lane) { return static_cast<const Fragments*>(lanes[lane]); };
    multiply_add<16>(
        lanes, [&](int row, int i) { return bf16_half(of(row % 8 * 4 + i % 8 / 2)->a[row / 8 + i / 8 * 2], i % 2); },
        [&](int i, int column) { return bf16_half(of(column * 4 + i % 8 / 2)->b[i / 8], i % 2); });
}

struct MatrixLoad {
    float* x;
    const float* row;
};

void combine_load(void* const* lanes, unsigned) {
    const auto of = [&](int lane) { return static_cast<const MatrixLoad*>(lanes[lane]); };
    for (int lane = 0; lane < warpSize; ++lane) {
        for (int matrix = 0; matrix < 4; ++matrix) of(lane)->x[matrix] = of(8 * matrix + lane / 4)->row[lane % 4];
    }
}

}  // namespace

std::uint32_t to_tf32(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7f800000u) == 0x7f800000u) return bits;  // infinity and NaN stay
    return (bits + 0x0fffu + (bits >> 13 & 1u)) & 0xffffe000u;
}

void multiply_add_tf32(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const Here& at) {
    Fragments mine{c, a, b};
    meet(&combine_tf32, "multiply_add_tf32()", kAllLanes, &mine, at);
}

void multiply_add_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const Here& at) {
    Fragments mine{c, a, b};
    meet(&combine_bf16, "multiply_add_bf16()", kAllLanes, &mine, at);
}

void load_matrices(float (&x)[4], const float* row, const Here& at) {
    if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0) {
        device_fault("load_matrices() needs rows that are aligned to 16 bytes");
    }
    MatrixLoad mine{x, row};
    meet(&combine_load, "load_matrices()", kAllLanes, &mine, at);
}

}  // namespace sinter::emu
