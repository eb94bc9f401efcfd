// One instruction of the tensor cores against the product it stands for, and one load against the PTX ISA.
#include <cmath>

#include "tests/emu/device.h"
#include "tests/emu/planted.h"

namespace sinter::kernels {
namespace {

using MatrixUnit = EmulatedDevice;

/// Small odd integers over a power of two: their products and sums are exact in every format.
std::vector<float> numbers(std::size_t count, int salt) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<float>((static_cast<int>(i) * 37 + salt) % 61 - 30) / 8;
    }
    return values;
}

std::vector<float> product(const std::vector<float>& a, const std::vector<float>& b, std::size_t depth) {
    std::vector<float> c(16 * 8, 1);
    for (std::size_t row = 0; row < 16; ++row) {
        for (std::size_t column = 0; column < 8; ++column) {
            for (std::size_t i = 0; i < depth; ++i) c[8 * row + column] += a[depth * row + i] * b[8 * i + column];
        }
    }
    return c;
}

TEST_F(MatrixUnit, MultipliesTf32) {
    const std::vector<float> a = numbers(16 * 8, 5), b = numbers(8 * 8, 11);
    const DeviceArray<float> left(queue, a), right(queue, b), c(queue, std::vector<float>(16 * 8));
    multiply_tf32(queue, c.data(), left.data(), right.data());
    EXPECT_EQ(c.values(), product(a, b, 8));
}

TEST_F(MatrixUnit, RoundsToTf32TiesToEven) {
    // 1 + 2^-11 lies half way between two numbers of 10 bits and goes to the even one, down; more goes up.
    std::vector<float> a(16 * 8), b(8 * 8);
    a[0] = 1 + 0x1.8p-11f;
    a[8] = 1 + 0x1p-11f;
    b[0] = 1;
    const DeviceArray<float> left(queue, a), right(queue, b), c(queue, std::vector<float>(16 * 8));
    multiply_tf32(queue, c.data(), left.data(), right.data());
    EXPECT_EQ(c.values()[0], 2 + 0x1p-10f);
    EXPECT_EQ(c.values()[8], 2);
}

TEST_F(MatrixUnit, MultipliesBf16) {
    const std::vector<float> a = numbers(16 * 16, 7), b = numbers(16 * 8, 3);
    const DeviceArray<float> left(queue, a), right(queue, b), c(queue, std::vector<float>(16 * 8));
    for (const emu::Schedule& schedule : all_schedules()) {
        emu::set_schedule(schedule);
        multiply_bf16(queue, c.data(), left.data(), right.data());
        EXPECT_EQ(c.values(), product(a, b, 16));
    }
}

TEST_F(MatrixUnit, RoundsToBf16TiesToEven) {
    std::vector<float> a(16 * 16), b(16 * 8);
    a[0] = 1 + 0x1p-8f;       // half way, to the even 1
    a[16] = 1 + 3 * 0x1p-8f;  // half way, to the even 1 + 2^-6
    a[32] = 1 + 0x1p-8f + 0x1p-20f;
    b[0] = 1;
    const DeviceArray<float> left(queue, a), right(queue, b), c(queue, std::vector<float>(16 * 8));
    multiply_bf16(queue, c.data(), left.data(), right.data());
    EXPECT_EQ(c.values()[0], 2);
    EXPECT_EQ(c.values()[8], 2 + 0x1p-6f);
    EXPECT_EQ(c.values()[16], 2 + 0x1p-7f);
}

TEST_F(MatrixUnit, LoadsFourMatrices) {
    const DeviceArray<float> y(queue, std::vector<float>(128));
    load_matrices_from(queue, y.data(), 0);
    const std::vector<float> loaded = y.values();
    for (std::size_t lane = 0; lane < 32; ++lane) {
        for (std::size_t matrix = 0; matrix < 4; ++matrix)
            EXPECT_EQ(loaded[4 * lane + matrix], static_cast<float>(32 * matrix + lane)) << lane << ", " << matrix;
    }
}

}  // namespace
}  // namespace sinter::kernels
