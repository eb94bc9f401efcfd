// When programs tell of trouble: once it lasts, and again when it comes back; and what they take for trouble.
#include "apps/gan/trouble.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apps/vae/trouble.h"
#include "tests/common/errors.h"

namespace sinter {
namespace {

using namespace tests;

/// The epochs, from 1, after which the alarm rings; 'x' is an epoch with trouble.
std::vector<int> rings(Alarm alarm, const std::string& epochs) {
    std::vector<int> found;
    for (std::size_t i = 0; i < epochs.size(); ++i) {
        if (alarm.rings(epochs[i] == 'x')) found.push_back(static_cast<int>(i) + 1);
    }
    return found;
}

TEST(TroubleAlarm, RingsOnceTroubleLastsAndAgainAfterARecovery) {
    EXPECT_EQ(rings(Alarm(), "xx.xx."), std::vector<int>());
    EXPECT_EQ(rings(Alarm(), "xxxxxx"), std::vector<int>{3});
    EXPECT_EQ(rings(Alarm(), "x.xxxx.xxx"), (std::vector<int>{5, 10}));
}

TEST(TroubleAlarm, GoesOnFromACheckpoint) {
    EXPECT_EQ(rings(Alarm(2), "xx"), std::vector<int>{1});
    EXPECT_EQ(rings(Alarm(3), "xx.xxx"), std::vector<int>{6});
}

Means means(std::vector<NamedNumber> numbers) {
    Means means;
    means.add(numbers, 10);
    return means;
}

/// The epochs, from 1, whose loss stands still.
std::vector<int> still_epochs(const std::vector<double>& losses, std::optional<double> guessing = {}) {
    TroubleWatch watch;
    std::vector<int> found;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        const int number = static_cast<int>(i) + 1;
        if (!watch.find_standstill(means({{"loss", losses[i]}}), number, guessing).sentence.empty())
            found.push_back(number);
    }
    return found;
}

TEST(Standstill, IsALossThatStaysWhatItWasInTheFirstEpoch) {
    EXPECT_EQ(still_epochs({549.26, 549.34, 549.32, 549.34}), (std::vector<int>{2, 3, 4})) << "--lr 1e-9 on MNIST";
    EXPECT_EQ(still_epochs({-549.26, -549.34, -520}), std::vector<int>{2}) << "a density may be above 1";
    EXPECT_EQ(still_epochs({0, 0, 1e-9}), std::vector<int>{2});
}

TEST(Standstill, IsNeitherSlowLearningNorConvergence) {
    EXPECT_EQ(still_epochs({548.61, 547.34, 546.01, 544.73}), std::vector<int>()) << "--lr 1e-6 on MNIST";
    EXPECT_EQ(still_epochs({127.6, 105.6, 105.6, 105.6, 105.6}), std::vector<int>());
    EXPECT_EQ(still_epochs({NAN, NAN, NAN}), std::vector<int>());
}

TEST(Standstill, OfAGanIsThatOfAllItsNumbers) {
    TroubleWatch watch;
    const auto is_still = [&](std::int64_t epoch, double loss_d, double loss_g) {
        return !watch.find_standstill(means({{"loss_d", loss_d}, {"loss_g", loss_g}}), epoch).sentence.empty();
    };
    EXPECT_FALSE(is_still(1, 1.386, 0.693));
    EXPECT_FALSE(is_still(2, 1.386, 0.7));
    EXPECT_TRUE(is_still(3, 1.386, 0.693));
}

TEST(Standstill, OfAClassifierIsTheLossOfGuessing) {
    const double guessing = std::log(10);
    EXPECT_EQ(still_epochs({781.8, 2.42, 2.33, 2.30, 2.2, 0.1}, guessing), (std::vector<int>{1, 2, 3, 4}))
        << "--lr 1 on MNIST";
}

TEST(Standstill, AnOldCheckpointHasNoFirstEpochToCompareWith) {
    TroubleWatch watch;
    watch.load({}, "last.safetensors", 9);
    EXPECT_EQ(watch.find_standstill(means({{"loss", 5}}), 9).sentence, "");
    EXPECT_EQ(watch.find_standstill(means({{"loss", 5}}), 10).sentence, "") << "it may have converged";
}

TEST(TroubleWatch, ACheckpointRemembersIt) {
    TroubleWatch watch;
    const Finding trouble{"discriminator_lost", "it has lost"}, none{"discriminator_saturated"};
    watch.find_standstill(means({{"loss", 1.0 / 3}}), 1);
    for (int epoch = 1; epoch <= 2; ++epoch) EXPECT_FALSE(watch.rings(trouble) || watch.rings(none));
    CheckpointFacts facts;
    watch.save(facts);
    EXPECT_EQ(facts, (CheckpointFacts{{"epochs_discriminator_lost", "2"},
                                      {"epochs_discriminator_saturated", "0"},
                                      {"first.loss", "0.3333333333333333"}}));
    TroubleWatch loaded;
    loaded.load(facts, "last.safetensors", 3);
    EXPECT_TRUE(loaded.rings(trouble));
    EXPECT_NE(loaded.find_standstill(means({{"loss", 1.0 / 3}}), 3).sentence, "");
    expect_error<DataError>([&] { loaded.load(facts, "last.safetensors", 1); },
                            {"last.safetensors", "epochs_discriminator_lost"});
    facts["first.loss"] = "much";
    expect_error<DataError>([&] { loaded.load(facts, "last.safetensors", 3); }, {"first.loss", "much"});
}

TEST(TroubleWatch, KindsOfTroubleDoNotDisturbEachOther) {
    // A run of a VAE-GAN, whose posterior collapses while its generator is well.
    TroubleWatch watch;
    const Finding collapsed{"posterior_collapsed", "the codes say nothing"}, well{"outputs_collapsed"};
    std::vector<int> found;
    for (int epoch = 1; epoch <= 4; ++epoch)
        if (watch.rings(collapsed) || watch.rings(well)) found.push_back(epoch);
    EXPECT_EQ(found, std::vector<int>{3});
}

TEST(TroubleWatch, ACheckpointThatCountedUnderOtherNamesBeginsAnew) {
    TroubleWatch watch;
    watch.load({{"epochs_collapsed", "2"}, {"epochs_still", "0"}}, "last.safetensors", 3);
    const Finding collapsed{"posterior_collapsed", "the codes say nothing"};
    EXPECT_FALSE(watch.rings(collapsed) || watch.rings(collapsed));
    EXPECT_TRUE(watch.rings(collapsed));
}

GanTrainingOptions with_loss(GanLoss loss, double smoothing = 0) {
    GanTrainingOptions options;
    options.loss = loss;
    options.label_smoothing = smoothing;
    return options;
}

/// Of an epoch with these verdicts.
bool has_lost(const GanTrainingOptions& options, double d_real, double d_fake) {
    const Finding finding = find_defeat(means({{"loss_g", 0.01}, {"d_real", d_real}, {"d_fake", d_fake}}), options);
    return !finding.sentence.empty();
}

TEST(Discriminator, HasLostWhereItTakesGeneratedImagesForReal) {
    // As measured on MNIST: with --lr-d 1e-9, and in default runs.
    EXPECT_TRUE(has_lost(with_loss(GanLoss::logistic), 0.43, 0.97));
    EXPECT_FALSE(has_lost(with_loss(GanLoss::logistic), 0.75, 0.55));
    EXPECT_TRUE(has_lost(with_loss(GanLoss::logistic, 0.2), 0.43, 0.75)) << "it is taught 0.8 for a real image";
    EXPECT_TRUE(has_lost(with_loss(GanLoss::least_squares), -0.28, 0.98));
    EXPECT_FALSE(has_lost(with_loss(GanLoss::least_squares), 0.85, 0.39));
    EXPECT_TRUE(has_lost(with_loss(GanLoss::hinge), -0.28, 4.7));
    EXPECT_FALSE(has_lost(with_loss(GanLoss::hinge), 0.95, 0.17));
    EXPECT_FALSE(has_lost(with_loss(GanLoss::wasserstein), 22, 16)) << "a critic's numbers have no scale";
}

TEST(Posterior, HasCollapsedWhereTheCodesSayNothing) {
    const auto has_collapsed = [](double kl, Index latent, std::optional<double> active = {}) {
        return !find_collapse(means({{"kl", kl}}), latent, active).sentence.empty();
    };
    // As measured on MNIST: dense with --beta 100, 30 and 10, untrained, trained; convolutional with --beta 100,
    // trained.
    EXPECT_TRUE(has_collapsed(0.0021, 20));
    EXPECT_TRUE(has_collapsed(0.021, 20));
    EXPECT_FALSE(has_collapsed(0.24, 20));
    EXPECT_FALSE(has_collapsed(0.0935, 20));
    EXPECT_FALSE(has_collapsed(25.1, 20));
    EXPECT_TRUE(has_collapsed(0.0016, 2));
    EXPECT_FALSE(has_collapsed(6.5, 2));
    EXPECT_TRUE(has_collapsed(0.24, 20, 0.0)) << "no active unit";
    EXPECT_FALSE(has_collapsed(25.1, 20, 19.0));
}

}  // namespace
}  // namespace sinter
