// The embedded digits: the same bytes everywhere, balanced, and with the statistics of handwriting.
#include "core/data/formats/digits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "core/files/sha256.h"

namespace sinter {
namespace {

// These hold on every machine, compiler and thread count. Where they change, every published number that was measured
// on digits changes with them.
TEST(Digits, AreTheSameBytesOnEveryMachine) {
    const DataSplits data = make_digits(1000, 200);
    EXPECT_EQ(sha256_hex(data.train.pixels), "eb1d4e01423db71c5d8f2a1eda27909dbc5c0033bba7ac4b818086369c1a4cdf");
    EXPECT_EQ(sha256_hex(data.train.labels), "8eeb35c9609c9d20656eec458a16e913cbfcb7cd3f2366be277ce8789468f10a");
    EXPECT_EQ(sha256_hex(data.test.pixels), "9d5b3b18e6d4d80759ce49337355e6953f061351fdc544511c00fd1d742d596b");
    EXPECT_EQ(sha256_hex(data.test.labels), "4e0524c93286e8de1c29f8dc626e5d953105832c55afda42bd01b1c24555e6ea");
}

TEST(Digits, SizesAreMnist) {
    const DataSplits data = make_digits(30, 20);
    for (const ImageSet* set : {&data.train, &data.test}) {
        EXPECT_EQ(set->height, 28);
        EXPECT_EQ(set->width, 28);
        EXPECT_EQ(set->channels, 1);
        EXPECT_EQ(set->classes, 10);
        EXPECT_EQ(set->name, "digits");
        EXPECT_EQ(set->pixels.size(), static_cast<std::size_t>(set->count * 784));
        EXPECT_EQ(set->labels.size(), static_cast<std::size_t>(set->count));
    }
    EXPECT_EQ(data.train.count, 30);
    EXPECT_EQ(data.test.count, 20);
}

TEST(Digits, AnImageDependsOnNeitherCountsNorThreads) {
    const DataSplits large = make_digits(300, 100, 1);
    for (const int threads : {1, 2, 7}) {
        const DataSplits small = make_digits(123, 57, threads);
        EXPECT_TRUE(std::equal(small.train.pixels.begin(), small.train.pixels.end(), large.train.pixels.begin()));
        EXPECT_TRUE(std::equal(small.train.labels.begin(), small.train.labels.end(), large.train.labels.begin()));
        EXPECT_TRUE(std::equal(small.test.pixels.begin(), small.test.pixels.end(), large.test.pixels.begin()));
        EXPECT_TRUE(std::equal(small.test.labels.begin(), small.test.labels.end(), large.test.labels.begin()));
    }
}

TEST(Digits, EveryTenImagesHoldEachDigitOnce) {
    const ImageSet train = make_digits(500, 0).train;
    std::set<std::vector<std::uint8_t>> orders;
    for (std::size_t i = 0; i < train.labels.size(); i += 10) {
        std::vector<std::uint8_t> ten(train.labels.begin() + static_cast<std::ptrdiff_t>(i),
                                      train.labels.begin() + static_cast<std::ptrdiff_t>(i + 10));
        orders.insert(ten);
        std::sort(ten.begin(), ten.end());
        EXPECT_EQ(ten, (std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    }
    EXPECT_EQ(orders.size(), 50u) << "the order should differ from ten to ten";
}

TEST(Digits, NoImageComesTwice) {
    const DataSplits data = make_digits(2000, 1000);
    std::set<std::string> images;
    for (const ImageSet* set : {&data.train, &data.test})
        for (std::int64_t i = 0; i < set->count; ++i)
            images.emplace(set->pixels.begin() + i * 784, set->pixels.begin() + (i + 1) * 784);
    EXPECT_EQ(images.size(), 3000u);
}

// MNIST has mean 0.131, and 81 % of its pixels are black.
TEST(Digits, LookLikeMnistInNumbers) {
    const ImageSet train = make_digits(2000, 0).train;
    const double sum = std::accumulate(train.pixels.begin(), train.pixels.end(), 0.0);
    EXPECT_NEAR(sum / 255 / static_cast<double>(train.pixels.size()), 0.125, 0.02);
    const auto black = std::count(train.pixels.begin(), train.pixels.end(), 0);
    EXPECT_NEAR(static_cast<double>(black) / static_cast<double>(train.pixels.size()), 0.81, 0.03);
    for (std::int64_t i = 0; i < train.count; ++i) {
        const std::uint8_t* image = train.pixels.data() + i * 784;
        EXPECT_GT(*std::max_element(image, image + 784), 200) << "image " << i << " is too pale";
        double x = 0, y = 0, mass = 0;
        for (int p = 0; p < 784; ++p) {
            x += image[p] * (p % 28 + .5);
            y += image[p] * (p / 28 + .5);
            mass += image[p];
        }
        EXPECT_NEAR(x / mass, 14, 2) << "image " << i << " is not centred";
        EXPECT_NEAR(y / mass, 14, 2) << "image " << i << " is not centred";
    }
}

// The nearest class mean tells most digits: labels fit the images, and test looks like train. It does not tell all of
// them: there is something to learn. (MNIST itself: 82 %.)
TEST(Digits, LabelsFitTheImages) {
    const DataSplits data = make_digits(5000, 1000);
    std::array<std::array<double, 784>, 10> means{};
    for (std::int64_t i = 0; i < data.train.count; ++i)
        for (std::size_t p = 0; p < 784; ++p)
            means[data.train.labels[static_cast<std::size_t>(i)]][p] +=
                data.train.pixels[static_cast<std::size_t>(i) * 784 + p] / 500.0;
    int right = 0;
    for (std::size_t i = 0; i < 1000; ++i) {
        std::array<double, 10> distance{};
        for (std::size_t digit = 0; digit < 10; ++digit)
            for (std::size_t p = 0; p < 784; ++p) {
                const double difference = data.test.pixels[i * 784 + p] - means[digit][p];
                distance[digit] += difference * difference;
            }
        const auto nearest = std::min_element(distance.begin(), distance.end()) - distance.begin();
        right += nearest == data.test.labels[i];
    }
    EXPECT_GT(right, 800);
    EXPECT_LT(right, 1000);
}

}  // namespace
}  // namespace sinter
