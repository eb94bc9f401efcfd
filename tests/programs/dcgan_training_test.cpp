// dcgan from start to end: what a run writes, that it repeats to the bit, that every option has its effect, and that it
// says so when training goes wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "tests/programs/dcgan_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

std::string png(const std::string& run, const std::string& name) { return run + "/samples/" + name + ".png"; }

/// Lines of metrics that hold an event, by its name.
std::vector<std::string> events(const std::string& run) {
    std::vector<std::string> found;
    for (const auto& line : metrics(run)) {
        if (line.contains("event")) found.push_back(line["event"]);
    }
    return found;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST_F(DcganProgram, WritesARunFolder) {
    const std::string out = path("run");
    const Outcome outcome = train(out, {"--gif"});
    EXPECT_NE(outcome.out.find(out + "/samples/training.gif"), std::string::npos) << outcome.out;

    const std::string config = read_text(out + "/config.toml");
    // What was not set has the values that are usual for the size.
    for (const char* line :
         {"size = 28\n", "lr = 0.0002\n", "lr-g = 0.0002\n", "lr-d = 0.0002\n", "beta1 = 0.5\n", "ema = 0.999\n",
          "update = \"alternating\"\n", "loss = \"logistic\"\n", "base-width = 4\n", "gif = true\n"}) {
        EXPECT_NE(config.find(line), std::string::npos) << line << "is not in\n" << config;
    }
    const auto lines = metrics(out);
    ASSERT_GE(lines.size(), 2u);
    const std::vector<std::string> keys = {
        "step", "epoch", "split", "loss_d", "loss_g", "d_real", "d_fake", "images_per_second", "seconds"};
    std::int64_t epoch = 0;
    for (const auto& line : lines) {
        if (line.contains("event")) continue;
        std::vector<std::string> found;
        for (const auto& [key, value] : line.items()) found.push_back(key);
        EXPECT_EQ(found, keys);
        EXPECT_EQ(line["epoch"], ++epoch);
        EXPECT_EQ(line["step"], 4 * epoch);
        EXPECT_GT(line["d_real"], 0);
        EXPECT_LT(line["d_real"], 1);
    }
    EXPECT_EQ(epoch, 2);
    // Two networks that know nothing: 2 ln 2 and ln 2.
    EXPECT_NEAR(lines[0]["loss_d"], 1.386, 0.4);
    EXPECT_NEAR(lines[0]["loss_g"], 0.693, 0.3);

    for (const char* name : {"epoch-000", "epoch-001", "epoch-002", "interpolations"})
        EXPECT_EQ(read_text(png(out, name)).substr(1, 3), "PNG") << name;
    EXPECT_NE(read_text(png(out, "epoch-000")), read_text(png(out, "epoch-002"))) << "nothing was learned";
    // 4 x 4 images of 28 pixels, twice as large, in frames of 2: 234 pixels, as the GIF's header says, too.
    const std::string gif = read_text(out + "/samples/training.gif");
    EXPECT_EQ(gif.substr(0, 10), std::string("GIF89a\xea\0\xea\0", 10));
    const auto frame_shown = [](char time) {
        return std::string("\x21\xf9\x04\0", 4) + time + std::string("\0\0\0\x2c", 4);
    };
    EXPECT_EQ(count_of(gif, frame_shown(20)) + count_of(gif, frame_shown(static_cast<char>(200))), 3u);
    EXPECT_FALSE(fs::exists(out + "/reconstructions")) << "a GAN has none";
}

TEST_F(DcganProgram, SameSeedGivesTheSameBitsForAnyNumberOfThreads) {
    const Arguments everything = {"--ema", "0.9",           "--flip",    "--instance-noise",
                                  "0.1",   "--conditional", "--augment", "colour"};
    const auto with = [&](Arguments more) {
        more.insert(more.end(), everything.begin(), everything.end());
        return more;
    };
    train(path("reference"), everything);
    for (const char* threads : {"1", "2", "3"}) {
        train(path(threads), with({"--threads", threads}));
        expect_same_run(path(threads), path("reference"));
        EXPECT_EQ(read_text(png(path(threads), "epoch-002")), read_text(png(path("reference"), "epoch-002")));
    }
    train(path("other"), with({"--seed", "2"}));
    EXPECT_FALSE(have_same_arrays(path("other"), path("reference")));
}

TEST_F(DcganProgram, ConfigOfARunReproducesIt) {
    train(path("reference"),
          {"--arch", "dense", "--lr-d", "0.003", "--loss", "hinge", "--n-critic", "2", "--ema", "0.5"});
    const Outcome outcome = start({"--config", path("reference") + "/config.toml", "--out", path("again")});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    expect_same_run(path("again"), path("reference"));
    EXPECT_EQ(read_text(path("again") + "/config.toml"), read_text(path("reference") + "/config.toml"));
}

TEST_F(DcganProgram, EveryOptionOfTrainingHasItsEffect) {
    train(path("reference"));
    const std::vector<Arguments> options = {{"--loss", "least-squares"},
                                            {"--loss", "hinge"},
                                            {"--loss", "wasserstein", "--gradient-penalty", "10"},
                                            {"--update", "simultaneous"},
                                            {"--n-critic", "2"},
                                            {"--r1", "10"},
                                            {"--discriminator-norm", "layer"},
                                            {"--label-smoothing", "0.1"},
                                            {"--instance-noise", "0.1"},
                                            {"--augment", "translation,cutout"},
                                            {"--lr-g", "0.001"},
                                            {"--lr-d", "0.001"},
                                            {"--beta1", "0.9"},
                                            {"--beta2", "0.9"},
                                            {"--flip"},
                                            {"--lr-schedule", "cosine"},
                                            {"--clip-norm", "0.01"}};
    for (std::size_t i = 0; i < options.size(); ++i) {
        SCOPED_TRACE(testing::PrintToString(options[i]));
        const std::string out = path("option-" + std::to_string(i));
        train(out, options[i]);
        EXPECT_FALSE(have_same_arrays(out, path("reference")));
        for (const auto& line : metrics(out)) EXPECT_TRUE(line.contains("event") || line["loss_g"].is_number()) << line;
    }
}

TEST_F(DcganProgram, TrainsEveryKindOfNetwork) {
    const std::vector<Arguments> kinds = {{"--size", "32"},
                                          {"--size", "32", "--channels", "3", "--spectral-norm", "--loss", "hinge"},
                                          {"--size", "64", "--base-width", "2"},
                                          {"--arch", "dense"},
                                          {"--arch", "dense", "--size", "9", "--conditional"},
                                          {"--conditional", "--size", "32"}};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        SCOPED_TRACE(testing::PrintToString(kinds[i]));
        const std::string out = path("kind-" + std::to_string(i));
        Arguments arguments = kinds[i];
        arguments.insert(arguments.end(), {"--epochs", "1", "--latent", "8"});
        train(out, arguments);
        EXPECT_EQ(sample(out, "3", out + "/drawn").exit_code, 0);
        EXPECT_EQ(std::distance(fs::directory_iterator(out + "/drawn"), {}), 3);
    }
}

TEST_F(DcganProgram, MetricsOfACriticCountTheGeneratorsStepsOnly) {
    // 4 steps an epoch, of which the third is the generator's; in the second epoch the sixth.
    train(path("run"), {"--n-critic", "3", "--lr", "1e-12"});
    const double loss_g = metrics(path("run"))[0]["loss_g"];
    EXPECT_NEAR(loss_g, 0.693, 0.1) << "the loss of an untrained pair, not a third of it";
}

TEST_F(DcganProgram, TheProfileOfACriticTellsHowOftenAPhaseComes) {
    const std::string table = succeed(training(path("run"), {"--n-critic", "3", "--profile-steps", "1:7"})).out;
    const auto updates = [&](const std::string& phase) {
        const std::size_t row = table.find(" adam ", table.find("\n" + phase + " ")), end = table.find(" us", row);
        double launches = 0;
        std::istringstream(table.substr(row + 6, end - row)) >> launches;
        return launches;
    };
    EXPECT_EQ(updates("discriminator update"), 1) << table;
    EXPECT_NEAR(updates("generator update"), 1.0 / 3, 1e-3) << table;
}

TEST_F(DcganProgram, TakesSetsSmallerThanABatch) {
    train(path("large-batch"), {"--batch-size", "1000"});
    EXPECT_EQ(metrics(path("large-batch")).back()["step"], 2) << "one step an epoch, of all 200 images";
    train(path("rest"), {"--batch-size", "64"});
    EXPECT_EQ(metrics(path("rest")).back()["step"], 6) << "the last 8 images of an epoch are left out";
}

// A generator that stays as it was born draws grey in grey, and a discriminator that learns fast sees that at once.
const Arguments kTroubled = {"--lr-g", "1e-12", "--lr-d", "0.01", "--ema", "0"};

TEST_F(DcganProgram, NamesSaturationAndCollapseOnceTheyLast) {
    Arguments arguments = kTroubled;
    arguments.insert(arguments.end(), {"--epochs", "6"});
    const Outcome outcome = train(path("run"), arguments);
    EXPECT_EQ(count_of(outcome.err, "warning, epoch"), 2u) << outcome.err;
    for (const char* part : {"the discriminator tells real from fake without effort", "--instance-noise",
                             "warning, epoch 3: the generator draws few different images", "--lr-g"})
        EXPECT_NE(outcome.err.find(part), std::string::npos) << part << " is not in\n" << outcome.err;
    std::vector<std::string> found = events(path("run"));
    std::sort(found.begin(), found.end());
    EXPECT_EQ(found, (std::vector<std::string>{"discriminator_saturated", "outputs_collapsed"}));
}

TEST_F(DcganProgram, CountsTroubledEpochsAcrossAResumption) {
    const Outcome two = train(path("run"), kTroubled);
    EXPECT_EQ(two.err.find("warning, epoch"), std::string::npos) << "two epochs are no trouble yet:\n" << two.err;
    const Outcome third = resume(path("run"), {"--epochs", "3"});
    EXPECT_EQ(third.exit_code, 0) << third.err;
    EXPECT_NE(third.err.find("warning, epoch 3: the generator draws few"), std::string::npos) << third.err;
    const Outcome fourth = resume(path("run"), {"--epochs", "4"});
    EXPECT_EQ(fourth.err.find("draws few"), std::string::npos) << "told before:\n" << fourth.err;
}

TEST_F(DcganProgram, AnIgnorantDiscriminatorIsNotCalledSaturated) {
    const Outcome outcome = train(path("run"), {"--lr", "1e-12"});
    EXPECT_EQ(outcome.err.find("tells real from fake"), std::string::npos) << outcome.err;
}

TEST_F(DcganProgram, DivergenceEndsWithItsPlace) {
    for (const char* update : {"simultaneous", "alternating"}) {
        const std::string out = path(update);
        const Outcome outcome = start(training(out, {"--lr", "1e30", "--update", update}));
        expect_refusal(outcome, 5, {"diverged at step", "(epoch 1)", "[", "] in ", "try a lower --lr"});
        EXPECT_EQ(events(out), std::vector<std::string>{"diverged"});
        EXPECT_FALSE(fs::exists(checkpoint_of(out))) << "a checkpoint with NaN in it helps nobody";
    }
}

TEST_F(DcganProgram, DivergenceOfTheGeneratorAloneHasItsPlace) {
    // The discriminator has learned in the step whose second loss overflows, and the next step would not ask for it.
    const Outcome outcome = start(training(path("run"), {"--lr-d", "1e18", "--lr-g", "1e-12", "--update", "alternating",
                                                         "--n-critic", "2", "--loss", "least-squares"}));
    expect_refusal(outcome, 5, {"diverged at step", "[", "] in discriminator"});
}

TEST_F(DcganProgram, DivergenceInTheLastUpdateKeepsTheCheckpoint) {
    const Arguments one_step = {"--batch-size", "200", "--save-every", "0"};
    const auto with = [&](Arguments more) {
        more.insert(more.end(), one_step.begin(), one_step.end());
        return more;
    };
    const std::string out = path("run");
    const Outcome outcome = start(training(out, with({"--epochs", "1", "--lr-g", "1e39"})));
    expect_refusal(outcome, 5, {"diverged at step 1", checkpoint_of(out), "'generator.", "holds", "nothing was saved"});
    EXPECT_EQ(events(out), std::vector<std::string>{"diverged"});
    EXPECT_FALSE(fs::exists(checkpoint_of(out)));
}

/// An array of a checkpoint as floats.
std::vector<float> array_of(const std::string& run, const std::string& name) {
    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(run));
    const SafetensorsEntry* entry = file.find(name);
    EXPECT_NE(entry, nullptr) << name;
    std::vector<float> values(entry ? entry->data.size() / sizeof(float) : 0);
    if (entry) std::memcpy(values.data(), entry->data.data(), entry->data.size());
    return values;
}

TEST_F(DcganProgram, TheAverageMovesWithTheGeneratorAndFastAtFirst) {
    // Of the epoch's 4 steps the generator learns in the third only: after its first step the decay is 2 / 11.
    const Arguments third = {"--n-critic", "3", "--epochs", "1", "--update", "alternating"};
    const auto with = [&](Arguments more) {
        more.insert(more.end(), third.begin(), third.end());
        return more;
    };
    train(path("run"), with({"--ema", "0.999", "--lr-g", "0.01"}));
    train(path("born"), with({"--lr-g", "1e-12"}));
    const std::string name = "layers.dense.weight";
    const std::vector<float> average = array_of(path("run"), "average." + name);
    const std::vector<float> now = array_of(path("run"), "generator." + name);
    const std::vector<float> born = array_of(path("born"), "generator." + name);
    ASSERT_EQ(average.size(), now.size());
    ASSERT_EQ(average.size(), born.size());
    for (std::size_t i = 0; i < average.size(); i += 97)
        EXPECT_NEAR(average[i], (2 * born[i] + 9 * now[i]) / 11, 1e-6) << i;
    EXPECT_GT(std::abs(now[0] - born[0]), 1e-3);
}

TEST_F(DcganProgram, APenalisedDiscriminatorHasNoBatchNorm) {
    const Arguments tiny = {"--size", "32", "--base-width", "2", "--epochs", "1", "--loss", "wasserstein"};
    const auto with = [&](Arguments more) {
        more.insert(more.end(), tiny.begin(), tiny.end());
        return more;
    };
    const auto norms = [&](const std::string& run) {
        const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(run));
        return std::count_if(file.entries().begin(), file.entries().end(), [](const SafetensorsEntry& entry) {
            return entry.name.rfind("discriminator.features.norm", 0) == 0;
        });
    };
    train(path("default"), with({}));
    EXPECT_NE(read_text(path("default") + "/config.toml").find("gradient-penalty = 10.0\n"), std::string::npos)
        << "a Wasserstein critic has a penalty";
    train(path("r1"), with({"--r1", "10"}));
    EXPECT_NE(read_text(path("r1") + "/config.toml").find("gradient-penalty = 0.0\n"), std::string::npos);
    train(path("without"), with({"--gradient-penalty", "0"}));
    train(path("layer"), with({"--discriminator-norm", "layer"}));
    EXPECT_NE(read_text(path("layer") + "/config.toml").find("gradient-penalty = 10.0\n"), std::string::npos);
    EXPECT_GT(norms(path("layer")), 0) << "it looks at each image by itself";
    EXPECT_EQ(norms(path("default")), 0);
    EXPECT_EQ(norms(path("r1")), 0);
    EXPECT_GT(norms(path("without")), 0);
    EXPECT_EQ(sample(path("default"), "3", path("drawn")).exit_code, 0);
}

TEST_F(DcganProgram, ExactConvolutionsAreOtherBitsOfTheSameRunAndStayOnResume) {
    const auto wide = [](const Arguments& more) {  // channels enough for minimal filtering
        return with_defaults({}, {"--base-width", "32", "--epochs", "1", "--ema", "0", "--sample-every", "0"}, more);
    };
    train(path("fast"), wide({}));
    train(path("exact"), wide({"--convolution", "exact"}));
    EXPECT_FALSE(have_same_arrays(path("fast"), path("exact")));
    const double fast = metrics(path("fast")).back()["loss_d"], exact = metrics(path("exact")).back()["loss_d"];
    EXPECT_NEAR(fast, exact, 1e-3 * std::abs(exact));

    train(path("whole"), wide({"--convolution", "exact", "--epochs", "2"}));
    ASSERT_EQ(resume(path("exact"), {"--epochs", "2"}).exit_code, 0);
    EXPECT_TRUE(have_same_arrays(path("exact"), path("whole"))) << "config.toml keeps it";
}

TEST_F(DcganProgram, RefusesATooLargeGifBeforeItTrains) {
    const Snapshot before = snapshot();
    const auto dry_run = [&](const Arguments& more) {
        Arguments arguments = {"--dry-run", "--arch", "dense", "--size", "128"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return start(training(path("run"), arguments));
    };
    expect_refusal(dry_run({"--gif", "--grid", "64"}), 2, {"--gif", "64x64 images", "8322x8322", "--grid"});
    EXPECT_EQ(dry_run({"--gif", "--grid", "63"}).exit_code, 0) << "8192x8192 pixels can be read back";
    EXPECT_EQ(dry_run({"--grid", "64"}).exit_code, 0);
    EXPECT_EQ(snapshot(), before);
}

TEST_F(DcganProgram, APresetSetsWhatIsNotGiven) {
    const auto config_of = [&](const std::string& out, const Arguments& more) {
        train(path(out), more);
        return read_text(path(out) + "/config.toml");
    };
    const auto expect_lines = [](const std::string& config, std::initializer_list<const char*> lines) {
        for (const char* line : lines)
            EXPECT_NE(config.find(line), std::string::npos) << line << " is not in\n" << config;
    };
    const std::string sngan = config_of("sngan", {"--preset", "sngan", "--n-critic", "2", "--epochs", "1"});
    expect_lines(sngan, {"preset = \"sngan\"", "loss = \"hinge\"", "beta1 = 0.0\n", "beta2 = 0.9\n", "n-critic = 2\n",
                         "discriminator-norm = \"spectral\"", "ema = 0.0\n"});
    const std::string tutorial = config_of("tutorial", {"--preset", "tutorial", "--lr", "3e-4", "--epochs", "1"});
    expect_lines(tutorial, {"update = \"simultaneous\"", "lr-d = 0.0003\n", "lr-g = 0.0003\n", "beta1 = 0.9\n"});
    ASSERT_EQ(resume(path("sngan"), {"--epochs", "2", "--preset", "radford"}).exit_code, 0) << "what is set stays";
    expect_refusal(start(training(path("none"), {"--preset", "best"})), 2, {"--preset", "sinter", "sngan", "best"});
}

TEST_F(DcganProgram, HelpTellsThePresets) {
    const Outcome outcome = start({"--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    for (const char* part : {"--sample CHECKPOINT N", "Presets set what is not given", "--lr 1e-4", "--lr 2e-4"})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << " is not in\n" << outcome.out;
}

}  // namespace
}  // namespace sinter
