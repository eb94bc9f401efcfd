// The judges of measure: trained once, given, unable or of other images; and what references keep of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "core/device.h"
#include "tests/common/checkpoint_files.h"
#include "tests/programs/measure_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// The line without what a saved reference cannot tell: it keeps no training images.
nlohmann::json without_training_images(nlohmann::json line) {
    for (const char* name : {"nearest_training", "nearest_training_error", "real_nearest_training", "copies",
                             "copies_error", "exact_copies"})
        line.erase(name);
    return line;
}

TEST_F(MeasureImages, TrainsAJudgeOnceAndFindsItAgain) {
    const Arguments arguments = with(comparing(), {"--json", "--quiet"});
    const Outcome first = succeed(arguments);
    EXPECT_NE(first.err.find("training a judge on 32 images of "), std::string::npos) << first.err;
    EXPECT_NE(first.err.find("in 4 classes, once"), std::string::npos) << first.err;
    ASSERT_EQ(judges().size(), 1u);
    const Outcome second = succeed(arguments);
    EXPECT_EQ(second.err.find("training"), std::string::npos) << second.err;
    EXPECT_EQ(second.out, first.out);
    const auto line = nlohmann::json::parse(first.out);
    EXPECT_EQ(line["judge"]["checkpoint"], judges()[0].string());
    EXPECT_EQ(line["judge"]["name"], "classifier on quarters, 40 images");
    EXPECT_GE(line["judge"]["accuracy"], 0.9);
    EXPECT_EQ(line["images"], kTest);
    EXPECT_EQ(line["real_images"], kTest);
    EXPECT_EQ(line["features"], 128);
    EXPECT_EQ(line["class_shares"].size(), 4u);
    EXPECT_EQ(line["real"]["images"], "8 training images of quarters that the judge has not seen");
    for (const char* name : {"frechet", "precision", "recall", "density", "coverage", "inception_score", "confidence",
                             "nearest_training", "real_nearest_training", "copies"})
        EXPECT_TRUE(line[name].is_number()) << name;
    EXPECT_GT(line["confidence"], 0.9);
    EXPECT_EQ(line["equal_images"], 0);
    EXPECT_EQ(warnings_in(line), Texts{"16 images, fewer than 10 for each of 128 features"});
}

// Names of tests that begin so are not run under sanitizers, where a training takes its time: tests/CMakeLists.txt.
TEST_F(MeasureImages, SameSeedGivesTheSameJudgeForAnyNumberOfThreads) {
    std::string first;
    for (const char* threads : {"1", "3"}) {
        ProcessOptions options;
        options.environment["SINTER_CACHE_DIR"] = path(std::string("cache-") + threads);
        const Outcome outcome = start(with(comparing(), {"--threads", threads}), options);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const fs::path judges = path(std::string("cache-") + threads + "/judges");
        const std::string judge = read_text(*fs::directory_iterator(judges));
        if (first.empty()) first = judge;
        EXPECT_TRUE(judge == first) << "another judge with " << threads << " threads";
    }
}

TEST_F(MeasureImages, LearnsFromAllOfFewImagesAndIsUntestedThen) {
    const Outcome few =
        succeed({"--images", write("fresh", quarters(kTest, 3)), "--against", write("few", quarters(9, 2))});
    EXPECT_NE(few.err.find("on 36 images of few.npy"), std::string::npos) << few.err;
    EXPECT_NE(few.out.find("judge: rotations of few.npy, 9 images, untested"), std::string::npos) << few.out;
    EXPECT_NE(few.out.find("! the judge is untested"), std::string::npos) << few.out;
}

TEST_F(MeasureImages, WarnsOfAJudgeThatHasLearnedNothing) {
    // A single step that changes nothing.
    const std::string run = train_classifier("untrained", {"--batch-size", "40", "--lr", "1e-30"});
    const nlohmann::json line = measure(with(comparing(), {"--classifier", run}));
    const double accuracy = line["judge"]["accuracy"];
    EXPECT_LT(accuracy, 0.8);
    EXPECT_EQ(warnings_in(line).at(0), fmt::format("the judge is right {:.1f} % of the time", 100 * accuracy));
    const Outcome strict = start(with(comparing(), {"--classifier", run, "--strict"}));
    EXPECT_EQ(strict.exit_code, 3);
    EXPECT_NE(strict.out.find("! the judge is right"), std::string::npos) << strict.out;
}

TEST_F(MeasureImages, WarnsOfAJudgeOfOtherImages) {
    // The same classes of other images, and other classes.
    const std::string run = train_classifier("run");
    ImageSet others = quarters(kTest, 9), two = quarters(kTest, 2);
    for (std::uint8_t& label : two.labels) label %= 2;
    write_mnist(path("others"), {others, others, {}, 0, 0, {}, "", "", ""});
    write_mnist(path("two"), {two, two, {}, 0, 0, {}, "", "", ""});
    const std::string fresh = write("fresh", quarters(kTest, 3));
    const auto measured = [&](const std::string& against) {
        return measure({"--images", fresh, "--against", against, "--classifier", run});
    };
    const nlohmann::json of_others = measured(path("others")), of_two = measured(path("two"));
    EXPECT_TRUE(holds(warnings_in(of_others), "the judge was trained on other images")) << of_others;
    EXPECT_TRUE(of_others["judge"]["accuracy"].is_number());
    EXPECT_TRUE(holds(warnings_in(of_two), "other classes than the real images have")) << of_two;
    EXPECT_TRUE(of_two["judge"]["accuracy"].is_null()) << "it cannot be right about classes that it does not know";
    const Outcome table = succeed({"--images", fresh, "--against", path("two"), "--classifier", run});
    EXPECT_NE(table.out.find("it knows other classes than the real images have"), std::string::npos) << table.out;
    // Images without labels can be judged by their features, but nobody knows how well.
    const nlohmann::json unlabelled = measured(write("real", quarters(kTest, 2)));
    EXPECT_TRUE(holds(warnings_in(unlabelled), "the judge is untested")) << unlabelled;
    EXPECT_FALSE(holds(warnings_in(unlabelled), "trained on other images")) << unlabelled;
}

TEST_F(MeasureImages, GivesImagesWithoutLabelsAJudgeOfRotations) {
    const std::string real = write("real", quarters(kTest, 2));
    const Arguments arguments = with({"--images", write("fresh", quarters(kTest, 3))}, {"--against", real});
    const Outcome outcome = succeed(arguments);
    EXPECT_NE(outcome.err.find("training a judge on 60 images of real.npy in 4 classes"), std::string::npos)
        << outcome.err;  // fifteen of the sixteen, turned four times
    for (const char* part : {"judge: rotations of real.npy", "the judge learned by how much an image is turned",
                             "one half of the real images (8) against the other"})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in\n" << outcome.out;
    EXPECT_EQ(outcome.out.find("taken for"), std::string::npos) << outcome.out;
    const nlohmann::json line = measure(with(arguments, {"--save-reference", path("real.safetensors")}));
    EXPECT_EQ(measure({"--images", path("fresh.npy"), "--against", path("real.safetensors")}), line);
    for (const char* none : {"inception_score", "confidence", "class_shares", "copies"})
        EXPECT_FALSE(line.contains(none)) << none;
    EXPECT_TRUE(line["judge"]["accuracy"].is_number());
    ASSERT_EQ(judges().size(), 1u);
    EXPECT_NE(judges()[0].string().find("-rotations"), std::string::npos);
}

TEST_F(MeasureImages, GivesTheSameNumbersBySavedReferences) {
    const std::string run = train_classifier("run"), reference = path("real.safetensors");
    const Arguments images = {"--images", write("fresh", quarters(kTest, 3))};
    // Of a set, and of images without labels, on which nobody could test the judge.
    for (const std::string& real : {set(), write("real", quarters(kTest, 2))}) {
        fs::remove(reference);
        nlohmann::json first =
            measure(with(images, {"--against", real, "--classifier", run, "--save-reference", reference}));
        EXPECT_EQ(measure(with(images, {"--against", reference})), without_training_images(first));
    }
    // Another judge has other features, and the same name where it learned from the same data.
    const std::string other = train_classifier("other", {"--batch-size", "8", "--epochs", "1", "--seed", "2"});
    expect_refused(with(images, {"--against", reference, "--classifier", other}), 3,
                   {reference, "features are those of another judge", run, "--classifier"});
    fs::rename(run, path("moved"));
    expect_refused(with(images, {"--against", reference}), 3, {reference, "is not there", "--classifier"});
    EXPECT_EQ(start(with(images, {"--against", reference, "--classifier", path("moved")})).exit_code, 0);
}

TEST_F(MeasureImages, RefusesDamagedReferences) {
    const Arguments images = {"--images", write("fresh", quarters(kTest, 3))};
    const std::string reference = path("real.safetensors"), bad = path("bad.safetensors");
    succeed(with(images, {"--against", set(), "--save-reference", reference, "--classifier", train_classifier("run")}));
    const auto expect_bad = [&](std::initializer_list<std::string> parts) {
        expect_refused(with(images, {"--against", bad}), 3, {bad});
        expect_refused(with(images, {"--against", bad}), 3, parts);
    };
    expect_bad({bad});  // there is none yet
    const std::string content = read_text(reference);
    write_text(bad, content.substr(0, content.size() - 1));
    expect_bad({bad});
    write_text(bad, "");
    expect_bad({bad});

    const SafetensorsFile good = SafetensorsFile::open(reference);
    const auto changed = [&](const char* name, const std::string& value) {
        SafetensorsMetadata facts = good.metadata();
        facts[name] = value;
        write_safetensors(bad, good.entries(), facts);
    };
    changed("format", "sinter reference 9");
    expect_bad({"'sinter reference 1'", "'sinter reference 9'", "save the reference again"});
    changed("judge.accuracy", "good");
    expect_bad({"judge.accuracy", "'good'"});
    changed("judge.file", path("gone"));
    expect_bad({path("gone"), "is not there", "--classifier"});
    write_safetensors(bad, {}, good.metadata());
    expect_bad({"real.features", "damaged"});
    std::vector<SafetensorsEntry> entries(good.entries().begin(), good.entries().end());
    for (SafetensorsEntry& entry : entries)
        if (entry.name == "real.logits") entry.shape = {entry.shape[0] * entry.shape[1], 1};
    write_safetensors(bad, entries, good.metadata());
    expect_bad({"real.logits", "damaged"});
    const std::vector<float> nan(good.at("real.features").data.size() / sizeof(float), std::nanf(""));
    entries.assign(good.entries().begin(), good.entries().end());
    for (SafetensorsEntry& entry : entries)
        if (entry.name == "real.features") entry.data = std::as_bytes(std::span(nan));
    write_safetensors(bad, entries, good.metadata());
    expect_bad({"finite features", "damaged"});
    // A checkpoint is no reference.
    fs::copy_file(checkpoint_of(path("run")), bad, fs::copy_options::overwrite_existing);
    expect_bad({"--save-reference"});
}

// The judge rounds in another order there: its features differ by some 1e-5 of their size, and so do distances. What
// follows from features alone, in double, has the same bits (kernels/cases/dot_products.cpp).
TEST_F(MeasureImages, OnCUDAFindsWhatTheCpuFinds) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    const Arguments arguments = with(comparing(), {"--classifier", train_classifier("run")});
    const nlohmann::json on_cpu = measure(with(arguments, {"--device", "cpu"}));
    const nlohmann::json on_cuda = measure(with(arguments, {"--device", "cuda"}));
    for (const char* name : {"frechet", "precision", "recall", "density", "coverage", "inception_score", "confidence",
                             "nearest_training"}) {
        const double expected = on_cpu[name];
        EXPECT_NEAR(on_cuda[name], expected, 1e-4 * std::abs(expected) + 1e-4) << name;
    }
    EXPECT_EQ(on_cuda["class_shares"], on_cpu["class_shares"]);
    EXPECT_EQ(on_cuda["judge"]["accuracy"], on_cpu["judge"]["accuracy"]);
}

}  // namespace
}  // namespace sinter
