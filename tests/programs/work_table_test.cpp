// The table of --profile-steps: times, shares and roofs of made-up launches.
#include "apps/profiling/work_table.h"

#include <gtest/gtest.h>

#include "tests/programs/made_up_launches.h"

namespace sinter {
namespace {

using WorkTable = MadeUpLaunches;

std::string row(const std::string& table, const std::string& begin) {
    const std::size_t at = table.find(begin);
    return at == std::string::npos ? "absent:\n" + table : table.substr(at, table.find('\n', at) - at);
}

TEST_F(WorkTable, KernelsAndGapsAreTheStep) {
    const std::string table = work_table(launches, 2, std::nullopt);
    EXPECT_NE(row(table, "all kernels ").find("  7.0   41.2%    10.0 "), std::string::npos) << table;
    EXPECT_NE(row(table, "between kernels ").find("  10.0   58.8%"), std::string::npos) << table;
    EXPECT_NE(row(table, "step ").find("  17.0   (means of 2 steps; median 17.0 us)"), std::string::npos) << table;
}

TEST_F(WorkTable, AStepThatIsSlowMovesTheMeanAndNotTheMedian) {
    for (const double t : {140.0, 160.0}) launch("read_back_kernel", t, t + (t > 150 ? 100 : 14), &numbers);
    const std::string table = work_table(launches, 4, std::nullopt);
    // 14, 20, 20 and 106 us: gaps are those before a launch.
    EXPECT_NE(row(table, "step ").find("  40.0   (means of 4 steps; median 20.0 us)"), std::string::npos) << table;
}

TEST(StepTimes, TheMedianIsTheMeanOfTheTwoInTheMiddle) {
    EXPECT_EQ(step_times({4e-6, 1e-6}), "median 2.5 us");
    EXPECT_EQ(step_times({9e-6, 1e-6, 2e-6}), "median 2.0 us");
}

TEST(StepTimes, FewStepsHaveNo95thPercentile) {
    std::vector<double> seconds(18, 1e-6);
    seconds.push_back(5e-6);
    EXPECT_EQ(step_times(seconds), "median 1.0 us");
    seconds.push_back(7e-6);
    EXPECT_EQ(step_times(seconds), "median 1.0 us, 95th percentile 5.0 us");
}

TEST_F(WorkTable, APauseIsNoGap) {
    launches[3].after_pause = true;
    const std::string table = work_table(launches, 2, std::nullopt);
    EXPECT_NE(row(table, "between kernels ").find("  7.0   50.0%"), std::string::npos) << table;
}

TEST_F(WorkTable, RowsAreMeansOfAStep) {
    const std::string table = work_table(launches, 2, std::nullopt);
    // Launches, microseconds, share of the 17 a step, gap before, megabytes: those of a call, however many its
    // launches.
    EXPECT_EQ(row(table, "  conv "),
              "  conv                         conv_forward                        2       6.0   "
              "35.3%     3.0    0.003");
    EXPECT_EQ(row(table, "numbers "),
              "numbers                                                            1       1.0 "
              "   5.9%     7.0    0.000");
    EXPECT_LT(table.find("forward"), table.find("numbers")) << "in the order of a step";
}

TEST_F(WorkTable, TheRoofIsTheHigherOfBytesAndOperations) {
    bench::Roofs roofs{4e9, {{{1e6, 1e9, 1e9, 1e9, 1e9}}}};
    EXPECT_NEAR(roofs.least_seconds(3e3, 8e3), 3 * kMicrosecond, 1e-12);
    EXPECT_NEAR(roofs.least_seconds(3e3, 20e3), 5 * kMicrosecond, 1e-12);
    const std::string table = work_table(launches, 2, roofs);
    EXPECT_NE(row(table, "  conv ").find(" 50%"), std::string::npos) << table;
    EXPECT_EQ(roofs.text(), "roof: 8 GFLOP/s, 1.0 GB/s from memory, measured in this run");
}

TEST_F(WorkTable, TheEndOfALongPathIsShown) {
    conv.path = "discriminator.features.down1.residual.conv2";
    EXPECT_EQ(row(work_table(launches, 2, std::nullopt), "tures").substr(0, 28), "tures.down1.residual.conv2 c");
}

TEST_F(WorkTable, LaunchesThatNobodyCalledAreThereUnderTheirOwnName) {
    launch("_ZN6sinter7kernels12_GLOBAL__N_115stranger_kernelEPfS2_", 140, 141, nullptr);
    const std::string table = work_table(launches, 2, std::nullopt);
    EXPECT_EQ(row(table, "outside of phases").substr(0, 17), "outside of phases");
    EXPECT_NE(table.find(" stranger_kernel "), std::string::npos) << table;
}

}  // namespace
}  // namespace sinter
