// What a classifier's probabilities say: the inception score at its limits and against its definition, the order of its
// parts, and probabilities of extreme logits.
#include "core/statistics/class_measures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/statistics/moments.h"
#include "core/statistics/random_order.h"
#include "tests/common/errors.h"
#include "tests/core/statistics/random_vectors.h"

namespace sinter {
namespace {

using tests::expect_usage_error;
using tests::random_vectors;

/// Probabilities [count, classes] of 1 for class i % classes of image i.
std::vector<double> sure_of_classes_in_turn(Index count, Index classes) {
    std::vector<double> probabilities(static_cast<std::size_t>(count * classes), 0);
    for (Index i = 0; i < count; ++i) probabilities[static_cast<std::size_t>(i * classes + i % classes)] = 1;
    return probabilities;
}

TEST(ClassProbabilities, AreTheSoftmaxOfEachRow) {
    const std::vector<double> found = class_probabilities(std::vector<float>{0, 0, 1, -1, 3, 3.5F}, 2);
    const double second = std::exp(2.0) / (std::exp(2.0) + 1), third = 1 / (1 + std::exp(0.5));
    const std::vector<double> expected{0.5, 0.5, second, 1 - second, third, 1 - third};
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-15) << i;
}

TEST(ClassProbabilities, OfExtremeLogitsAreFinite) {
    const float large = 3e38F;
    const std::vector<double> found =
        class_probabilities(std::vector<float>{1e4F, 0, -1e4F, large, large, -large, -large, -large, -large}, 3);
    const std::vector<double> expected{1, 0, 0, 0.5, 0.5, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3};
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_DOUBLE_EQ(found[i], expected[i]) << i;
    // A probability of 0 adds nothing to the score.
    EXPECT_TRUE(std::isfinite(inception_score(found, 3, 1, 1).mean));
}

TEST(InceptionScore, OfProbabilitiesThatTellNothingIsOne) {
    const InceptionScore uniform = inception_score(std::vector<double>(40 * 10, 0.1), 10, 4, 1);
    EXPECT_NEAR(uniform.mean, 1, 1e-14);
    EXPECT_NEAR(uniform.deviation, 0, 1e-14);
    // So is that of images that are all of one class: sure, but without variety.
    std::vector<double> one(40 * 10, 0);
    for (std::size_t i = 3; i < one.size(); i += 10) one[i] = 1;
    EXPECT_DOUBLE_EQ(inception_score(one, 10, 4, 1).mean, 1);
}

TEST(InceptionScore, OfSureAndEquallySpreadClassesIsTheirNumber) {
    for (const Index classes : {1, 2, 10}) {
        const InceptionScore found = inception_score(sure_of_classes_in_turn(20 * classes, classes), classes, 1, 1);
        EXPECT_NEAR(found.mean, static_cast<double>(classes), 1e-13);
        EXPECT_EQ(found.deviation, 0) << "a single part has no spread";
    }
}

TEST(InceptionScore, IsThatOfItsDefinitionOnPartsOfTheDrawnOrder) {
    // 103 images in 10 parts: of 10 and of 11 images.
    const Index count = 103, classes = 4;
    std::vector<float> logits = random_vectors(count, classes, 1);
    for (float& logit : logits) logit *= 6;
    const std::vector<double> probabilities = class_probabilities(logits, classes);
    const std::vector<Index> order = random_order(count, 5);
    std::vector<double> scores;
    for (Index part = 0; part < 10; ++part) {
        std::vector<double> marginal(4, 0);
        const Index begin = part * count / 10, end = (part + 1) * count / 10;
        const auto probability = [&](Index place, Index c) {
            return probabilities[static_cast<std::size_t>(order[static_cast<std::size_t>(place)] * classes + c)];
        };
        for (Index place = begin; place < end; ++place)
            for (Index c = 0; c < classes; ++c)
                marginal[static_cast<std::size_t>(c)] += probability(place, c) / static_cast<double>(end - begin);
        double divergence = 0;
        for (Index place = begin; place < end; ++place)
            for (Index c = 0; c < classes; ++c)
                divergence += probability(place, c) *
                              std::log(probability(place, c) / marginal[static_cast<std::size_t>(c)]) /
                              static_cast<double>(end - begin);
        scores.push_back(std::exp(divergence));
    }
    const InceptionScore found = inception_score(probabilities, classes, 10, 5);
    EXPECT_NEAR(found.mean, mean_of(scores), 1e-13);
    EXPECT_NEAR(found.deviation, deviation_of(scores), 1e-13);
    EXPECT_GT(found.deviation, 0.01);
    EXPECT_NE(inception_score(probabilities, classes, 10, 6).mean, found.mean) << "the seed draws the parts";
}

TEST(InceptionScore, OrdersAllImagesOnceAsTheSeedSays) {
    std::vector<Index> order = random_order(5000, 2);
    EXPECT_EQ(random_order(5000, 2), order);
    EXPECT_NE(random_order(5000, 3), order);
    std::sort(order.begin(), order.end());
    std::vector<Index> all(5000);
    std::iota(all.begin(), all.end(), Index{0});
    EXPECT_EQ(order, all);
}

TEST(InceptionScore, RefusesMorePartsThanImages) {
    const std::vector<double> probabilities = sure_of_classes_in_turn(4, 2);
    EXPECT_NO_THROW(inception_score(probabilities, 2, 4, 1));
    expect_usage_error([&] { inception_score(probabilities, 2, 5, 1); }, {"[inception score]", "4 and 5"});
    expect_usage_error([&] { inception_score(probabilities, 2, 0, 1); }, {"[inception score]", "4 and 0"});
    expect_usage_error([&] { inception_score({}, 2, 1, 1); }, {"[inception score]", "0 and 1"});
}

TEST(ClassMeasures, RefuseNumbersThatAreNoWholeRows) {
    expect_usage_error([] { class_probabilities(std::vector<float>(7), 3); }, {"[class measures]", "3 classes", "7"});
    expect_usage_error([] { class_probabilities(std::vector<float>(7), 0); }, {"[class measures]", "0 classes", "7"});
    expect_usage_error([] { inception_score(std::vector<double>(7), 3, 1, 1); },
                       {"[class measures]", "3 classes", "7"});
    expect_usage_error([] { most_probable_classes(std::vector<double>(7), 3); },
                       {"[class measures]", "3 classes", "7"});
    EXPECT_TRUE(class_probabilities({}, 3).empty());
}

TEST(MostProbableClasses, AreTheFirstOfEqualOnes) {
    const std::vector<double> probabilities{0.2, 0.5, 0.3, 0.4, 0.2, 0.4, 1.0 / 3, 1.0 / 3, 1.0 / 3};
    EXPECT_EQ(most_probable_classes(probabilities, 3), (std::vector<Index>{1, 0, 0}));
    EXPECT_TRUE(most_probable_classes({}, 3).empty());
}

}  // namespace
}  // namespace sinter
