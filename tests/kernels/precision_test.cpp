// Matrix products and convolutions on the CUDA device in every precision and on every size of tile.
#ifdef SINTER_HAS_CUDA
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/cases/case.h"
#include "kernels/cuda/gemm_plan.h"
#include "kernels/gemm.h"
#include "tests/kernels/case_runner.h"

namespace sinter::kernels {
namespace {

constexpr Precision kPrecisions[] = {Precision::fp32, Precision::tf32, Precision::bf16};
constexpr std::size_t kSharedOfHopper = 227 * 1024;

/// A number as an operand keeps it.
float rounded_operand(float value, Precision precision) {
    auto bits = std::bit_cast<std::uint32_t>(value);
    if (precision == Precision::tf32) bits = (bits + 0x1000u) & 0xffffe000u;                      // ties away
    if (precision == Precision::bf16) bits = (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u;  // ties to even
    return std::bit_cast<float>(bits);
}

class MatrixPrecision : public ::testing::Test {
protected:
    void SetUp() override {
        if (CudaQueue::devices() == 0) GTEST_SKIP() << "no CUDA device";
    }

    float* device_copy(CudaQueue& queue, const std::vector<float>& values) {
        auto* const data = static_cast<float*>(queue.allocate(values.size() * sizeof(float)));
        queue.upload(data, values.data(), values.size() * sizeof(float));
        return data;
    }

    /// op(A) op(B) on the device.
    std::vector<float> multiply(CudaQueue& queue, const GemmShape& shape, const std::vector<float>& a,
                                const std::vector<float>& b) {
        std::vector<float> c(static_cast<std::size_t>(shape.m * shape.n));
        float* const operands[] = {device_copy(queue, c), device_copy(queue, a), device_copy(queue, b)};
        gemm(queue, operands[0], operands[1], operands[2], shape, {});
        queue.download(c.data(), operands[0], c.size() * sizeof(float));
        for (float* const operand : operands) queue.release(operand);
        return c;
    }
};

std::vector<float> numbers(Index count, unsigned seed, bool integers) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
        seed = seed * 1664525u + 1013904223u;
        value = integers ? static_cast<float>(seed >> 28) - 7.0f : static_cast<float>(seed >> 8) * 0x1p-23f - 1.0f;
    }
    return values;
}

TEST_F(MatrixPrecision, SmallIntegersHaveNoRoundingInAny) {
    CudaQueue queue;
    CaseList cases;
    add_gemm_cases(cases, Purpose::test);
    add_conv_cases(cases, Purpose::test);
    for (const Precision precision : {Precision::tf32, Precision::bf16}) {
        queue.set_precision(precision);
        if (queue.precision() != precision) GTEST_SKIP() << "the device has no such tensor cores";
        int turn = static_cast<int>(precision);
        for (const KernelCase& test : cases) {
            if (test.tolerance.absolute > 0 || test.tolerance.relative > 0) continue;
            if (++turn % 23 != 0) continue;  // all shapes are swept in fp32
            const Placement placement = turn % 2 == 0 ? Placement::aligned : Placement::alternating;
            const CaseRun run = run_on_cuda(test, queue, initial_contents<float>(test), placement);
            if (run.damage) FAIL() << *run.damage;
            if (const auto difference = compare(test, run.contents, run_reference(test))) FAIL() << *difference;
        }
    }
}

TEST_F(MatrixPrecision, OperandsAreRoundedAsThePrecisionSays) {
    const GemmShape shape{70, 40, 100};
    const std::vector<float> a = numbers(shape.m * shape.k, 1, false), b = numbers(shape.k * shape.n, 2, false);
    CudaQueue queue;
    for (const Precision precision : kPrecisions) {
        queue.set_precision(precision);
        if (queue.precision() != precision) GTEST_SKIP() << "the device has no such tensor cores";
        const std::vector<float> c = multiply(queue, shape, a, b);
        double not_rounded = 0;  // largest distance to the product of the operands as they were
        for (Index i = 0; i < shape.m; ++i) {
            for (Index j = 0; j < shape.n; ++j) {
                double expected = 0, exact = 0, magnitude = 0;
                for (Index k = 0; k < shape.k; ++k) {
                    const float x = a[static_cast<std::size_t>(i * shape.k + k)];
                    const float y = b[static_cast<std::size_t>(k * shape.n + j)];
                    const double product = static_cast<double>(rounded_operand(x, precision)) *
                                           static_cast<double>(rounded_operand(y, precision));
                    expected += product;
                    exact += static_cast<double>(x) * static_cast<double>(y);
                    magnitude += std::abs(product);
                }
                const double got = c[static_cast<std::size_t>(i * shape.n + j)];
                // Each of k sums loses at most half a unit of a partial sum. A tensor core cuts where arithmetic
                // rounds, which is twice as much, but only once for eight products.
                ASSERT_NEAR(got, expected, magnitude * static_cast<double>(shape.k) * 0x1p-24) << i << ' ' << j;
                not_rounded = std::max(not_rounded, std::abs(got - exact));
            }
        }
        // The rounding itself shows: a hundred products, each off by up to 2^-11 or 2^-8 of itself.
        if (precision == Precision::fp32) {
            EXPECT_LT(not_rounded, 1e-5);
        }
        if (precision == Precision::tf32) {
            EXPECT_GT(not_rounded, 1e-4);
        }
        if (precision == Precision::bf16) {
            EXPECT_GT(not_rounded, 1e-3);
        }
    }
}

/// The product of small integers, without a rounding.
std::vector<float> exact_product(const GemmShape& shape, const std::vector<float>& a, const std::vector<float>& b) {
    const auto [m, n, k, transpose_a, transpose_b] = shape;
    std::vector<float> c(static_cast<std::size_t>(m * n));
    for (Index i = 0; i < m; ++i) {
        for (Index p = 0; p < k; ++p) {
            const float x = a[static_cast<std::size_t>(transpose_a ? p * m + i : i * k + p)];
            const float* const row = b.data() + (transpose_b ? p : p * n);
            float* const sums = c.data() + i * n;
            for (Index j = 0; j < n; ++j) sums[j] += x * row[transpose_b ? j * k : j];
        }
    }
    return c;
}

/// The sizes of a product, and how they make the plan cut it.
struct Cut {
    GemmShape shape;
    TileSize tile;
    bool split;
};

TEST_F(MatrixPrecision, EveryTileAloneAndSharedGivesExactSums) {
    const Cut cuts[] = {
        {{778, 1180, 37}, TileSize::large, false},
        {{778, 1180, 37, false, true}, TileSize::large, false},
        {{778, 1180, 37, true, false}, TileSize::large, false},
        {{344, 1428, 600, true, false}, TileSize::large, true},
        {{158, 1428, 37, false, true}, TileSize::medium, false},
        {{158, 1428, 600}, TileSize::medium, true},
        {{65, 33, 37, true, true}, TileSize::small, false},
        {{65, 33, 300, true, false}, TileSize::small, true},
    };
    CudaQueue queue;
    for (const auto& [shape, tile, split] : cuts) {
        const std::vector<float> a = numbers(shape.m * shape.k, 1, true), b = numbers(shape.k * shape.n, 2, true);
        const std::vector<float> expected = exact_product(shape, a, b);
        for (const Precision precision : kPrecisions) {
            const ProductSize size{static_cast<int>(shape.m), static_cast<int>(shape.n), static_cast<int>(shape.k), 1};
            const ProductPlan plan = plan_product(size, precision, kSharedOfHopper);
            EXPECT_EQ(plan.tile, tile) << shape.m << 'x' << shape.n << 'x' << shape.k;
            EXPECT_EQ(plan.splits > 1, split) << shape.m << 'x' << shape.n << 'x' << shape.k;
            queue.set_precision(precision);
            EXPECT_EQ(multiply(queue, shape, a, b), expected) << shape.m << 'x' << shape.n << 'x' << shape.k;
        }
    }
}

TEST_F(MatrixPrecision, SharedTilesHaveTheSameBitsEveryTime) {
    const GemmShape shape{65, 33, 2000};
    const std::vector<float> a = numbers(shape.m * shape.k, 1, false), b = numbers(shape.k * shape.n, 2, false);
    CudaQueue queue;
    for (const Precision precision : kPrecisions) {
        queue.set_precision(precision);
        const std::vector<float> first = multiply(queue, shape, a, b);
        for (int repeat = 0; repeat < 5; ++repeat) EXPECT_EQ(multiply(queue, shape, a, b), first);
    }
}

TEST_F(MatrixPrecision, PlanFitsTheDevice) {
    for (const Precision precision : kPrecisions) {
        const ProductSize large{8192, 512, 2048, 1};
        EXPECT_EQ(plan_product(large, precision, kSharedOfHopper).tile, TileSize::large);
        EXPECT_EQ(plan_product(large, precision, 64 * 1024).tile, TileSize::small) << "64 KB of a Turing device";
        EXPECT_EQ(plan_product(large, precision, kSharedOfHopper).splits, 1);
        const ProductSize thin{25, 64, 25088, 1};
        EXPECT_GT(plan_product(thin, precision, kSharedOfHopper).splits, 10) << "a long, thin weight gradient";
    }
}

}  // namespace
}  // namespace sinter::kernels
#endif
