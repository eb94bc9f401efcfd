// What a training run does with the numbers that a program measures while it trains.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <thread>

#include "apps/training/training_run.h"
#include "apps/training/training_setup.h"
#include "core/data/formats/digits.h"
#include "core/tape.h"
#include "models/vae/vae.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/programs/program_fixture.h"

namespace sinter {
namespace {

using namespace tests;

/// A tiny VAE on 200 digits, 4 steps an epoch, with whatever measures it.
class Measuring : public testing::Test {
protected:
    using Measure = std::function<Measurement(Vae& vae, std::int64_t epoch)>;

    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    /// Trains as a program does, and returns what it says on stderr.
    std::string train(const std::string& run_name, const Arguments& options_given, const Measure& measure) {
        TrainingOptions options;
        OptionList list("tiny");
        describe_training(list, options);
        describe_measuring(list, options);
        describe_run(list, options);
        for (std::size_t i = 0; i < options_given.size(); i += 2)
            EXPECT_FALSE(list.find(options_given[i])->read(options_given[i + 1])) << options_given[i];
        options.out = path(run_name);
        options.resume = std::filesystem::exists(options.out);
        testing::internal::CaptureStderr();
        run(list, options, measure);
        return testing::internal::GetCapturedStderr();
    }

    std::vector<nlohmann::ordered_json> measured_lines(const std::string& run_name) const {
        std::vector<nlohmann::ordered_json> lines = metrics(path(run_name));
        std::erase_if(lines, [](const auto& line) { return line["split"] != "measure"; });
        return lines;
    }

private:
    void run(const OptionList& list, TrainingOptions& options, const Measure& measure) {
        const Device device = Device::cpu();
        const DataSplits data = make_digits(200, 40);
        Generator init(options.seed, device, draws::kInitialisation), noise(options.seed, device);
        VaeOptions model;
        model.hidden = {16};
        model.latent = 2;
        Vae vae(model, init);
        const std::unique_ptr<Optimizer> optimizer = make_optimizer(options, vae);
        const UpdateGuard guard(device);
        Loader batches(data.train, device, {.batch_size = 50, .shuffle = true, .seed = options.seed});
        check_run_options(options);
        TrainingRun run(options, batches);
        run.open(list, {{"", &vae, optimizer.get()}}, training_facts(list, data));
        const auto step = [&](const Batch& batch) {
            const Vae::Losses losses = vae.losses(batch.images, noise);
            const StepNumbers numbers = guard.collect({{"loss", losses.negative_elbo}});
            optimizer->clear_gradients();
            backward(losses.total);
            optimizer->apply(0, &guard);
            return numbers;
        };
        while (run.next_epoch()) {
            while (run.next_batch()) {
                noise.start_step(static_cast<std::uint64_t>(run.step()));
                optimizer->prepare(options.lr);
                run.compute(step);
            }
            run.measure_if_due([&] { return measure(vae, run.epoch()); });
            run.sum_up({{"train", run.means().fields()}}, run.shown());
            run.end_epoch();
        }
    }

    TemporaryFolder folder_;
};

/// A distance that falls up to epoch 4 and rises from then on, and a share beside it.
Measurement valley(Vae&, std::int64_t epoch) {
    const double distance = std::abs(static_cast<double>(epoch) - 4.25);
    return {{{"coverage", 0.5}, {"frechet", distance}}};
}

TEST_F(Measuring, WritesALineAndShowsWhatMatters) {
    const std::string said = train("run", {"epochs", "5", "measure-every", "2"}, valley);
    const auto lines = measured_lines("run");
    ASSERT_EQ(lines.size(), 2u);
    std::vector<std::string> keys;
    for (const auto& [key, value] : lines[0].items()) keys.push_back(key);
    EXPECT_EQ(keys, (std::vector<std::string>{"step", "epoch", "split", "coverage", "frechet", "seconds"}));
    EXPECT_EQ(lines[0]["step"], 8);
    EXPECT_EQ(lines[1]["epoch"], 4);
    EXPECT_EQ(lines[1]["frechet"], 0.25);
    EXPECT_NE(said.find("coverage 0.5"), std::string::npos) << "the first number:\n" << said;
    EXPECT_EQ(said.find("frechet"), std::string::npos) << said;
    EXPECT_NE(train("best", {"epochs", "2", "measure-every", "1", "keep-best", "frechet"}, valley).find("frechet 2.25"),
              std::string::npos);
}

TEST_F(Measuring, ItsWarningsStandInTheSameLine) {
    train("run", {"epochs", "1", "measure-every", "1"}, [](Vae&, std::int64_t) {
        return Measurement{{{"frechet", 1}}, "40 images for 1,280 features"};
    });
    EXPECT_EQ(measured_lines("run").at(0)["warnings"], "40 images for 1,280 features");
}

TEST_F(Measuring, CountsInTheTimeOfTheRunButNotInItsSpeed) {
    train("run", {"epochs", "2", "measure-every", "1"}, [](Vae& vae, std::int64_t epoch) {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        return valley(vae, epoch);
    });
    const auto lines = metrics(path("run"));
    double steps = 0;
    for (const auto& line : lines)
        if (line["split"] == "train") steps += 200 / line["images_per_second"].get<double>();
    EXPECT_GT(lines.back()["seconds"].get<double>() - steps, 0.55);
}

TEST_F(Measuring, DoesNotDisturbTheTraining) {
    train("with", {"epochs", "4", "measure-every", "1"}, [](Vae& vae, std::int64_t epoch) {
        const NoGrad no_grad;
        const Evaluating evaluating(vae);
        Generator noise(7, vae.device(), draws::kEvaluation);
        noise.start_step(static_cast<std::uint64_t>(epoch));
        const Tensor images = Tensor::full({3, 28, 28, 1}, 0.25, vae.device());
        return Measurement{{{"frechet", vae.losses(images, noise).negative_elbo.item()}}};
    });
    train("without", {"epochs", "4"}, valley);
    EXPECT_EQ(checkpoints(path("with")), checkpoints(path("without")));
}

TEST_F(Measuring, TheBestEpochIsKeptAndPatienceCountsEpochs) {
    const Arguments options = {"measure-every", "2", "keep-best", "frechet", "patience", "4"};
    const std::string said = train("run", with_defaults({}, {"epochs", "30"}, options), valley);
    EXPECT_NE(said.find("ended after epoch 8: no better frechet in 4 epochs"), std::string::npos) << said;
    EXPECT_NE(said.find("best frechet: 0.25, after epoch 4: " + path("run") + "/checkpoints/best.safetensors"),
              std::string::npos)
        << said;
    train("short", with_defaults({}, {"epochs", "4"}, options), valley);
    const auto kept = checkpoints(path("run")), expected = checkpoints(path("short"));
    EXPECT_EQ(kept.at("best.safetensors"), expected.at("last.safetensors")) << "as the run was after epoch 4";
    EXPECT_EQ(metrics(path("run")).back()["epoch"], 8);

    // It has ended; with more patience it goes on as if it had not.
    EXPECT_NE(train("run", with_defaults({}, {"epochs", "30"}, options), valley)
                  .find("the run has ended after epoch 8, for want of a better frechet"),
              std::string::npos);
    EXPECT_EQ(checkpoints(path("run")), kept);
    const Arguments patient = {"epochs", "30", "measure-every", "2", "keep-best", "frechet", "patience", "12"};
    train("run", patient, valley);
    train("patient", patient, valley);
    EXPECT_EQ(metrics(path("run")).back()["epoch"], 16);
    EXPECT_EQ(checkpoints(path("run")), checkpoints(path("patient")));
}

TEST_F(Measuring, OfWhichTheWantedNumberIsMissingSaysSo) {
    const std::string said = train("run", {"epochs", "2", "measure-every", "1", "keep-best", "kid"}, valley);
    EXPECT_NE(said.find("warning, epoch 1: kid was not measured"), std::string::npos) << said;
    EXPECT_EQ(checkpoints(path("run")).count("best.safetensors"), 0u);
}

TEST_F(Measuring, ThatFailsIsAWarning) {
    const std::string said = train("run", {"epochs", "2", "measure-every", "1"}, [](Vae&, std::int64_t) -> Measurement {
        throw DataError("no judge for these images");
    });
    EXPECT_NE(said.find("warning: no judge for these images"), std::string::npos) << said;
    EXPECT_EQ(measured_lines("run").size(), 0u);
    EXPECT_EQ(metrics(path("run")).back()["epoch"], 2);
}

TEST_F(Measuring, NotANumberIsNeverBest) {
    train("run", {"epochs", "3", "measure-every", "1", "keep-best", "frechet"}, [](Vae&, std::int64_t epoch) {
        return Measurement{{{"frechet", epoch == 2 ? 5 : std::numeric_limits<double>::quiet_NaN()}}};
    });
    train("short", {"epochs", "2", "measure-every", "1", "keep-best", "frechet"}, [](Vae&, std::int64_t epoch) {
        return Measurement{{{"frechet", epoch == 2 ? 5 : std::numeric_limits<double>::quiet_NaN()}}};
    });
    EXPECT_EQ(checkpoints(path("run")).at("best.safetensors"), checkpoints(path("short")).at("last.safetensors"));
    EXPECT_EQ(measured_lines("run").at(0)["frechet"], "NaN");
}

TEST_F(Measuring, GoingByANumberThatNobodyMeasuresIsRefused) {
    const auto expect_refused = [&](const Arguments& options, std::initializer_list<std::string> parts) {
        expect_usage_error([&] { train("none", options, valley); }, parts);
        testing::internal::GetCapturedStderr();
    };
    expect_refused({"keep-best", "frechet"}, {"--keep-best frechet: expected --measure-every N"});
    expect_refused({"keep-best", "frechet", "measure-every", "20"},
                   {"--keep-best frechet", "ends after 10 epochs", "--measure-every 20"});
    expect_refused({"keep-best", "accuracy", "measure-every", "1"},
                   {"--keep-best accuracy: this program does not find that number", "loss, frechet, kid", "coverage"});
    EXPECT_FALSE(std::filesystem::exists(path("none")));
}

}  // namespace
}  // namespace sinter
