// measure on images: where they come from, what it warns of and refuses, copies of training images, and models that
// draw.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "apps/training/pictures.h"
#include "core/pictures/png.h"
#include "tests/common/checkpoint_files.h"
#include "tests/programs/measure_program.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

TEST_F(MeasureImages, PrintsATableWithTheProtocol) {
    const Outcome outcome = succeed(with(comparing("fresh", 12), {"--classifier", train_classifier("run")}));
    for (const std::string& part :
         {std::string("the 12 images of ") + path("fresh.npy"), std::string("against the 16 test images of "),
          std::string("judge: classifier on quarters, 40 images"), path("run"),
          std::string("of real images that it has not seen"), std::string("Frechet distance"),
          std::string("taken for 3"), std::string("unequal counts, 12 and 16"),
          std::string("left out: needs 1000 images on each side"),
          std::string(
              "12 training images of quarters, from which the judge may have learned, against the same real images"),
          std::string("of 40 training images, in features; 'real' are the real images themselves")})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in\n" << outcome.out;
    EXPECT_TRUE(judges().empty()) << "a judge was trained although one was given";
}

TEST_F(MeasureImages, TakesTheImagesOfFoldersFilesAndSplits) {
    const Arguments judge = {"--classifier", train_classifier("run")};
    const ImageSet fresh = quarters(12, 3);
    const GridLayout alone{.count = 1, .height = kSide, .width = kSide, .columns = 1, .padding = 0};
    fs::create_directories(path("pngs/below"));
    for (Index i = 0; i < fresh.count; ++i) {
        const std::string name = fmt::format("pngs/{}{:02}.png", i < 6 ? "" : "below/", i);
        write_png_grid(path(name), std::span(fresh.pixels).subspan(static_cast<std::size_t>(i * kPixels), kPixels),
                       alone);
    }
    write_text(path("fresh-idx3-ubyte"), idx_images(fresh));
    const auto measured = [&](const std::string& images) {
        return measure(with({"--images", images, "--against", set()}, judge));
    };
    const nlohmann::json of_array = measured(write("fresh", fresh));
    for (const std::string& images : {path("pngs"), path("fresh-idx3-ubyte")}) {
        const nlohmann::json line = measured(images);
        EXPECT_EQ(line["measured"], (images == path("pngs") ? "the 12 images in " : "the 12 images of ") + images);
        EXPECT_DOUBLE_EQ(line["frechet"], of_array["frechet"]) << images;
        EXPECT_EQ(line["class_shares"], of_array["class_shares"]) << images;
    }
    const nlohmann::json of_data = measure(with({"--images", path("fresh.npy"), "--data", set()}, judge));
    EXPECT_EQ(of_data["frechet"], of_array["frechet"]) << "--data gives the same test images";
    const nlohmann::json of_test =
        measure(with({"--images", set(), "--images-split", "test", "--against", set()}, judge));
    EXPECT_EQ(of_test["measured"], "the 16 test images of quarters");
    EXPECT_NEAR(of_test["frechet"], 0, 1e-4);
    EXPECT_EQ(of_test["precision"], 1);
    EXPECT_EQ(of_test["coverage"], 1);
}

TEST_F(MeasureImages, WarnsOfEqualImages) {
    ImageSet three = quarters(3, 3);
    for (Index i = kPixels; i < 3 * kPixels; ++i)
        three.pixels[static_cast<std::size_t>(i)] = three.pixels[static_cast<std::size_t>(i % kPixels)];
    const nlohmann::json line =
        measure({"--images", write("three", three), "--against", set(), "--classifier", train_classifier("run")});
    EXPECT_NEAR(line["equal_images"], 2.0 / 3, 1e-12);
    const Texts warnings = warnings_in(line);
    for (const char* part : {"66.7 % equal images", "unequal counts, 3 and 16", "3 images, fewer than 10 for each"})
        EXPECT_TRUE(holds(warnings, part)) << part << " is not in " << line["warnings"];
    EXPECT_EQ(line["inception_score_left_out"], "needs 10 images, there are 3");
    EXPECT_EQ(line["precision_left_out"], "needs more than 5 images on each side, there are 3");
}

TEST_F(MeasureImages, TellsCopiesOfTrainingImages) {
    const Arguments judge = {"--classifier", train_classifier("run")};
    const std::string copies = write("copies", quarters(20, 1));
    for (const char* split : {"test", "train"}) {
        // Against training images the yardstick is how near the test images come to them.
        const Arguments against = with({"--against", set(), "--against-split", split}, judge);
        const nlohmann::json of_copies = measure(with({"--images", copies}, against));
        EXPECT_EQ(of_copies["copies"], 1) << split;
        EXPECT_EQ(of_copies["nearest_training"], 0) << split;
        EXPECT_GT(of_copies["real_nearest_training"], 0) << split;
        EXPECT_TRUE(holds(warnings_in(of_copies), "copies of training images?")) << split;
        const nlohmann::json of_fresh = measure(with({"--images", write("fresh", quarters(20, 3))}, against));
        EXPECT_LT(of_fresh["copies"], 1) << split;
        EXPECT_GT(of_fresh["nearest_training"], 0) << split;
    }
}

TEST_F(MeasureImages, DrawsTheImagesNearestToTrainingImages) {
    const std::string judge = train_classifier("run");
    const auto neighbours = [&](Index count) {
        fs::remove_all(path("out"));
        succeed(with(comparing("fresh", count), {"--classifier", judge, "--out", path("out")}));
        return png_size(path("out/neighbours.png"));
    };
    // Ten of the 24, then ... each above its neighbour; of fewer than ten all.
    const GridLayout twenty = picture_layout(40, kSide, kSide, 1, 10), three = picture_layout(6, kSide, kSide, 1, 3);
    const auto size_of = [](const GridLayout& layout, Index rows) {
        const Index cell = kSide * layout.scale + layout.padding;
        return std::pair(static_cast<int>(layout.columns * cell + layout.padding),
                         static_cast<int>(rows * cell + layout.padding));
    };
    EXPECT_EQ(neighbours(24), size_of(twenty, 4));
    EXPECT_EQ(neighbours(3), size_of(three, 2));
    // Whose training images are not known have no neighbours among them.
    const Outcome loose = succeed({"--images", path("fresh.npy"), "--against", write("real", quarters(kTest, 2)),
                                   "--classifier", judge, "--out", path("none")});
    EXPECT_NE(loose.err.find("no neighbours.png"), std::string::npos) << loose.err;
    EXPECT_FALSE(fs::exists(path("none")));
}

TEST_F(MeasureImages, RefusesImagesThatCannotBeJudged) {
    const std::string run = train_classifier("run"), fresh = write("fresh", quarters(kTest, 3));
    const auto expect_bad = [&](const std::string& images, std::initializer_list<std::string> parts) {
        expect_refused({"--images", images, "--against", set(), "--classifier", run}, 3, parts);
    };
    expect_bad(write("large", noise_images(3, 1, 14, 16).train),
               {"the judge takes images of 8x8 pixels and 1 channel", "large.npy have 16x14 pixels"});
    write_npy<std::uint8_t>(path("colour.npy"), std::vector<std::uint8_t>(3 * kPixels * 3), {3, kSide, kSide, 3});
    expect_bad(path("colour.npy"), {"8x8 pixels and 1 channel", "colour.npy have 8x8 pixels and 3 channels"});
    expect_bad(write("one", quarters(1, 1)), {"--images", "two images or more", "one.npy", "found 1"});
    fs::create_directories(path("empty"));
    expect_bad(path("empty"), {path("empty")});
    write_text(path("notes/notes.txt"), "no image");
    expect_bad(path("notes"), {path("notes")});
    write_text(path("broken/broken.png"), "\x89PNG, and nothing else");
    expect_bad(path("broken"), {path("broken")});
    expect_bad(path("missing"), {"--images " + path("missing"), "there is nothing", "check the path"});
    write_npy<float>(path("nan.npy"), std::vector<float>(3 * kPixels, std::nanf("")), {3, kSide, kSide});
    expect_bad(path("nan.npy"), {"nan.npy", "came nan"});

    // The real side, and the judge.
    expect_refused({"--images", fresh, "--against", write("one", quarters(1, 1))}, 3, {"--against", "found 1"});
    expect_refused({"--images", fresh, "--against", path("missing")}, 3, {"--against " + path("missing")});
    const auto expect_bad_judge = [&](const std::string& judge, std::initializer_list<std::string> parts) {
        expect_refused({"--images", fresh, "--against", set(), "--classifier", judge}, 3, parts);
    };
    expect_bad_judge(path("missing"), {path("missing")});
    expect_bad_judge(train_vae("vae"), {"expected a checkpoint of a classifier", "vae"});
    const SafetensorsFile good = SafetensorsFile::open(checkpoint_of(run));
    std::vector<SafetensorsEntry> entries(good.entries().begin(), good.entries().end());
    std::size_t largest = 0;
    for (const SafetensorsEntry& entry : entries) largest = std::max(largest, entry.data.size());
    const std::vector<std::uint32_t> nan(largest / 4, 0x7fc00000u);
    for (SafetensorsEntry& entry : entries) entry.data = std::as_bytes(std::span(nan)).first(entry.data.size());
    write_with_facts(path("nan.safetensors"), entries, good.metadata());
    expect_bad_judge(path("nan.safetensors"), {"finite features and logits"});
    // It still judges what it can.
    EXPECT_EQ(start({"--images", fresh, "--against", set(), "--classifier", run}).exit_code, 0);
}

TEST_F(MeasureImages, FitsImagesThatAreAskedFor) {
    // Twice as large, each pixel four times: shrunk, they are what they were.
    const ImageSet fresh = quarters(kTest, 3);
    ImageSet large = fresh;
    large.height = large.width = 2 * kSide;
    large.pixels.clear();
    for (Index i = 0; i < kTest; ++i)
        for (Index y = 0; y < 2 * kSide; ++y)
            for (Index x = 0; x < 2 * kSide; ++x)
                large.pixels.push_back(fresh.pixels[static_cast<std::size_t>((i * kSide + y / 2) * kSide + x / 2)]);
    const Arguments judge = {"--classifier", train_classifier("run"), "--against", set()};
    const nlohmann::json small = measure(with({"--images", write("fresh", fresh)}, judge));
    const nlohmann::json fitted = measure(with({"--images", write("large", large), "--size", "8"}, judge));
    EXPECT_NEAR(fitted["frechet"], small["frechet"], 0.1 * static_cast<double>(small["frechet"]));
}

TEST_F(MeasureImages, DrawsFromACheckpoint) {
    const std::string vae = train_vae("vae"), judge = train_classifier("run");
    const Arguments arguments = {"--checkpoint", vae, "--classifier", judge};
    const nlohmann::json line = measure(arguments);
    EXPECT_EQ(line["images"], kTest) << "as many as there are test images";
    EXPECT_EQ(line["against"], "the 16 test images of quarters");
    EXPECT_EQ(line["measured"], "16 images drawn by dense VAE of 8x8x1 images (" + checkpoint_of(vae) + ")");
    EXPECT_TRUE(line["frechet"].is_number());
    EXPECT_EQ(measure(arguments), line);
    const nlohmann::json other = measure(with(arguments, {"--seed", "2"}));
    EXPECT_NE(other["frechet"], line["frechet"]) << "another seed draws other images";
    const nlohmann::json few = measure(with(arguments, {"--samples", "11"}));
    EXPECT_EQ(few["images"], 11);
    EXPECT_TRUE(holds(warnings_in(few), "unequal counts, 11 and 16"));
    // Against images that are given, and against a saved reference.
    const nlohmann::json given =
        measure(with(arguments, {"--against", set(), "--save-reference", path("r.safetensors")}));
    EXPECT_EQ(given["frechet"], line["frechet"]);
    const nlohmann::json saved = measure({"--checkpoint", vae, "--against", path("r.safetensors")});
    EXPECT_EQ(saved["frechet"], line["frechet"]);

    expect_refused({"--checkpoint", judge, "--data", set()}, 3, {checkpoint_of(judge)});
    expect_refused({"--checkpoint", path("missing")}, 3, {path("missing")});
    // Its data is looked for where the run found it, and other data is told.
    fs::rename(set(), path("moved"));
    expect_refused(arguments, 3, {set()});
    EXPECT_EQ(measure(with(arguments, {"--data", path("moved")}))["frechet"], line["frechet"]);
    write_mnist(path("others"), {quarters(kTrain, 8), quarters(kTest, 9), {}, 0, 0, {}, "", "", ""});
    const nlohmann::json on_others = measure(with(arguments, {"--data", path("others")}));
    EXPECT_TRUE(holds(warnings_in(on_others), "not the data")) << on_others["warnings"];
}

TEST_F(MeasureImages, FindsTheNewestRun) {
    const auto start_in = [&](const std::string& folder, const Arguments& arguments) {
        fs::create_directories(folder);
        ProcessOptions options;
        options.in_child = [folder] {
            if (::chdir(folder.c_str()) != 0) ::_exit(99);
        };
        return start(arguments, options);
    };
    for (const char* folder : {"empty", "with-runs"}) {
        if (folder == std::string("with-runs")) fs::create_directories(path("with-runs/runs/nothing-yet"));
        const Outcome none = start_in(path(folder), {});
        expect_refusal(none, 2, {"there is no run in runs/", "./run mnist_vae", "--checkpoint", "--images"});
        EXPECT_EQ(none.out, "");
    }
    const std::string here = path("with-runs");
    for (const char* name : {"older", "newest"})
        train_vae(std::string("with-runs/runs/") + name, {"--seed", name[0] == 'o' ? "1" : "2"});
    train_classifier("with-runs/runs/judge");
    const auto now = fs::last_write_time(checkpoint_of(here + "/runs/newest"));
    fs::last_write_time(checkpoint_of(here + "/runs/older"), now - std::chrono::hours(1));
    fs::last_write_time(checkpoint_of(here + "/runs/judge"), now + std::chrono::hours(1));
    const Outcome found = start_in(here, {"--json", "--classifier", "runs/judge"});
    ASSERT_EQ(found.exit_code, 0) << found.err;
    EXPECT_NE(found.err.find("measuring the newest run, runs/newest"), std::string::npos) << found.err;
    EXPECT_EQ(nlohmann::json::parse(found.out)["frechet"],
              measure({"--checkpoint", here + "/runs/newest", "--classifier", here + "/runs/judge"})["frechet"]);
}

TEST_F(MeasureImages, GivesTheSameNumbersForAnyNumberOfThreads) {
    const Arguments arguments = with(comparing(), {"--classifier", train_classifier("run"), "--json"});
    const std::string one = succeed(with(arguments, {"--threads", "1"})).out;
    EXPECT_EQ(succeed(with(arguments, {"--threads", "3"})).out, one);
}

TEST_F(MeasureImages, SavesFeaturesThatGiveTheSameNumbers) {
    const nlohmann::json line =
        measure(with(comparing(), {"--classifier", train_classifier("run"), "--save-features", path("f.npy")}));
    const NpyArray features = read_npy(path("f.npy")), logits = read_npy(path("f.logits.npy")),
                   order = read_npy(path("f.order.npy"));
    EXPECT_EQ(features.shape, (std::vector<std::int64_t>{kTest, 128}));
    EXPECT_EQ(logits.shape, (std::vector<std::int64_t>{kTest, kClasses}));
    EXPECT_EQ(order.shape, (std::vector<std::int64_t>{kTest}));
    EXPECT_FALSE(fs::exists(path("f.subsets.npy"))) << "there is no KID of so few";
    const nlohmann::json again = measure({"--images", path("f.npy"), "--against", path("f.real.npy")});
    for (const char* name : {"frechet", "precision", "recall", "density", "coverage"})
        EXPECT_EQ(again[name], line[name]) << name;
}

}  // namespace
}  // namespace sinter
