// Matrix products and convolutions on the CUDA device in every precision and on every size of tile.
#ifdef SINTER_HAS_CUDA
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/cases/case.h"
#include "kernels/cuda/product/gemm_plan.h"
#include "kernels/gemm.h"
#include "tests/kernels/case_runner.h"

namespace sinter::kernels {
namespace {

constexpr Precision kPrecisions[] = {Precision::fp32, Precision::tf32, Precision::bf16};
constexpr std::size_t kSharedOfHopper = 227 * 1024;

/// A number as an operand keeps it on a device of this compute capability.
float rounded_operand(float value, Precision precision, int capability) {
    auto bits = std::bit_cast<std::uint32_t>(value);
    const auto round_to_even = [&](int dropped) {
        const std::uint32_t half = 1u << (dropped - 1);
        bits = (bits + half - 1 + (bits >> dropped & 1u)) & ~(2 * half - 1);
    };
    if (precision == Precision::bf16) round_to_even(16);
    if (precision == Precision::tf32 && capability >= 90) round_to_even(13);
    if (precision == Precision::tf32 && capability < 90) bits = (bits + 0x1000u) & 0xffffe000u;  // ties away from zero
    return std::bit_cast<float>(bits);
}

class CUDA_MatrixPrecision : public ::testing::Test {
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

TEST_F(CUDA_MatrixPrecision, OperandsAreRoundedAsThePrecisionSays) {
    const GemmShape shape{70, 40, 100};
    const std::vector<float> a = numbers(shape.m * shape.k, 1, false), b = numbers(shape.k * shape.n, 2, false);
    CudaQueue queue;
    for (const Precision precision : kPrecisions) {
        if (!queue.supports(precision)) GTEST_SKIP() << "the device has no such tensor cores";
        queue.set_precision(precision);
        const std::vector<float> c = multiply(queue, shape, a, b);
        double not_rounded = 0;  // largest distance to the product of the operands as they were
        for (Index i = 0; i < shape.m; ++i) {
            for (Index j = 0; j < shape.n; ++j) {
                double expected = 0, exact = 0, magnitude = 0;
                for (Index k = 0; k < shape.k; ++k) {
                    const float x = a[static_cast<std::size_t>(i * shape.k + k)];
                    const float y = b[static_cast<std::size_t>(k * shape.n + j)];
                    const double product =
                        static_cast<double>(rounded_operand(x, precision, queue.compute_capability())) *
                        static_cast<double>(rounded_operand(y, precision, queue.compute_capability()));
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

// Kernels_CUDA.gemm and conv_* sweep shapes in fp32, and the plan gives nearly all of them to the small tile, whole.
// Here every instantiation runs: the five pairs of views (gemm's four, and the patches of a weight gradient) on each
// tile in each precision, alone and shared, with operands and results in fours and not, tails on all sides, and one,
// four and nine phases.
class EveryTile : public CUDA_MatrixPrecision, public ::testing::WithParamInterface<std::tuple<TileSize, Precision>> {};

TEST_P(EveryTile, AloneAndSharedGivesExactSums) {
    const auto [tile, precision] = GetParam();
    CudaQueue queue;
    if (!queue.supports(precision)) GTEST_SKIP() << "the device has no such tensor cores";
    queue.set_precision(precision);
    CaseList cases;
    add_gemm_tile_cases(cases);
    add_conv_tile_cases(cases);
    for (const int splits : {1, 2}) {
        if (!has_tile(tile, precision, queue.shared_limit()))
            GTEST_SKIP() << "the device has not enough shared memory for this tile";
        const FixedPlan plan({tile, splits});
        for (const KernelCase& test : cases) {
            if (const auto failure = check_on_cuda(test, queue)) FAIL() << *failure << ", splits " << splits;
        }
    }
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<TileSize, Precision>>& instance) {
    const char* const tiles[] = {"huge", "large", "medium", "small"};
    const char* const precisions[] = {"fp32", "tf32", "bf16"};
    const auto [tile, precision] = instance.param;
    return std::string(tiles[static_cast<int>(tile)]) + "_" + precisions[static_cast<int>(precision)];
}

INSTANTIATE_TEST_SUITE_P(CUDA_MatrixPrecision, EveryTile,
                         ::testing::Combine(::testing::Values(TileSize::large, TileSize::medium, TileSize::small),
                                            ::testing::ValuesIn(kPrecisions)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(CUDA_MatrixPrecisionHuge, EveryTile,
                         ::testing::Combine(::testing::Values(TileSize::huge),
                                            ::testing::Values(Precision::tf32, Precision::bf16)),
                         name_of);

/// The sizes of a product, and how they make the plan cut it.
struct Cut {
    ProductSize size;
    TileSize tile;
    bool split;
};

TEST_F(CUDA_MatrixPrecision, PlanFollowsTheSizes) {
    const Cut cuts[] = {
        {{778, 1180, 37, 1}, TileSize::large, false},  {{344, 1428, 600, 1}, TileSize::large, true},
        {{158, 1428, 37, 1}, TileSize::medium, false}, {{158, 1428, 600, 1}, TileSize::medium, true},
        {{65, 33, 37, 1}, TileSize::small, false},     {{65, 33, 300, 1}, TileSize::small, true},
    };
    for (const auto& [size, tile, split] : cuts) {
        for (const Precision precision : kPrecisions) {
            const ProductPlan plan = plan_product(size, precision, kSharedOfHopper);
            EXPECT_EQ(plan.tile, tile) << size.m << 'x' << size.n << 'x' << size.k;
            EXPECT_EQ(plan.splits > 1, split) << size.m << 'x' << size.n << 'x' << size.k;
        }
    }
}

TEST_F(CUDA_MatrixPrecision, SharedTilesHaveTheSameBitsEveryTime) {
    const GemmShape shape{65, 33, 600};
    const std::vector<float> a = numbers(shape.m * shape.k, 1, false), b = numbers(shape.k * shape.n, 2, false);
    CudaQueue queue;
    const int repeats = CudaQueue::emulated() ? 1 : 100;  // whoever comes last differs on a real device
    for (const Precision precision : kPrecisions) {
        if (!queue.supports(precision)) continue;
        queue.set_precision(precision);
        for (const TileSize tile : {TileSize::huge, TileSize::large, TileSize::medium, TileSize::small}) {
            if (tile == TileSize::huge && precision == Precision::fp32) continue;
            for (const int splits : {2, 16}) {
                const FixedPlan plan({tile, splits});
                const std::vector<float> first = multiply(queue, shape, a, b);
                for (int i = 0; i < repeats; ++i) ASSERT_EQ(multiply(queue, shape, a, b), first);
            }
        }
    }
}

TEST_F(CUDA_MatrixPrecision, PlanFitsTheDevice) {
    for (const Precision precision : kPrecisions) {
        const ProductSize large{8192, 512, 2048, 1};
        EXPECT_EQ(plan_product(large, precision, kSharedOfHopper).tile,
                  precision == Precision::fp32 ? TileSize::large : TileSize::huge);
        EXPECT_EQ(plan_product(large, precision, 140 * 1024).tile, TileSize::large) << "less than the huge tile takes";
        EXPECT_EQ(plan_product(large, precision, 64 * 1024).tile, TileSize::small) << "64 KB of a Turing device";
        EXPECT_EQ(plan_product(large, precision, kSharedOfHopper).splits, 1);
        const ProductSize thin{25, 64, 25088, 1};
        EXPECT_GT(plan_product(thin, precision, kSharedOfHopper).splits, 10) << "a long, thin weight gradient";
    }
}

}  // namespace
}  // namespace sinter::kernels
#endif
