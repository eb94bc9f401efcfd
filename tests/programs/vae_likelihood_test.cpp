// Runs of mnist_vae whose numbers are likelihoods: binarised images and densities, trained, resumed, evaluated and
// measured.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "apps/measures/likelihood.h"
#include "apps/vae/open_vae.h"
#include "core/data/binarise.h"
#include "core/device.h"
#include "tests/common/checkpoint_files.h"
#include "tests/common/errors.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

using tests::data_error;
using tests::expect_says;

Arguments with(Arguments arguments, const std::string& last) {
    arguments.push_back(last);
    return arguments;
}

class LikelihoodRun : public VaeProgram {
protected:
    Outcome resume(const std::string& out, const Arguments& more = {}) const {
        return vae(with_defaults({"--resume", "--out", out}, {}, more));
    }
    /// Trains in one go, and with a stop in the middle.
    void expect_resumed_as_if_never_stopped(const Arguments& options) const {
        train(path("whole"), with_defaults({"--epochs", "4"}, {}, options));
        train(path("parts"), options);
        ASSERT_EQ(resume(path("parts"), {"--epochs", "4"}).exit_code, 0);
        expect_same_run(path("parts"), path("whole"));
    }
    double evaluated_loss(const std::string& run, const Arguments& more = {}) const {
        const Outcome outcome = succeed(with_defaults({"--evaluate", run}, {}, more));
        return nlohmann::json::parse(outcome.out)["loss"].get<double>();
    }

    /// The numbers of a run's checkpoint with ten samples of each image.
    LikelihoodReport measure(const std::string& checkpoint, LikelihoodOptions asked = {.samples = 10},
                             const std::string& place = "") const {
        DataOptions options;
        options.quiet = true;
        options.data = place;
        OptionList list("measure");
        describe_data(list, options);
        describe_fitting(list, options.images.fitting);
        return measure_likelihood(checkpoint, list, options, asked, 1, Device::cpu());
    }
};

TEST_F(LikelihoodRun, DynamicBinarisationIsResumedWithTheSameBits) {
    expect_resumed_as_if_never_stopped({"--binarize", "dynamic"});
    train(path("threads"), {"--binarize", "dynamic", "--epochs", "4", "--threads", "3"});
    expect_same_run(path("threads"), path("whole"));
}

TEST_F(LikelihoodRun, DynamicDrawsDifferFromStaticOnes) {
    for (const char* how : {"none", "dynamic", "static", "threshold"}) train(path(how), {"--binarize", how});
    for (const auto& [a, b] : {std::pair("none", "dynamic"), {"dynamic", "static"}, {"static", "threshold"}})
        EXPECT_FALSE(have_same_arrays(path(a), path(b))) << a << " " << b;
    train(path("usual"));
    EXPECT_TRUE(have_same_arrays(path("usual"), path("none"))) << "none is the default";
    train(path("again"), {"--binarize", "static"});
    EXPECT_TRUE(have_same_arrays(path("again"), path("static")));
}

TEST_F(LikelihoodRun, SaysWhatItsPixelsAre) {
    EXPECT_NE(train(path("static"), {"--binarize", "static"}).err.find("one seeded draw, not the published set"),
              std::string::npos);
    EXPECT_EQ(train(path("none")).err.find("pixels are"), std::string::npos);
}

TEST_F(LikelihoodRun, EvaluatesOnTestImagesAsTheRunDid) {
    for (const char* how : {"dynamic", "static", "threshold"}) {
        train(path(how), {"--binarize", how});
        const double found = metrics(path(how)).back()["loss"].get<double>();
        EXPECT_EQ(evaluated_loss(path(how)), found) << how;
        EXPECT_NE(evaluated_loss(path(how), {"--binarize", "none"}), found) << "where another is asked for";
    }
}

TEST_F(LikelihoodRun, IsOpenedWithTheImagesThatItHad) {
    const auto open = [&](const std::string& run) {
        DataOptions options;
        options.quiet = true;
        OptionList list("measure");
        describe_data(list, options);
        describe_fitting(list, options.images.fitting);
        return open_vae(run, list, options, Device::cpu());
    };
    const auto expect_binary = [&](const std::string& how, bool train_is, bool test_is) {
        train(path(how), {"--binarize", how});
        const OpenedVae opened = open(path(how));
        EXPECT_EQ(opened.file, checkpoint_of(path(how)));
        EXPECT_EQ(opened.facts.at("--binarize"), how);
        EXPECT_EQ(is_binary(opened.data.train), train_is) << how;
        EXPECT_EQ(is_binary(opened.data.test), test_is) << how;
        EXPECT_EQ(opened.warning, "");
    };
    expect_binary("none", false, false);
    expect_binary("dynamic", false, true);
    expect_binary("static", true, true);
    expect_binary("threshold", true, true);
}

TEST_F(LikelihoodRun, AnOlderRunHadGreyPixelsAndUnitVariance) {
    train(path("reference"), {"--epochs", "4"});
    train(path("run"));
    make_older(path("run"), [](SafetensorsMetadata& facts) {
        ASSERT_EQ(facts.erase("--binarize"), 1u);
        ASSERT_EQ(facts.erase("model.variance"), 1u);
    });
    EXPECT_EQ(evaluated_loss(path("run")), metrics(path("run")).back()["loss"].get<double>());
    expect_refusal(resume(path("run"), {"--epochs", "4", "--binarize", "static"}), 2,
                   {"--binarize 'none', now it is 'static'"});
    ASSERT_EQ(resume(path("run"), {"--epochs", "4"}).exit_code, 0);
    expect_same_run(path("run"), path("reference"));
}

TEST_F(LikelihoodRun, ALearnedVarianceIsResumedAndEvaluated) {
    expect_resumed_as_if_never_stopped({"--likelihood", "gaussian", "--variance", "learned"});
    EXPECT_EQ(evaluated_loss(path("whole")), metrics(path("whole")).back()["loss"].get<double>());
    train(path("given"), {"--likelihood", "gaussian", "--variance", "0.05"});
    train(path("unit"), {"--likelihood", "gaussian"});
    EXPECT_FALSE(have_same_arrays(path("given"), path("unit")));
    EXPECT_EQ(evaluated_loss(path("given")), metrics(path("given")).back()["loss"].get<double>());
}

TEST_F(LikelihoodRun, WrongUsageIsRefused) {
    const auto refused = [&](const Arguments& wrong, std::initializer_list<std::string> parts) {
        expect_refusal(vae(training(path("run"), wrong)), 2, parts);
    };
    refused({"--binarize", "often"}, {"--binarize", "none, dynamic, static or threshold", "'often'"});
    refused({"--variance", "0.5"}, {"--variance", "--likelihood gaussian"});
    refused({"--variance", "learned"}, {"--variance", "--likelihood gaussian"});
    for (const char* variance : {"0", "-1", "nan", "inf", "taught"}) {
        refused({"--likelihood", "gaussian", "--variance", variance},
                {"--variance", "learned or a number above 0", std::string("'") + variance + "'"});
    }
    refused({"--likelihood", "gaussian", "--binarize", "dynamic"}, {"--binarize dynamic", "--likelihood bernoulli"});
}

TEST_F(LikelihoodRun, TrainsOnThePublishedFilesWhereTheyAre) {
    const std::string folder = path("published");
    for (const char* split : {"train", "test"}) {
        std::string text;
        for (int n = 0; n < 80; ++n) {
            for (int i = 0; i < 784; ++i) text += (i * (n + 1)) % 7 < 2 ? "1 " : "0 ";
            text += "\n";
        }
        write_text(folder + "/binarized_mnist_" + split + ".amat", text);
    }
    const Arguments training = {"--data", folder, "--hidden", "32", "--batch-size", "40", "--epochs", "1", "--out"};
    const Outcome outcome = succeed(with_defaults({"--binarize", "static"}, {}, with(training, path("run"))));
    EXPECT_NE(outcome.err.find("binary as they are in the files"), std::string::npos) << outcome.err;
    const LikelihoodReport report = measure(checkpoint_of(path("run")));
    EXPECT_EQ(report.found.score, PixelScore::probability);
    EXPECT_EQ(report.pixels, "binary as they are in the files");
    write_text(folder + "/binarized_mnist_test.amat", "0 1 2\n");
    expect_refusal(vae(with(training, path("other"))), 3, {"binarized_mnist_test.amat, line 1", "'2'"});
}

/// What a run needs for its code to be in use.
const Arguments kSomeTraining = {"--epochs", "30", "--lr", "0.01"};

TEST_F(LikelihoodRun, IsMeasuredWithItsProtocol) {
    train(path("run"), with_defaults({"--binarize", "dynamic"}, {}, kSomeTraining));
    const LikelihoodReport report = measure(checkpoint_of(path("run")), {.samples = 15});
    EXPECT_EQ(report.found.images, kTestImages);
    EXPECT_EQ(report.seed, 1u);
    const std::vector<Measured> measured = likelihood_measures(report);
    for (const char* name : {"nll", "elbo", "bits_per_dim", "distortion", "rate", "mutual_information", "marginal_kl",
                             "active_units", "nll_1", "nll_10", "nll_15"}) {
        ASSERT_NE(find(measured, name), nullptr) << name;
        EXPECT_TRUE(std::isfinite(find(measured, name)->value)) << name;
    }
    EXPECT_EQ(find(measured, "nll")->value, find(measured, "nll_15")->value);
    EXPECT_EQ(find(measured, "elbo")->value, -find(measured, "nll_1")->value);
    EXPECT_GT(find(measured, "nll")->spread, 0);
    EXPECT_TRUE(find(measured, "nll")->warnings.empty());
    EXPECT_EQ(find(measured, "loss"), nullptr);
    expect_says(likelihood_protocol(report),
                {"all 40 test images", "K = 15", "seed 1", "anew in every step", "probability", "lower bound",
                 "log 40 = 3.69", checkpoint_of(path("run"))});
    expect_says(likelihood_protocol(measure(checkpoint_of(path("run")), {.samples = 1, .images = 7})),
                {"the first 7 of 40 test images"});
    EXPECT_EQ(units_by_kl({{}, {0.5, 2.25, 0.125}, 2}), "1: 2.25, 0: 0.50, 2: 0.12");
}

TEST_F(LikelihoodRun, OfGreyPixelsIsCalledALoss) {
    train(path("run"), kSomeTraining);
    const LikelihoodReport report = measure(checkpoint_of(path("run")));
    const std::vector<Measured> measured = likelihood_measures(report);
    for (const char* name : {"nll", "elbo", "bits_per_dim"}) EXPECT_EQ(find(measured, name), nullptr) << name;
    ASSERT_NE(find(measured, "loss"), nullptr);
    ASSERT_EQ(find(measured, "loss")->warnings.size(), 1u);
    expect_says(find(measured, "loss")->warnings[0], {"no likelihood", "floor"});
    expect_says(likelihood_protocol(report), {"grey", "no likelihood", "no published one"});
}

TEST_F(LikelihoodRun, OfACollapsedPosteriorIsAWarning) {
    train(path("run"), {"--binarize", "static", "--beta", "1000", "--lr", "0.01", "--epochs", "20"});
    const LikelihoodReport report = measure(checkpoint_of(path("run")));
    EXPECT_EQ(report.found.units.active, 0);
    EXPECT_NEAR(report.found.split.mutual_information, 0, 0.1);
    ASSERT_EQ(report.warnings.size(), 1u);
    expect_says(report.warnings[0], {"no unit", "collapsed"});
    EXPECT_EQ(find(likelihood_measures(report), "elbo")->warnings, report.warnings);
}

TEST_F(LikelihoodRun, RefusesOtherModelsAndBrokenOnes) {
    train(path("run"));
    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(path("run")));
    const auto with_fact = [&](const char* name, const char* value) {
        SafetensorsMetadata facts = file.metadata();
        facts[name] = value;
        write_with_facts(path("other.safetensors"), file.entries(), facts);
        return data_error([&] { measure(path("other.safetensors"), {.samples = 1}, data()); });
    };
    expect_says(with_fact("model", "gan"), {"other.safetensors", "vae", "gan"});
    expect_says(with_fact("--binarize", "often"), {"other.safetensors", "'often'", "damaged"});
    expect_says(with_fact("model.variance", "-2"), {"other.safetensors", "model.variance", "'-2'"});
    tests::expect_usage_error([&] { measure(checkpoint_of(path("run")), {.samples = 0}); }, {"--nll", "got 0"});
}

TEST_F(LikelihoodRun, OptionsWantAtLeastOneSample) {
    LikelihoodOptions options;
    OptionList list("measure");
    describe(list, options);
    for (const char* name : {"nll", "nll-images"}) {
        for (const char* word : {"0", "-3", "x", "1e3"})
            EXPECT_TRUE(list.find(name)->read(std::string(word))) << name << " " << word;
        EXPECT_FALSE(list.find(name)->read(std::string("5000")));
    }
    EXPECT_EQ(options.samples, 5000);
    EXPECT_EQ(options.images, 5000);
}

TEST_F(LikelihoodRun, OnCUDAGivesTheBitsOfLaunchedSteps) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    for (const Arguments& options :
         {Arguments{"--binarize", "dynamic"}, Arguments{"--likelihood", "gaussian", "--variance", "learned"}}) {
        const std::string name = options[1];
        const Arguments on_cuda = with_defaults({"--device", "cuda"}, {}, options);
        train(path(name), on_cuda);
        train(path(name + "-launched"), with(on_cuda, "--no-capture"));
        EXPECT_TRUE(have_same_arrays(path(name), path(name + "-launched"))) << name;
    }
}

}  // namespace
}  // namespace sinter
