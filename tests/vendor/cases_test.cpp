// Every kernel case of matrix products, convolutions and batch normalisation by the vendor engine, against the
// reference: with the stand-ins on the emulated device, with the libraries themselves on a real one. What the libraries
// do not do, sinter's own kernels have to do; how much that is, is counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "kernels/cases/case.h"
#include "kernels/vendor/engine.h"
#include "tests/kernels/case_runner.h"

namespace sinter::kernels {
namespace {

// How much the real libraries map is known only where they are.
#ifdef SINTER_STAND_INS
constexpr bool kStandIns = true;
#else
constexpr bool kStandIns = false;
#endif

// Where all cases would only repeat what another run has shown, one case in so many.
constexpr int kFew = 11;

/// A bound that a library keeps which is free in how it computes. Minimal filtering and Fourier transforms round sums
/// of exact numbers too, by far less than half the distance of two of them; other sums they round several
/// times as often as their definition does.
[[maybe_unused]] Tolerance of_any_algorithm(const Tolerance& bound, double distance) {
    if (bound.absolute == 0 && bound.relative == 0) {
        return {0.4 * distance, 0, "results are multiples of " + std::to_string(distance)};
    }
    constexpr double kMoreRoundings = 16;
    return {kMoreRoundings * bound.absolute, kMoreRoundings * bound.relative, "16 times the bound of plain sums"};
}

bool is_exact(const KernelCase& test) { return test.tolerance.absolute == 0 && test.tolerance.relative == 0; }

class VendorCases : public ::testing::Test {
protected:
    void SetUp() override {
        if (CudaQueue::devices() == 0) GTEST_SKIP() << "no CUDA device";
        queue_.emplace();
#ifdef SINTER_STAND_INS
        setenv("SINTER_VENDOR_PATH", SINTER_STAND_INS, 1);
        queue_->set_engine(Engine::vendor);
#else
        try {
            queue_->set_engine(Engine::vendor);
        } catch (const QueueError& error) {
            GTEST_SKIP() << error.what();
        }
#endif
    }

    /// What a run was: cases, and those that the libraries did.
    struct Count {
        long cases = 0, done = 0;
    };

    /// Runs this kernel's cases, or one in `step` of them.
    Count run(const CaseList& cases, const std::string& kernel, Placement placement, int step = 1) {
        const std::int64_t before = queue_->vendor()->calls_done;
        Count count;
        int turn = 0;
        for (KernelCase test : cases) {
            if (test.kernel != kernel || turn++ % step != 0) continue;
            ++count.cases;
#ifndef SINTER_STAND_INS
            const double distance = test.family == "batch_norm" ? 0.125 : 1;
            test.tolerance = of_any_algorithm(test.tolerance, distance);
            for (Argument& argument : test.arguments) {
                if (argument.tolerance) argument.tolerance = of_any_algorithm(*argument.tolerance, distance);
            }
#endif
            const CaseRun run = run_on_cuda(test, *queue_, initial_contents<float>(test), placement);
            if (run.damage) ADD_FAILURE() << *run.damage;
            if (const auto difference = compare(test, run.contents, run_reference(test))) {
                ADD_FAILURE() << *difference;
                break;
            }
        }
        count.done = queue_->vendor()->calls_done - before;
        return count;
    }

    /// Small integers are exact in every precision.
    void run_in_low_precision(CaseList cases, const std::string& kernel) {
        std::erase_if(cases, [](const KernelCase& test) { return !is_exact(test); });
        for (const Precision precision : {Precision::tf32, Precision::bf16}) {
            if (!queue_->supports(precision)) continue;
            queue_->set_precision(precision);
            EXPECT_GT(run(cases, kernel, Placement::aligned, kFew).done, 0) << kernel;
        }
        queue_->set_precision(Precision::fp32);
    }

    static CaseList cases_of(void (*add)(CaseList&, Purpose)) {
        CaseList cases;
        add(cases, Purpose::test);
        std::erase_if(cases, [](const KernelCase& test) { return !test.run_cuda; });
        return cases;
    }

private:
    std::optional<CudaQueue> queue_;
};

TEST_F(VendorCases, MatrixProducts) {
    const CaseList cases = cases_of(add_gemm_cases);
    const Count all = run(cases, "gemm", Placement::aligned);
    const auto empty = std::count_if(cases.begin(), cases.end(), [](const KernelCase& test) {
        const GemmShape shape = test.gemm_shape.value_or(GemmShape{1, 1, 1});
        return shape.m == 0 || shape.n == 0 || shape.k == 0;
    });
    EXPECT_GE(all.done, kStandIns ? all.cases - empty : 1);
    EXPECT_GT(run(cases, "gemm", Placement::alternating, kFew).done, 0) << "any alignment will do";
    run_in_low_precision(cases, "gemm");
    EXPECT_GT(run(cases, "linear_parameter_gradients", Placement::aligned).done, 0);
}

TEST_F(VendorCases, Convolutions) {
    const CaseList cases = cases_of(add_conv_cases);
    for (const char* kernel : {"conv_forward", "conv_input_gradient", "conv_weight_gradient"}) {
        const Count all = run(cases, kernel, Placement::aligned);
        EXPECT_GT(all.done, kStandIns ? all.cases / 2 : 0) << kernel << ": most cases have symmetric padding";
        EXPECT_LT(all.done, all.cases) << kernel << ": some have TensorFlow's, or no image";
        EXPECT_EQ(run(cases, kernel, Placement::shifted, kFew).done, 0) << kernel << " is left to sinter";
        run_in_low_precision(cases, kernel);
    }
}

TEST_F(VendorCases, BatchNormalisation) {
    const CaseList cases = cases_of(add_batch_norm_cases);
    for (const char* kernel : {"batch_norm_forward", "batch_norm_backward", "batch_norm_inference"}) {
        const Count all = run(cases, kernel, Placement::aligned);
        EXPECT_GT(all.done, all.cases / 4) << kernel;
        EXPECT_EQ(run(cases, kernel, Placement::shifted, kFew).done, 0) << kernel << " is left to sinter";
    }
}

}  // namespace
}  // namespace sinter::kernels
