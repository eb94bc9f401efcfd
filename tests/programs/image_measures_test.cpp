// The measures of images as programs take them: what is left out, what warns, and what a judge of rotations learns.
#include "apps/measures/image_measures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "apps/measures/judge.h"
#include "core/statistics/class_measures.h"
#include "core/statistics/kernel_distance.h"
#include "tests/common/errors.h"
#include "tests/core/statistics/random_vectors.h"

namespace sinter {
namespace {

using tests::random_vectors;

/// Responses of random features, and of logits that tell little.
Responses responses_of(Index images, unsigned seed, Index size = 2, Index classes = 3) {
    return {images, classes, size, random_vectors(images, size, seed), random_vectors(images, classes, seed + 1000)};
}

std::vector<Measured> measured_of(const Responses& images, const Responses& real, const JudgeStanding& judge = {},
                                  const MeasuringOptions& options = {}, double equal_share = 0) {
    return measure_images(images, real, equal_share, judge, options, Device::cpu());
}

const Measured& named(const std::vector<Measured>& all, const std::string& name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Measured& one) { return one.name == name; });
    if (found == all.end()) throw std::runtime_error("there is no measure " + name);
    return *found;
}

TEST(ImageMeasures, HaveFewerSubsetsWhereTheyAreToBeQuick) {
    const Responses images = responses_of(1001, 1), real = responses_of(1002, 2);
    const std::vector<Measured> quick = measured_of(images, real, {}, {.seed = 5, .quick = true});
    const KernelDistance expected = kernel_distance(images.features, real.features, 2, Device::cpu(),
                                                    {.subsets = 10, .subset_size = 1000, .seed = 5});
    EXPECT_EQ(named(quick, "kid").value, expected.mean);
    EXPECT_EQ(named(quick, "kid").spread, expected.deviation);
    EXPECT_EQ(named(quick, "kid").spread_name, "std");
    EXPECT_EQ(kernel_subsets({.quick = false}), 100);
}

TEST(ImageMeasures, OfClassesAreThereWhereTheJudgeKnowsClasses) {
    const Responses images = responses_of(30, 1), real = responses_of(30, 2);
    const std::vector<Measured> all = measured_of(images, real);
    const std::vector<double> probabilities = class_probabilities(images.logits, 3);
    EXPECT_EQ(named(all, "inception_score").value, inception_score(probabilities, 3, 10, 1).mean);
    double confidence = 0;
    for (std::size_t i = 0; i < probabilities.size(); i += 3)
        confidence += *std::max_element(probabilities.begin() + static_cast<std::ptrdiff_t>(i),
                                        probabilities.begin() + static_cast<std::ptrdiff_t>(i) + 3) /
                      30;
    EXPECT_NEAR(named(all, "confidence").value, confidence, 1e-14);
    const std::vector<Measured> without = measured_of(images, real, {.name = "judge", .knows_classes = false});
    EXPECT_EQ(without.size(), all.size() - 2);
    EXPECT_THROW(named(without, "inception_score"), std::runtime_error);
}

TEST(ImageMeasures, CarryWhatSpeaksAgainstThem) {
    const Responses images = responses_of(30, 1), real = responses_of(30, 2);
    const auto warnings = [&](const JudgeStanding& judge, double equal_share = 0) {
        const std::vector<Measured> all = measured_of(images, real, judge, {}, equal_share);
        for (const Measured& measured : all) {
            if (!measured.left_out.empty()) continue;
            EXPECT_EQ(measured.warnings, all.front().warnings) << measured.name;
        }
        return all.front().warnings;
    };
    using Texts = std::vector<std::string>;
    EXPECT_EQ(warnings({}), Texts{});
    EXPECT_EQ(warnings({.name = "judge", .accuracy = 0.8}), Texts{});
    EXPECT_EQ(warnings({.name = "judge", .accuracy = 0.799}), Texts{"the judge is right 79.9 % of the time"});
    EXPECT_EQ(warnings({.name = "judge", .knows_these = false}), Texts{"the judge was trained on other images"});
    EXPECT_EQ(warnings({.name = "judge", .accuracy = std::numeric_limits<double>::quiet_NaN()}),
              Texts{"the judge is untested"});
    EXPECT_EQ(warnings({}, 0.01), Texts{});
    EXPECT_EQ(warnings({}, 0.02), Texts{"2.0 % equal images"});
    EXPECT_EQ(named(measured_of(images, responses_of(31, 2)), "recall").warnings, Texts{"unequal counts, 30 and 31"});
    const std::vector<Measured> few = measured_of(responses_of(19, 1), responses_of(19, 2));
    EXPECT_EQ(named(few, "frechet").warnings, Texts{"19 images, fewer than 10 for each of 2 features"});
    EXPECT_EQ(named(few, "recall").warnings, Texts{});
}

TEST(ImageMeasures, WarnOfFaintImagesThatPrecisionFlatters) {
    const Responses real = responses_of(30, 2);
    const auto scaled = [&](float factor) {
        Responses images = responses_of(30, 2);
        for (float& feature : images.features) feature *= factor;
        return measured_of(images, real);
    };
    const std::vector<Measured> faint = scaled(0.7f), strong = scaled(0.9f);
    using Texts = std::vector<std::string>;
    const Texts warning{"features 30 % shorter than real ones: blurred images are flattered"};
    EXPECT_EQ(named(faint, "precision").warnings, warning);
    EXPECT_EQ(named(faint, "density").warnings, warning);
    for (const char* name : {"frechet", "recall", "coverage"}) EXPECT_EQ(named(faint, name).warnings, Texts{}) << name;
    for (const Measured& measured : strong) EXPECT_EQ(measured.warnings, Texts{}) << measured.name;
}

TEST(ImageMeasures, OfFewerThanTwoImagesAreRefused) {
    const Responses one = responses_of(1, 1), two = responses_of(2, 2);
    tests::expect_usage_error([&] { measured_of(one, two); }, {"two images or more", "1 and 2"});
    tests::expect_usage_error([&] { measured_of(two, one); }, {"two images or more", "2 and 1"});
    EXPECT_NO_THROW(measured_of(two, two));
}

TEST(ImageMeasures, CountTheSharesOfClasses) {
    Responses responses{4, 3, 1, {}, {9, 0, 0, 0, 0, 9, 8, 1, 1, 5, 5, 5}};
    EXPECT_EQ(class_shares(responses), (std::vector<double>{0.75, 0, 0.25})) << "the first of equal ones counts";
}

ImageSet images_of(std::vector<std::uint8_t> pixels, Index height, Index width, Index channels = 1) {
    ImageSet set;
    set.height = height;
    set.width = width;
    set.channels = channels;
    set.count = static_cast<Index>(pixels.size()) / set.bytes_per_image();
    set.pixels = std::move(pixels);
    return set;
}

TEST(EqualImages, AreThoseThatHaveComeBefore) {
    EXPECT_EQ(share_of_equal_images(images_of({1, 2, 3, 4, 1, 2, 2, 1, 1, 2}, 1, 2)), 0.4);  // the third and the fifth
    EXPECT_EQ(share_of_equal_images(images_of({1, 2, 3, 4}, 1, 2)), 0);
    EXPECT_EQ(share_of_equal_images(images_of({7, 7, 7, 7}, 1, 1)), 0.75);
    EXPECT_EQ(share_of_equal_features({4, 0, 2, {1, 2, 1, 3, 1, 2, 2, 1}, {}}), 0.25);
}

TEST(TurnedImages, AreTurnedByQuartersWithThatForLabels) {
    const ImageSet turned = turned_images(images_of({1, 2, 3, 4, 5, 6, 7, 8}, 2, 2), 10);
    EXPECT_EQ(turned.count, 8);
    EXPECT_EQ(turned.classes, 4);
    EXPECT_EQ(turned.labels, (std::vector<std::uint8_t>{0, 1, 2, 3, 0, 1, 2, 3}));
    // 1 2    2 4    4 3    3 1
    // 3 4    1 3    2 1    4 2
    EXPECT_EQ(std::vector<std::uint8_t>(turned.pixels.begin(), turned.pixels.begin() + 16),
              (std::vector<std::uint8_t>{1, 2, 3, 4, 2, 4, 1, 3, 4, 3, 2, 1, 3, 1, 4, 2}));
    EXPECT_EQ(turned_images(images_of({1, 2, 3, 4, 5, 6, 7, 8}, 2, 2), 1).count, 4);
}

TEST(TurnedImages, KeepTheirChannelsTogetherAndAreTurnedByHalvesWhereTheyAreNotSquare) {
    // Two pixels of three channels, one above the other.
    const ImageSet turned = turned_images(images_of({1, 2, 3, 4, 5, 6}, 2, 1, 3), 10);
    EXPECT_EQ(turned.count, 2);
    EXPECT_EQ(turned.classes, 2);
    EXPECT_EQ(turned.labels, (std::vector<std::uint8_t>{0, 1}));
    EXPECT_EQ(turned.pixels, (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3}));
}

}  // namespace
}  // namespace sinter
