// measure on features that somebody else computed: numbers, warnings, refusals, and the files it writes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <sstream>

#include "core/device.h"
#include "core/statistics/class_measures.h"
#include "core/statistics/frechet.h"
#include "core/statistics/kernel_distance.h"
#include "core/statistics/manifolds.h"
#include "core/statistics/moments.h"
#include "core/statistics/random_order.h"
#include "tests/core/statistics/random_vectors.h"
#include "tests/programs/measure_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;
using tests::random_vectors;

class MeasureFeatures : public MeasureProgram {
protected:
    /// Writes vectors [count, size] as `name`.npy. Returns its path.
    template <class Real = float>
    std::string write(const std::string& name, const std::vector<Real>& values, Index size) const {
        const std::string file = path(name + ".npy");
        write_npy<Real>(file, values, {static_cast<Index>(values.size()) / size, size});
        return file;
    }
    /// Both sides of `count` vectors, which are many enough to be compared without a warning if they have `size` 3.
    Arguments two_sides(Index count = 40, Index size = 3) const {
        return {"--images", write("a", random_vectors(count, size, 1), size), "--against",
                write("b", random_vectors(count, size, 2), size)};
    }
    static std::vector<float> read_floats(const std::string& file, const std::vector<std::int64_t>& shape) {
        const NpyArray array = read_npy(file);
        EXPECT_EQ(array.type, "<f4") << file;
        EXPECT_EQ(array.shape, shape) << file;
        std::vector<float> values(array.data.size() / sizeof(float));
        std::memcpy(values.data(), array.data.data(), array.data.size());
        return values;
    }
};

TEST_F(MeasureFeatures, PrintsTheNumbersOfTheStatistics) {
    const Index size = 3, count = 60;
    const std::vector<float> a = random_vectors(count, size, 1), b = random_vectors(count, size, 2);
    const nlohmann::json line = measure({"--images", write("a", a, size), "--against", write("b", b, size)});
    const FrechetDistance frechet = frechet_distance(a, b, size, 1);
    EXPECT_DOUBLE_EQ(line["frechet"], frechet.distance);
    EXPECT_DOUBLE_EQ(line["frechet_error"], frechet.error);
    const Coverage coverage = measure_coverage({a, size, Device::cpu()}, {b, size, Device::cpu()});
    for (const auto& [name, values] : {std::pair{"precision", &coverage.precision},
                                       {"recall", &coverage.recall},
                                       {"density", &coverage.density},
                                       {"coverage", &coverage.coverage}}) {
        EXPECT_DOUBLE_EQ(line[name], mean_of(*values)) << name;
        EXPECT_DOUBLE_EQ(line[name + std::string("_error")], standard_error_of(*values)) << name;
    }
    EXPECT_EQ(line["images"], count);
    EXPECT_EQ(line["real_images"], count);
    EXPECT_EQ(line["features"], size);
    EXPECT_EQ(line["seed"], 1);
    EXPECT_EQ(line["measured"], "the 60 vectors of " + path("a.npy"));
    EXPECT_EQ(line["against"], "the 60 vectors of " + path("b.npy"));
    EXPECT_EQ(warnings_in(line), Texts{});
    for (const char* none : {"judge", "inception_score", "confidence", "class_shares", "nearest_training", "copies"})
        EXPECT_FALSE(line.contains(none)) << none;
    // One half of the real ones against the other, as the seed draws them: places may follow classes.
    std::vector<float> halves[2];
    const std::vector<Index> order = random_order(count, 1);
    for (Index i = 0; i < count; ++i) {
        const auto vector = b.begin() + order[static_cast<std::size_t>(i)] * size;
        halves[i * 2 / count].insert(halves[i * 2 / count].end(), vector, vector + size);
    }
    EXPECT_DOUBLE_EQ(line["real"]["frechet"], frechet_distance(halves[0], halves[1], size, 1).distance);
    EXPECT_EQ(line["real"]["images"], "one half of the real images (30) against the other");

    // A table has the same numbers for people.
    const Outcome table = start({"--images", path("a.npy"), "--against", path("b.npy")});
    EXPECT_EQ(table.exit_code, 0);
    for (const std::string& part :
         {std::string("the 60 vectors of "), std::string("against the 60 vectors of "),
          fmt::format("{:.3f} +- {:.3f}", frechet.distance, frechet.error),
          fmt::format("{:.4f} +-", mean_of(coverage.density)), std::string("Protocol, seed 1"),
          std::string("as they were given"), std::string("k = 3, closed balls"), std::string("k = 5, open balls")})
        EXPECT_NE(table.out.find(part), std::string::npos) << part << " is not in\n" << table.out;
    EXPECT_EQ(table.out.find("!"), std::string::npos) << table.out;
}

TEST_F(MeasureFeatures, TakesHalvesAtRandomOfVectorsThatFollowAnOrder) {
    // Two kinds in turn, as images of classes often are. By their places the halves would be the kinds, 10 apart.
    std::vector<float> in_turn = random_vectors(200, 1, 1);
    for (std::size_t i = 0; i < in_turn.size(); i += 2) in_turn[i] += 10;
    const std::string file = write("in_turn", in_turn, 1);
    EXPECT_LT(measure({"--images", file, "--against", file})["real"]["frechet"], 5);
}

TEST_F(MeasureFeatures, GivesTheSameNumbersForAnyNumberOfThreads) {
    const Arguments both = with(two_sides(600, 3), {"--json"});  // more than the rows of a block of distances
    const Outcome one = succeed(with(both, {"--threads", "1"}));
    EXPECT_EQ(succeed(with(both, {"--threads", "3"})).out, one.out);
    EXPECT_EQ(one.err, "");
}

TEST_F(MeasureFeatures, HaveAKernelDistanceOfSubsetsThatAreWritten) {
    const Index size = 2, count = 1010;
    const std::vector<float> a = random_vectors(count, size, 1), b = random_vectors(count, size, 2);
    const nlohmann::json line = measure({"--images", write("a", a, size), "--against", write("b", b, size), "--seed",
                                         "7", "--save-features", path("kept.npy")});
    EXPECT_TRUE(line["kid"].is_number());
    EXPECT_GT(line["kid_std"], 0);
    EXPECT_FALSE(line.contains("kid_left_out"));
    EXPECT_TRUE(line["real"]["kid"].is_null()) << "a half has only 505";

    EXPECT_EQ(read_floats(path("kept.npy"), {count, size}), a);
    EXPECT_EQ(read_floats(path("kept.real.npy"), {count, size}), b);
    const NpyArray subsets = read_npy(path("kept.subsets.npy"));
    EXPECT_EQ(subsets.type, "<i8");
    EXPECT_EQ(subsets.shape, (std::vector<std::int64_t>{2, 100, 1000}));
    const KernelDistanceOptions options{.subsets = 100, .subset_size = 1000, .seed = 7};
    std::vector<Index> drawn = draw_subsets(count, 0, options);
    const std::vector<Index> of_real = draw_subsets(count, 1, options);
    drawn.insert(drawn.end(), of_real.begin(), of_real.end());
    ASSERT_EQ(subsets.data.size(), drawn.size() * sizeof(Index));
    EXPECT_EQ(std::memcmp(subsets.data.data(), drawn.data(), subsets.data.size()), 0);
    EXPECT_FALSE(fs::exists(path("kept.logits.npy"))) << "features that were given have no logits";
}

TEST_F(MeasureFeatures, LeavesOutWhatTooFewVectorsCannotTell) {
    const nlohmann::json few = measure(two_sides(40));
    EXPECT_TRUE(few["kid"].is_null());
    EXPECT_EQ(few["kid_left_out"], "needs 1000 images on each side, there are 40");
    EXPECT_FALSE(few.contains("kid_std"));
    const nlohmann::json two = measure(two_sides(2, 3));
    EXPECT_TRUE(two["frechet"].is_number());
    EXPECT_TRUE(two["frechet_error"].is_null()) << "two vectors have no tenths";
    for (const char* name : {"precision", "recall", "density", "coverage"}) {
        EXPECT_TRUE(two[name].is_null()) << name;
        EXPECT_EQ(two[name + std::string("_left_out")], "needs more than 5 images on each side, there are 2") << name;
    }
    EXPECT_FALSE(two.contains("real")) << "two vectors have no halves to compare";
    const nlohmann::json k = measure(with(two_sides(40), {"--density-neighbours", "40"}));
    EXPECT_EQ(k["density_left_out"], "needs more than 40 images on each side, there are 40");
    const Outcome table = succeed(two_sides(40));
    EXPECT_NE(table.out.find("left out: needs 1000 images on each side"), std::string::npos) << table.out;
}

TEST_F(MeasureFeatures, TakesTheNeighboursThatAreAskedFor) {
    const Arguments both = two_sides(60);
    const nlohmann::json usual = measure(both);
    const nlohmann::json other = measure(with(both, {"--precision-neighbours", "1", "--density-neighbours", "2"}));
    const std::vector<float> a = random_vectors(60, 3, 1), b = random_vectors(60, 3, 2);
    const Coverage expected =
        measure_coverage({a, 3, Device::cpu()}, {b, 3, Device::cpu()}, {.precision = 1, .density = 2});
    EXPECT_DOUBLE_EQ(other["precision"], mean_of(expected.precision));
    EXPECT_DOUBLE_EQ(other["density"], mean_of(expected.density));
    EXPECT_NE(other["precision"], usual["precision"]);
    EXPECT_NE(other["density"], usual["density"]);
}

TEST_F(MeasureFeatures, WarnsInTheLineOfTheNumberAndIsStrictWhereAsked) {
    const std::string a = write("a", random_vectors(29, 3, 1), 3), b = write("b", random_vectors(35, 3, 2), 3);
    const Arguments both = {"--images", a, "--against", b};
    const Texts expected = {"unequal counts, 29 and 35", "29 images, fewer than 10 for each of 3 features"};
    EXPECT_EQ(warnings_in(measure(both)), expected);
    const Outcome table = start(both), strict = start(with(both, {"--strict"}));
    EXPECT_EQ(table.exit_code, 0);
    EXPECT_EQ(strict.exit_code, 3);
    EXPECT_EQ(strict.out, table.out) << "--strict changes the exit code alone";
    // Each measure has those that speak against it; one that was left out has none.
    std::istringstream lines(table.out);
    int warned = 0;
    for (std::string text; std::getline(lines, text);) {
        const bool is_frechet = text.starts_with("Frechet distance ");
        const bool is_measure = is_frechet || text.starts_with("precision ") || text.starts_with("recall ") ||
                                text.starts_with("density ") || text.starts_with("coverage ");
        if (text.find("+-") == std::string::npos || !is_measure) continue;
        EXPECT_NE(text.find("! " + expected[0]), std::string::npos) << text;
        EXPECT_EQ(text.find("! " + expected[1]) != std::string::npos, is_frechet) << text;
        ++warned;
    }
    EXPECT_EQ(warned, 5) << table.out;
    // Thirty of each are enough for three features.
    EXPECT_EQ(start(with(two_sides(30), {"--strict"})).exit_code, 0);
}

TEST_F(MeasureFeatures, WarnsOfEqualVectors) {
    std::vector<float> equal;
    for (int i = 0; i < 3; ++i) equal.insert(equal.end(), {1, 2});
    const nlohmann::json three =
        measure({"--images", write("a", equal, 2), "--against", write("b", random_vectors(3, 2, 2), 2)});
    EXPECT_NEAR(three["equal_images"], 2.0 / 3, 1e-12);
    EXPECT_EQ(warnings_in(three), (Texts{"66.7 % equal images", "3 images, fewer than 10 for each of 2 features"}));
    EXPECT_EQ(measure(two_sides())["equal_images"], 0);
}

TEST_F(MeasureFeatures, ReadsDoubles) {
    const std::vector<double> wide = tests::random_numbers(120, 1);
    const std::vector<float> narrow(wide.begin(), wide.end());
    const std::string b = write("b", random_vectors(40, 3, 2), 3);
    const nlohmann::json of_doubles = measure({"--images", write<double>("wide", wide, 3), "--against", b});
    EXPECT_EQ(of_doubles["frechet"], measure({"--images", write("narrow", narrow, 3), "--against", b})["frechet"]);
}

TEST_F(MeasureFeatures, RefusesFeaturesThatCannotBeCompared) {
    const std::string good = write("good", random_vectors(40, 3, 1), 3);
    const auto expect_bad = [&](const std::string& bad, std::initializer_list<std::string> parts) {
        expect_refused({"--images", bad, "--against", good}, 3, parts);
        expect_refused({"--images", good, "--against", bad}, 3, parts);
    };
    expect_bad(write("one", random_vectors(1, 3, 1), 3), {"one.npy", "two vectors", "came 1"});
    expect_bad(write("none", {}, 3), {"none.npy", "two vectors", "came 0"});
    for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        std::vector<float> values = random_vectors(40, 3, 1);
        values[100] = wrong;
        expect_bad(write("wrong", values, 3), {"wrong.npy", "finite", "vector 33"});
    }
    expect_bad(write<double>("large", std::vector<double>(6, 1e300), 3), {"large.npy", "finite", "vector 0"});
    expect_bad(write<std::int64_t>("whole", std::vector<std::int64_t>(6), 3), {"whole.npy", "<f4 or <f8", "<i8"});
    expect_bad(write("other", random_vectors(40, 4, 1), 4), {"one size", "other.npy has 4", "good.npy has 3"});
    expect_bad(path("missing.npy"), {"missing.npy"});
    write_text(path("text.npy"), "1.0, 2.0\n3.0, 4.0\n");
    expect_bad(path("text.npy"), {"text.npy", "numpy.save()"});
    write_npy<float>(path("line.npy"), random_vectors(40, 1, 1), {40});
    expect_bad(path("line.npy"), {"line.npy"});
    // Features on one side and images on the other.
    write_npy<std::uint8_t>(path("images.npy"), std::vector<std::uint8_t>(3 * 144), {3, 12, 12});
    expect_bad(path("images.npy"), {"features", "images.npy", "good.npy"});
    expect_refused({"--images", good, "--data", data()}, 3, {"features", "good.npy", "--against"});
    expect_refused({"--images", data(), "--against", good}, 3, {"features", "good.npy"});
}

TEST_F(MeasureFeatures, RefusesWrongUsageBeforeTheWork) {
    const Arguments both = two_sides();
    const auto expect_usage = [&](const Arguments& wrong, std::initializer_list<std::string> parts) {
        const Snapshot before = snapshot();
        expect_refused(with(both, wrong), 2, parts);
        EXPECT_TRUE(snapshot() == before) << "something on the disk has changed";
    };
    expect_usage({"--samples", "5"}, {"--samples", "--images"});
    expect_usage({"--checkpoint", "run"}, {"--checkpoint and --images", "one of them"});
    expect_usage({"--save-features", path("nowhere/f.npy")}, {"--save-features", "no folder", path("nowhere")});
    fs::create_directories(path("folder.npy"));
    expect_usage({"--save-features", path("folder.npy")}, {"--save-features", "is a folder"});
    expect_usage({"--save-features", path("f.v2")}, {"--save-features", "ends in .npy", "f.v2"});
    expect_usage({"--save-reference", path("r.npy")}, {"--save-reference", "ends in .safetensors", "r.npy"});
    expect_usage({"--save-reference", path("nowhere/r.safetensors")}, {"--save-reference", "no folder"});
    expect_usage({"--save-reference", path("r.safetensors")}, {"--save-reference", "features"});
    expect_usage({"--precision-neighbours", "0"}, {"--precision-neighbours", "'0'"});
    expect_usage({"--density-neighbours", "1001"}, {"--density-neighbours", "'1001'"});
    expect_usage({"--seed", "-1"}, {"--seed", "'-1'"});
    expect_usage({"--imagess", "x"}, {"unknown option '--imagess'", "did you mean --images?"});
    expect_usage({"--images-split", "valid"}, {"--images-split", "'valid'"});
    expect_refused({"--images", path("a.npy")}, 2, {"--images", "expected --against", "--data"});
    expect_refused({"--images-split", "test"}, 2, {"--images-split", "--images"});
    expect_refused({"--against-split", "test", "--checkpoint", "run"}, 2, {"--against-split", "--against"});
}

}  // namespace
}  // namespace sinter
