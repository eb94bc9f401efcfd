// The file of --trace, read as a viewer reads it.
#include "apps/profiling/trace_file.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/common/temporary_folder.h"
#include "tests/programs/made_up_launches.h"

namespace sinter {
namespace {

using TraceFile = MadeUpLaunches;

TEST_F(TraceFile, HoldsRangesLayersAndKernels) {
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
