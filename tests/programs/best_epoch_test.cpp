// Which epoch --keep-best keeps, and what a checkpoint remembers of it.
#include "apps/training/best_epoch.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/common/errors.h"

namespace sinter {
namespace {

using namespace tests;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

/// After epochs 1, 2, ... with these values.
BestEpoch after(const std::string& name, const std::vector<double>& values) {
    BestEpoch best(name, 0);
    for (std::size_t i = 0; i < values.size(); ++i) best.look(values[i], static_cast<std::int64_t>(i) + 1);
    return best;
}

TEST(BestEpoch, EveryNumberHasItsDirection) {
    for (const char* name : {"loss", "frechet", "kid"}) EXPECT_EQ(after(name, {3, 1, 2}).epoch(), 2) << name;
    for (const char* name : {"accuracy", "precision", "recall", "coverage"})
        EXPECT_EQ(after(name, {0.3, 0.1, 0.2}).epoch(), 1) << name;
}

TEST(BestEpoch, OfEqualOnesTheEarliestStays) {
    EXPECT_EQ(after("loss", {2, 1, 1, 1}).epoch(), 2);
    EXPECT_EQ(after("accuracy", {0.9, 0.9}).epoch(), 1);
}

TEST(BestEpoch, NumbersThatAreNotFiniteAreNeverBest) {
    EXPECT_EQ(after("loss", {kNaN, 5, kNaN, -kInfinity}).epoch(), 2);
    EXPECT_EQ(after("accuracy", {kInfinity, 0.5}).epoch(), 2);
    const BestEpoch none = after("loss", {kNaN, kNaN});
    EXPECT_FALSE(none.is_known());
    EXPECT_FALSE(none.is(0));
    EXPECT_EQ(none.epochs_since(), 2) << "patience ends there, too";
}

TEST(BestEpoch, CountsEpochsNotMeasurements) {
    BestEpoch best("frechet", 0);
    best.look(10, 5);
    EXPECT_EQ(best.epochs_since(), 0);
    best.look(11, 10);
    EXPECT_EQ(best.epochs_since(), 5);
    best.look(9, 15);
    EXPECT_EQ(best.epochs_since(), 0);
    EXPECT_TRUE(best.is(15));
}

TEST(BestEpoch, ACheckpointRemembersItExactly) {
    for (const std::vector<double>& values : {std::vector{0.1 + 0.2, 1.0 / 3, 1e-300}, {kNaN, kNaN}, {}}) {
        const BestEpoch best = after("kid", values);
        CheckpointFacts facts;
        best.save(facts);
        BestEpoch loaded;
        loaded.load(facts, "last.safetensors", 4);
        EXPECT_EQ(loaded.name(), "kid");
        EXPECT_EQ(loaded.is_known(), best.is_known());
        EXPECT_TRUE(loaded.value() == best.value() || !best.is_known());
        EXPECT_EQ(loaded.epoch(), best.epoch());
        EXPECT_EQ(loaded.epochs_since(), best.epochs_since());
    }
    CheckpointFacts facts;
    BestEpoch().save(facts);
    EXPECT_TRUE(facts.empty());
    BestEpoch loaded("loss", 3);
    loaded.load({}, "last.safetensors", 4);
    EXPECT_EQ(loaded.name(), "") << "a checkpoint from before";
}

TEST(BestEpoch, DamagedFactsAreRefused) {
    CheckpointFacts sound;
    after("loss", {3, 1, 2}).save(sound);
    const std::pair<const char*, const char*> damages[] = {
        {"best.name", "lost"}, {"best.value", "low"}, {"best.epoch", "4"}, {"best.epoch", "-1"}, {"best.looked", "9"}};
    for (const auto& [fact, value] : damages) {
        CheckpointFacts facts = sound;
        facts[fact] = value;
        BestEpoch loaded;
        expect_error<DataError>([&] { loaded.load(facts, "last.safetensors", 4); }, {"last.safetensors", fact, value});
    }
}

}  // namespace
}  // namespace sinter
