// The random numbers: Philox's known answers, addresses, distributions and permutations.
#include "kernels/philox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

#include "kernels/permutation.h"

namespace sinter::kernels {
namespace {

void expect_words(const PhiloxBlock& block, std::initializer_list<std::uint32_t> expected) {
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), block.word))
        << std::hex << block.word[0] << " " << block.word[1] << " " << block.word[2] << " " << block.word[3];
}

TEST(Philox, GivesTheKnownAnswersOfRandom123) {
    expect_words(philox4x32({{0, 0, 0, 0}}, 0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    constexpr std::uint32_t kOnes = 0xffffffff;
    expect_words(philox4x32({{kOnes, kOnes, kOnes, kOnes}}, kOnes, kOnes),
                 {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    expect_words(philox4x32({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0),
                 {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(Philox, PlacesSeedDrawAndStepAsTheContractSays) {
    const RandomStream stream{0x1111111122222222, 0x33333333, 0x4444444455555555};
    const PhiloxBlock expected = philox4x32({{9, 0x33333333, 0x55555555, 0x44444444}}, 0x22222222, 0x11111111);
    EXPECT_TRUE(std::equal(expected.word, expected.word + 4, stream.block(9).word));

    const std::uint64_t step = 0x4444444455555555;
    EXPECT_EQ(read_stream({1, 2, &step}).step, step);
    EXPECT_EQ(read_stream({1, 2, nullptr}).step, 0u);
}

TEST(Philox, MakesUniformsThatKeepWithinTheirInterval) {
    EXPECT_EQ(uniform_from<float>(0), 0.0f);
    EXPECT_EQ(uniform_from<float>(0xffffffff), 1.0f - 0x1p-24f);
    EXPECT_EQ(positive_uniform_from<float>(0), 0x1p-24f);
    EXPECT_EQ(positive_uniform_from<float>(0xffffffff), 1.0f);
    EXPECT_EQ(static_cast<double>(uniform_from<float>(0x89abcdef)), uniform_from<double>(0x89abcdef));
}

/// A million numbers: their means scatter by a thousandth of a standard deviation, and five of these are allowed.
constexpr Index kSample = 1 << 20;
constexpr double kScatter = 5.0 / 1024;

template <class Draw>
std::vector<double> sample(const Draw& draw) {
    CpuQueue queue(1);
    std::vector<float> numbers(kSample);
    draw(queue, numbers.data());
    return {numbers.begin(), numbers.end()};
}

std::vector<double> normal_sample(const RandomAddress& address) {
    return sample([&](CpuQueue& queue, float* y) { random_normal(queue, y, kSample, 0, 1, address); });
}

template <class Term>
double mean_of(const std::vector<double>& numbers, const Term& term) {
    double sum = 0;
    for (const double x : numbers) sum += term(x);
    return sum / static_cast<double>(numbers.size());
}

/// The mean of x[i] y[i + lag].
double correlation(const std::vector<double>& x, const std::vector<double>& y, std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 0; i + lag < x.size(); ++i) sum += x[i] * y[i + lag];
    return sum / static_cast<double>(x.size() - lag);
}

TEST(RandomUniform, HasTheMomentsAndTheSpreadOfAUniform) {
    const std::uint64_t step = 3;
    const auto numbers = sample([&](CpuQueue& queue, float* y) {
        random_uniform(queue, y, kSample, 0, 1, RandomAddress{1, 2, &step});
    });
    const auto [smallest, largest] = std::minmax_element(numbers.begin(), numbers.end());
    EXPECT_GE(*smallest, 0);
    EXPECT_LT(*largest, 1);
    EXPECT_NEAR(mean_of(numbers, [](double x) { return x; }), 0.5, kScatter * std::sqrt(1.0 / 12));
    EXPECT_NEAR(mean_of(numbers, [](double x) { return (x - 0.5) * (x - 0.5); }), 1.0 / 12,
                kScatter * std::sqrt(1.0 / 180));

    std::vector<int> bins(256);
    for (const double x : numbers) ++bins[static_cast<std::size_t>(x * 256)];
    double chi_square = 0;
    constexpr double kPerBin = kSample / 256.0;
    for (const int count : bins) chi_square += (count - kPerBin) * (count - kPerBin) / kPerBin;
    EXPECT_NEAR(chi_square, 255, 5 * std::sqrt(2 * 255.0));
}

TEST(RandomNormal, HasTheMomentsAndTheTailsOfANormal) {
    const std::uint64_t step = 3;
    const auto numbers = normal_sample({1, 2, &step});
    // The scatter of x^k is the root of the variance of x^k: 1, sqrt(2), sqrt(15) and sqrt(96).
    EXPECT_NEAR(mean_of(numbers, [](double x) { return x; }), 0, kScatter);
    EXPECT_NEAR(mean_of(numbers, [](double x) { return x * x; }), 1, kScatter * std::sqrt(2.0));
    EXPECT_NEAR(mean_of(numbers, [](double x) { return x * x * x; }), 0, kScatter * std::sqrt(15.0));
    EXPECT_NEAR(mean_of(numbers, [](double x) { return x * x * x * x; }), 3, kScatter * std::sqrt(96.0));
    for (const double limit : {1.0, 2.0, 3.0, 4.0}) {
        const double tail = std::erfc(limit / std::sqrt(2.0)) / 2;
        EXPECT_NEAR(mean_of(numbers, [=](double x) { return x > limit; }), tail, kScatter * std::sqrt(tail)) << limit;
        EXPECT_NEAR(mean_of(numbers, [=](double x) { return x < -limit; }), tail, kScatter * std::sqrt(tail)) << limit;
    }
}

TEST(RandomNormal, DoesNotCorrelateWithItsNeighboursOrWithOtherAddresses) {
    const std::uint64_t step = 3, next_step = 4;
    const auto numbers = normal_sample({1, 2, &step});
    for (std::size_t lag = 1; lag <= 8; ++lag) EXPECT_NEAR(correlation(numbers, numbers, lag), 0, kScatter) << lag;
    EXPECT_NEAR(correlation(numbers, normal_sample({2, 2, &step}), 0), 0, kScatter);
    EXPECT_NEAR(correlation(numbers, normal_sample({1, 3, &step}), 0), 0, kScatter);
    EXPECT_NEAR(correlation(numbers, normal_sample({1, 2, &next_step}), 0), 0, kScatter);
}

TEST(RandomBernoulli, MeetsItsProbability) {
    const std::uint64_t step = 3;
    for (const float probability : {0.0f, 0.1f, 0.75f, 1.0f}) {
        const std::vector<float> probabilities(kSample, probability);
        const auto numbers = sample([&](CpuQueue& queue, float* y) {
            random_bernoulli(queue, y, probabilities.data(), kSample, RandomAddress{1, 2, &step});
        });
        const double variance = probability * (1.0 - probability);
        EXPECT_NEAR(mean_of(numbers, [](double x) { return x; }), probability, kScatter * std::sqrt(variance));
    }
}

TEST(Dropout, DropsAtItsRateAndKeepsTheMean) {
    const std::uint64_t step = 3;
    const std::vector<float> ones(kSample, 1.0f);
    const auto numbers = sample([&](CpuQueue& queue, float* y) {
        dropout(queue, y, ones.data(), kSample, 0.3, RandomAddress{1, 2, &step});
    });
    EXPECT_NEAR(mean_of(numbers, [](double x) { return x == 0; }), 0.3, kScatter * std::sqrt(0.3 * 0.7));
    EXPECT_NEAR(mean_of(numbers, [](double x) { return x; }), 1, kScatter * std::sqrt(0.3 / 0.7));
}

std::vector<std::int32_t> permutation_of(Index count, const RandomAddress& address) {
    CpuQueue queue(1);
    std::vector<std::int32_t> order(static_cast<std::size_t>(count));
    random_permutation(queue, order.data(), count, address);
    return order;
}

TEST(RandomPermutation, HoldsEveryIndexOnce) {
    const std::uint64_t step = 1;
    for (const Index count : {1,  2,   3,   4,   5,    7,      15,     16,     17,     63,      64,
                              65, 255, 256, 257, 1000, 59'999, 60'000, 65'536, 65'537, 262'144, 262'145}) {
        std::vector<std::int32_t> order = permutation_of(count, {5, 6, &step});
        std::vector<std::int32_t> expected(order.size());
        std::iota(expected.begin(), expected.end(), 0);
        if (count >= 63) {
            EXPECT_NE(order, expected) << count << " elements were not shuffled";
        }
        std::sort(order.begin(), order.end());
        EXPECT_EQ(order, expected) << count;
    }
}

TEST(RandomPermutation, ChangesWithSeedDrawAndStep) {
    const std::uint64_t step = 1, next_step = 2;
    const auto order = permutation_of(60'000, {5, 6, &step});
    EXPECT_EQ(order, permutation_of(60'000, {5, 6, &step}));
    for (const RandomAddress& other :
         {RandomAddress{6, 6, &step}, RandomAddress{5, 7, &step}, RandomAddress{5, 6, &next_step}}) {
        const auto changed = permutation_of(60'000, other);
        int same = 0;
        for (std::size_t i = 0; i < order.size(); ++i) same += order[i] == changed[i];
        EXPECT_LT(same, 8) << "two random permutations agree in about one place";
    }
}

/// The sum of (count - expected)^2 / expected over counts that should all be equal.
double chi_square_of(const std::vector<int>& counts) {
    const double expected = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
    double sum = 0;
    for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
}

/// Where a chi-square lies in its distribution, in standard deviations of a normal one (Wilson and Hilferty's root).
double deviation_of(double chi_square, double freedom) {
    const double variance = 2 / (9 * freedom);
    return (std::cbrt(chi_square / freedom) - (1 - variance)) / std::sqrt(variance);
}

double deviation_of(const std::vector<int>& counts) {
    return deviation_of(chi_square_of(counts), static_cast<double>(counts.size()) - 1);
}

bool is_even(const std::vector<std::int32_t>& order) {
    std::vector<bool> seen(order.size());
    std::size_t cycles = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (!seen[i]) ++cycles;
        for (std::size_t at = i; !seen[at]; at = static_cast<std::size_t>(order[at])) seen[at] = true;
    }
    return (order.size() - cycles) % 2 == 0;
}

std::vector<std::int32_t> order_of(std::uint32_t count, std::uint64_t step) {
    std::vector<std::int32_t> order(count);
    shuffle(order.data(), count, {5, 6, step});
    return order;
}

// The seed is fixed, and so are the numbers below. With another seed, one number in a million would lie five standard
// deviations away by chance.
TEST(RandomPermutation, SendsEveryIndexOfASmallSetEverywhereEquallyOften) {
    constexpr std::uint64_t kSteps = 4'000;
    for (std::uint32_t count = 2; count <= 64; ++count) {
        std::vector<int> hits(count * count);
        int even = 0;
        for (std::uint64_t step = 0; step < kSteps; ++step) {
            const auto order = order_of(count, step);
            for (std::uint32_t i = 0; i < count; ++i) ++hits[i * count + static_cast<std::uint32_t>(order[i])];
            even += is_even(order);
        }
        // All rows and columns of the table have the same sum, which leaves (n - 1)^2 of its entries free. An order is
        // a matrix of ones and zeros, whose entries vary n / (n - 1) times as much as those of a table of single draws.
        const double n = count;
        EXPECT_LT(std::abs(deviation_of(chi_square_of(hits) * (n - 1) / n, (n - 1) * (n - 1))), 5) << count;
        EXPECT_LT(std::abs(even - kSteps / 2.0), 5 * std::sqrt(kSteps) / 2) << count;
    }
}

TEST(RandomPermutation, GivesEveryOrderOfASmallSetEquallyOften) {
    constexpr std::uint64_t kSteps = 100'000;
    for (const std::uint32_t count : {3u, 4u, 5u, 6u}) {
        std::map<std::vector<std::int32_t>, int> times;
        for (std::uint64_t step = 0; step < kSteps; ++step) ++times[order_of(count, step)];
        std::vector<int> counts;
        for (const auto& [order, number] : times) counts.push_back(number);
        ASSERT_EQ(counts.size(), std::vector<std::size_t>({6, 24, 120, 720})[count - 3]);
        EXPECT_LT(std::abs(deviation_of(counts)), 5) << count;
    }
}

TEST(RandomPermutation, DrawsEveryNumberBelowALimitEquallyOften) {
    // Without the words that are left out, a limit of 3 * 2^30 would give every third number twice as often.
    constexpr std::uint32_t kLimit = 3u << 30, kDraws = 300'000;
    std::vector<int> thirds(3), parts(16);
    for (std::uint32_t i = 0; i < kDraws; ++i) {
        const std::uint32_t drawn = bounded_draw({5, 6, i}, 0, kLimit);
        ASSERT_LT(drawn, kLimit);
        ++thirds[drawn % 3];
        ++parts[drawn / (kLimit / 16)];
    }
    EXPECT_LT(std::abs(deviation_of(thirds)), 5);
    EXPECT_LT(std::abs(deviation_of(parts)), 5);
}

TEST(RandomPermutation, KeepsItsOrders) {
    // Runs go on with the order that they began with: these are first places, by Fisher and Yates up to 4,096.
    const std::uint64_t step = 1;
    const std::map<Index, std::vector<std::int32_t>> first_places = {{5, {2, 0, 3, 4}},
                                                                     {64, {12, 36, 10, 43}},
                                                                     {4096, {3273, 945, 2740, 97}},
                                                                     {4097, {2910, 2562, 3363, 1838}},
                                                                     {60'000, {34158, 39634, 24111, 57637}}};
    for (const auto& [count, first] : first_places) {
        auto order = permutation_of(count, {5, 6, &step});
        order.resize(first.size());
        EXPECT_EQ(order, first) << count;
    }
}

TEST(RandomPermutation, SeparatesNeighbours) {
    // Shuffled neighbours lie a third of the range apart on average, scattered by 0.24 of it.
    const std::uint64_t step = 1;
    const auto order = permutation_of(60'000, {5, 6, &step});
    double distance = 0;
    for (std::size_t i = 1; i < order.size(); ++i) distance += std::abs(order[i] - order[i - 1]);
    EXPECT_NEAR(distance / 60'000 / 60'000, 1.0 / 3, 5 * 0.24 / std::sqrt(60'000.0));
}

}  // namespace
}  // namespace sinter::kernels
