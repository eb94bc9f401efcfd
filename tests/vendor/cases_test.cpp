// Every kernel case of matrix products, convolutions and batch normalisation by the vendor engine, against the
// reference. What the libraries do not do, sinter's own kernels have to do; how much that is, is counted.
#include <algorithm>
#include <string>

#include "kernels/cases/case.h"
#include "tests/kernels/case_runner.h"
#include "tests/vendor/engine_fixture.h"

namespace sinter::kernels {
namespace {

// On memory that is not aligned, one case in so many.
constexpr int kFew = 11;

class VendorCases : public VendorEngine {
protected:
    /// What a run was: cases, and calls that the library got of them.
    struct Count {
        long cases = 0, calls = 0;
    };

    /// Runs this kernel's cases, or one in `step` of them.
    Count run(const CaseList& cases, const std::string& kernel, Placement placement, const stand_in::Record& library,
              int step = 1) {
        const long before = library.calls;
        Count count;
        int turn = 0;
        for (const KernelCase& test : cases) {
            if (test.kernel != kernel || turn++ % step != 0) continue;
            ++count.cases;
            const CaseRun run = run_on_cuda(test, queue, initial_contents<float>(test), placement);
            if (run.damage) ADD_FAILURE() << *run.damage;
            if (const auto difference = compare(test, run.contents, run_reference(test))) {
                ADD_FAILURE() << *difference;
                break;
            }
        }
        count.calls = library.calls - before;
        return count;
    }

    static CaseList cases_of(void (*add)(CaseList&, Purpose)) {
        CaseList cases;
        add(cases, Purpose::test);
        return cases;
    }
};

TEST_F(VendorCases, MatrixProducts) {
    const CaseList cases = cases_of(add_gemm_cases);
    const Count all = run(cases, "gemm", Placement::aligned, *cublaslt);
    const auto empty = std::count_if(cases.begin(), cases.end(), [](const KernelCase& test) {
        const GemmShape& shape = *test.gemm_shape;
        return shape.m == 0 || shape.n == 0 || shape.k == 0;
    });
    EXPECT_EQ(all.calls, all.cases - empty);
    EXPECT_GT(run(cases, "gemm", Placement::alternating, *cublaslt, kFew).calls, 0) << "any alignment will do";
}

TEST_F(VendorCases, Convolutions) {
    const CaseList cases = cases_of(add_conv_cases);
    for (const char* kernel : {"conv_forward", "conv_input_gradient", "conv_weight_gradient"}) {
        const Count all = run(cases, kernel, Placement::aligned, *cudnn);
        EXPECT_GT(all.calls, all.cases / 2) << kernel << ": most cases have symmetric padding";
        EXPECT_LT(all.calls, all.cases) << kernel << ": some have TensorFlow's, or no image";
        EXPECT_EQ(run(cases, kernel, Placement::shifted, *cudnn, kFew).calls, 0) << kernel << " is left to sinter";
    }
}

TEST_F(VendorCases, BatchNormalisation) {
    const CaseList cases = cases_of(add_batch_norm_cases);
    for (const char* kernel : {"batch_norm_forward", "batch_norm_backward", "batch_norm_inference"}) {
        const Count all = run(cases, kernel, Placement::aligned, *cudnn);
        EXPECT_GT(all.calls, all.cases / 4) << kernel;
        EXPECT_EQ(run(cases, kernel, Placement::shifted, *cudnn, kFew).calls, 0) << kernel << " is left to sinter";
    }
}

}  // namespace
}  // namespace sinter::kernels
