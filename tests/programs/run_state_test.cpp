// What a checkpoint remembers of an epoch under way.
#include "apps/training/run_state.h"

#include <gtest/gtest.h>

namespace sinter {
namespace {

TEST(RunState, TheNumbersOfAnEpochKeepTheirOrder) {
    // A run that was stopped after the last step of an epoch has no step left that would put them in order.
    const NamedNumber numbers[] = {{"loss", 3.25}, {"recon", 2}, {"kl", 1.25}};
    RunState stopped;
    stopped.means.add(numbers, 10);
    CheckpointFacts facts;
    stopped.save(facts);

    RunState resumed;
    resumed.load(facts, "last.safetensors");
    const std::vector<MetricField> before = stopped.means.fields(), after = resumed.means.fields();
    ASSERT_EQ(after.size(), std::size(numbers));
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].name, before[i].name);
        EXPECT_EQ(resumed.means[after[i].name], numbers[i].value);
    }
    EXPECT_EQ(resumed.means.images(), 10);
}

}  // namespace
}  // namespace sinter
