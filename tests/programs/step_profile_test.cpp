// The table of --profile-steps: times, shares and roofs of made-up launches.
#include "apps/training/step_profile.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/training/trace_file.h"
#include "apps/training/work_table.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

/// Two steps of a layer "conv" with a product in two launches, then numbers. In the first step the second launch begins
/// before the first has ended; in the second step the device waits for 6 us.
class WorkTable : public testing::Test {
protected:
    static constexpr double kMicrosecond = 1e-6;

    WorkTable() {
        conv.path = "conv";
        for (const double t : {100.0, 120.0}) {
            launch("product", t, t + 4, &product);
            launch("sum", t + 3, t + 6, &product);
            launch("read_back_kernel", t + 13, t + 14, &numbers);
        }
    }

    void launch(const char* name, double begin, double end, const Work* work) {
        launches.push_back({name, begin * kMicrosecond, end * kMicrosecond, work, false});
    }

    Part root, conv;
    Work product{"conv_forward", "forward", &conv, 3e3, 8e3}, numbers{"read_back", "numbers", &root, 0, 0};
    std::vector<TimeSpan> launches;
};

std::string row(const std::string& table, const std::string& begin) {
    const std::size_t at = table.find(begin);
    return at == std::string::npos ? "absent:\n" + table : table.substr(at, table.find('\n', at) - at);
}

TEST_F(WorkTable, TimesAndGapsAreTheStep) {
    const StepTimes times = times_of(launches);
    EXPECT_NEAR(times.kernels, 14 * kMicrosecond, 1e-12);
    EXPECT_NEAR(times.gaps, 20 * kMicrosecond, 1e-12);
}

TEST_F(WorkTable, APauseIsNoGap) {
    launches[3].after_pause = true;
    EXPECT_NEAR(times_of(launches).gaps, 14 * kMicrosecond, 1e-12);
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
}

TEST_F(WorkTable, LaunchesThatNobodyCalledAreThereUnderTheirOwnName) {
    launch("stranger", 140, 141, nullptr);
    EXPECT_EQ(row(work_table(launches, 2, std::nullopt), "outside of phases").substr(0, 17), "outside of phases");
    EXPECT_NE(work_table(launches, 2, std::nullopt).find("stranger"), std::string::npos);
}

TEST_F(WorkTable, TheTraceHoldsRangesLayersAndKernels) {
    const TemporaryFolder folder;
    const std::vector<TimeSpan> ranges = {{"step", 99e-6, 118e-6, nullptr, false}, {"open", 118e-6, 0, nullptr, false}};
    write_trace(folder / "trace.json", ranges, launches);
    std::ifstream file(folder / "trace.json");
    std::map<int, std::vector<nlohmann::json>> tracks;
    const nlohmann::json trace = nlohmann::json::parse(file);
    for (const auto& event : trace["traceEvents"])
        if (event["ph"] == "X") tracks[event["tid"]].push_back(event);
    ASSERT_EQ(tracks[1].size(), 1u) << "a range that is still open has no end";
    EXPECT_EQ(tracks[1][0]["ts"], 0);
    EXPECT_NEAR(tracks[1][0]["dur"], 19, 1e-6);
    ASSERT_EQ(tracks[2].size(), 4u) << "launches of a layer that follow each other are one";
    EXPECT_EQ(tracks[2][0]["name"], "forward: conv");
    EXPECT_NEAR(tracks[2][0]["dur"], 6, 1e-6);
    ASSERT_EQ(tracks[3].size(), 6u);
    EXPECT_EQ(tracks[3][0]["args"]["kernel"], "conv_forward");
    EXPECT_EQ(tracks[3][0]["args"]["multiply_adds"], 8e3);
}

}  // namespace
}  // namespace sinter
