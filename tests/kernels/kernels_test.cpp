// Every kernel case on every SIMD target of this machine: against the reference, between guard words, and with the same
// bits for any number of threads and any alignment. One test per kernel and target, named Kernels_<target>.<kernel>. In
// builds with SINTER_CUDA also on the CUDA device, as Kernels_CUDA.<kernel>: on the emulated one in every schedule.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hwy/highway.h"
#include "kernels/cases/case.h"
#include "tests/kernels/case_hashes.h"
#include "tests/kernels/case_runner.h"
#include "tests/kernels/winograd_cases.h"

namespace sinter::kernels {
namespace {

/// Lets Highway's dynamic dispatch see one target for as long as this lives.
class OnlyTarget {
public:
    explicit OnlyTarget(std::int64_t target) {
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
    }
    ~OnlyTarget() {
        hwy::SetSupportedTargetsForTest(0);
        hwy::GetChosenTarget().DeInit();
    }
    OnlyTarget(const OnlyTarget&) = delete;
    OnlyTarget& operator=(const OnlyTarget&) = delete;
};

class KernelTest : public ::testing::Test {
public:
    KernelTest(std::int64_t target, std::vector<const KernelCase*> cases) : target_(target), cases_(std::move(cases)) {}

private:
    void TestBody() override {
        const OnlyTarget only(target_);
        CpuQueue one(1), two(2), three(3);
        for (const KernelCase* test : cases_) {
            const Contents initial = initial_contents<float>(*test);
            const CaseRun first = run_on_cpu(*test, one, initial, Placement::aligned);
            if (first.damage) FAIL() << *first.damage;
            if (const auto difference = compare(*test, first.contents, run_reference(*test))) FAIL() << *difference;

            for (const auto& [queue, placement] :
                 {std::pair{&two, Placement::shifted}, std::pair{&three, Placement::alternating}}) {
                const CaseRun run = run_on_cpu(*test, *queue, initial, placement);
                if (run.damage) FAIL() << *run.damage << " (" << queue->threads() << " threads)";
                if (const auto difference = compare_bits(*test, run.contents, first.contents)) {
                    FAIL() << *difference << " (" << queue->threads() << " threads)";
                }
            }
        }
    }

    std::int64_t target_;
    std::vector<const KernelCase*> cases_;
};

#ifdef SINTER_HAS_CUDA

class CudaKernelTest : public ::testing::Test {
public:
    explicit CudaKernelTest(std::vector<const KernelCase*> cases) : cases_(std::move(cases)) {}

private:
    void TestBody() override {
        if (CudaQueue::devices() == 0) GTEST_SKIP() << "no CUDA device";
        CudaQueue queue;
        for (const KernelCase* test : cases_) {
            if (const auto failure = check_on_cuda(*test, queue)) FAIL() << *failure;
        }
    }

    std::vector<const KernelCase*> cases_;
};

#endif

void register_kernel_tests(const CaseList& cases) {
    std::map<std::string, std::vector<const KernelCase*>> kernels;
    for (const KernelCase& test : cases) kernels[test.kernel].push_back(&test);
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        const std::string suite = std::string("Kernels_") + hwy::TargetName(target);
        for (const auto& [kernel, kernel_cases] : kernels) {
            ::testing::RegisterTest(
                suite.c_str(), kernel.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                [target, list = kernel_cases]() -> ::testing::Test* { return new KernelTest(target, list); });
        }
    }
#ifdef SINTER_HAS_CUDA
    for (const auto& [kernel, kernel_cases] : kernels) {
        std::vector<const KernelCase*> on_cuda;
        std::copy_if(kernel_cases.begin(), kernel_cases.end(), std::back_inserter(on_cuda),
                     [](const KernelCase* test) { return static_cast<bool>(test->run_cuda); });
        if (on_cuda.empty()) continue;
        ::testing::RegisterTest("Kernels_CUDA", kernel.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                                [list = on_cuda]() -> ::testing::Test* { return new CudaKernelTest(list); });
    }
#endif
}

}  // namespace
}  // namespace sinter::kernels

#ifdef SINTER_HAS_CUDA

/// kernels_test --hashes: writes what the CUDA kernels compute to stdout, instead of testing it.
int write_hashes(const sinter::kernels::CaseList& cases) {
    std::string why_none;
    if (sinter::kernels::CudaQueue::devices(&why_none) == 0) {
        std::cerr << "kernels_test: --hashes needs a CUDA device: " << why_none << ".\n";
        return 4;
    }
    sinter::kernels::CudaQueue queue;
    sinter::kernels::write_case_hashes(std::cout, queue, cases);
    return 0;
}

#endif

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    sinter::kernels::CaseList cases = sinter::kernels::all_cases(sinter::kernels::Purpose::test);
#ifdef SINTER_HAS_CUDA
    if (argc > 1 && std::string(argv[1]) == "--hashes") return write_hashes(cases);
#endif
    sinter::kernels::add_winograd_cases(cases);
    sinter::kernels::register_kernel_tests(cases);
    return RUN_ALL_TESTS();
}
