// Whole training steps as programs take them: prepared on the host, passed through on the device (recorded and replayed
// where it is a CUDA device), read later.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/losses/loss.h"
#include "core/ops/random.h"
#include "core/train/captured_step.h"
#include "core/train/readings.h"
#include "models/classifier/classifier.h"
#include "tests/models/bigan_networks.h"
#include "tests/models/digits_training.h"
#include "tests/models/gan_networks.h"
#include "tests/models/vae_gan_networks.h"

namespace sinter::tests {

struct Outcome {
    std::vector<double> losses;
    std::vector<float> parameters;
    int held = 0;  ///< steps whose updates were held
};

/// The parts of a VAE's step as programs take them.
class VaeSteps {
public:
    VaeSteps(const ImageSet& images, Index batch, Device device, bool capture, const VaeOptions& options = {})
        : training_(images, batch, 3, options, device), guard_(device), captured_(device, capture), readings_(device) {}

    void step() {
        StepPlace place{.step = training_.adam.steps() + 1, .position = training_.loader.position()};
        place.images = training_.loader.advance();
        if (place.images == 0) {
            training_.loader.start_epoch(++training_.epoch);
            place.images = training_.loader.advance();
        }
        training_.noise.start_step(static_cast<std::uint64_t>(place.step));
        training_.adam.prepare(1e-3);
        const StepNumbers numbers = captured_.run({place.images}, [&] {
            training_.loader.gather(training_.batch);
            const Vae::Losses losses = training_.vae.losses(training_.batch, training_.noise);
            const StepNumbers gathered =
                guard_.collect({{"loss", losses.negative_elbo}, {"recon", losses.reconstruction}, {"kl", losses.kl}});
            training_.adam.clear_gradients();
            backward(losses.total);
            training_.adam.apply(0, &guard_);
            return gathered;
        });
        readings_.push(place, numbers);
        while (const auto reading = readings_.ready()) take(*reading);
    }

    Outcome after(int steps) {
        for (int i = 0; i < steps; ++i) step();
        while (const auto reading = readings_.wait()) take(*reading);
        return {losses_, training_.parameters(), held_};
    }

    Training& training() { return training_; }
    CapturedStep::Counts counts(Index batch) const { return captured_.counts({batch}); }

private:
    void take(const Reading& reading) {
        EXPECT_EQ(reading.place.step, static_cast<std::int64_t>(losses_.size()) + 1) << "in the order of the steps";
        held_ += reading.updates_held ? 1 : 0;
        losses_.push_back(reading.numbers.front().value);
    }

    Training training_;
    UpdateGuard guard_;
    CapturedStep captured_;
    Readings readings_;
    std::vector<double> losses_;
    int held_ = 0;
};

/// The same for a GAN.
class GanSteps {
public:
    GanSteps(const GanOptions& options, const GanTrainingOptions& how, Index batch, Device device, bool capture)
        : run_(options, how, {.beta1 = 0.5}, 1, device), batch_(batch), captured_(device, capture), readings_(device) {}

    void step() {
        const GanOptions& options = run_.gan.options();
        const std::int64_t number = run_.discriminator.steps() + 1;
        run_.noise.start_step(static_cast<std::uint64_t>(number));
        run_.images.start_step(static_cast<std::uint64_t>(number));
        run_.training.prepare(number, {2e-4, 2e-4});
        const StepNumbers numbers = captured_.run({batch_, run_.training.variant()}, [&] {
            return run_.training.pass(
                random_uniform({batch_, options.size, options.size, options.channels}, -1, 1, run_.images), labels_);
        });
        readings_.push({number, 0, batch_}, numbers);
        while (const auto reading = readings_.ready()) take(*reading);
    }

    Outcome after(int steps) {
        for (int i = 0; i < steps; ++i) step();
        while (const auto reading = readings_.wait()) take(*reading);
        Outcome outcome{losses_, run_.generator.arena().values().to_floats()};
        const std::vector<float> critic = run_.discriminator.arena().values().to_floats();
        outcome.parameters.insert(outcome.parameters.end(), critic.begin(), critic.end());
        return outcome;
    }

    CapturedStep::Counts counts() const { return captured_.counts({batch_, "both"}); }

private:
    void take(const Reading& reading) {
        for (const NamedNumber& number : reading.numbers.first(2)) {
            if (!std::isnan(number.value)) losses_.push_back(number.value);
        }
    }

    GanRun run_;
    Index batch_;
    Buffer<std::int32_t> labels_ = run_.labels(batch_);
    CapturedStep captured_;
    Readings readings_;
    std::vector<double> losses_;
};

/// The same for a VAE-GAN.
class VaeGanSteps {
public:
    VaeGanSteps(const VaeGanOptions& options, const VaeGanTrainingOptions& how, Index batch, Device device,
                bool capture)
        : run_(options, how, {.beta1 = 0.5}, 1, device), batch_(batch), captured_(device, capture), readings_(device) {}

    Outcome after(int steps) {
        for (int i = 0; i < steps; ++i) step();
        while (const auto reading = readings_.wait()) take(*reading);
        Outcome outcome{losses_, {}};
        for (const Adam* network : {&run_.encoder, &run_.generator, &run_.discriminator})
            for (const float value : network->arena().values().to_floats()) outcome.parameters.push_back(value);
        return outcome;
    }

    VaeGanRun& run() { return run_; }

private:
    void step() {
        const std::int64_t number = run_.encoder.steps() + 1;
        run_.start_step(number);
        run_.training.prepare({2e-3, 2e-3, 2e-3});
        const StepNumbers numbers = captured_.run({batch_}, [&] { return run_.training.pass(run_.real(batch_)); });
        readings_.push({number, 0, batch_}, numbers);
        while (const auto reading = readings_.ready()) take(*reading);
    }
    void take(const Reading& reading) {
        for (const NamedNumber& number : reading.numbers) losses_.push_back(number.value);
    }

    VaeGanRun run_;
    Index batch_;
    CapturedStep captured_;
    Readings readings_;
    std::vector<double> losses_;
};

/// The same for a bidirectional GAN.
class BiGanSteps {
public:
    BiGanSteps(const BiGanOptions& options, Index batch, Device device, bool capture)
        : run_(options, {.beta1 = 0.5}, 1, device), batch_(batch), captured_(device, capture), readings_(device) {}

    Outcome after(int steps) {
        for (int i = 0; i < steps; ++i) step();
        while (const auto reading = readings_.wait()) take(*reading);
        return {losses_, run_.parameters()};
    }

private:
    void step() {
        const std::int64_t number = run_.pair.steps() + 1;
        run_.start_step(number);
        run_.training.prepare({2e-4, 2e-4});
        const StepNumbers numbers =
            captured_.run({batch_}, [&] { return run_.training.pass(run_.random_images(batch_)); });
        readings_.push({number, 0, batch_}, numbers);
        while (const auto reading = readings_.ready()) take(*reading);
    }
    void take(const Reading& reading) {
        for (const NamedNumber& number : reading.numbers.first(2)) losses_.push_back(number.value);
    }

    BiGanRun run_;
    Index batch_;
    CapturedStep captured_;
    Readings readings_;
    std::vector<double> losses_;
};

/// The same for a classifier of random images.
class ClassifierSteps {
public:
    ClassifierSteps(const ClassifierOptions& options, const std::vector<std::int32_t>& labels, Device device,
                    bool capture)
        : init_(1, device),
          noise_(2, device),
          images_(3, device),
          classifier_(options, init_, noise_),
          adam_(classifier_),
          guard_(device),
          labels_(labels, device),
          captured_(device, capture),
          readings_(device) {}

    void step() {
        const std::int64_t number = adam_.steps() + 1;
        noise_.start_step(static_cast<std::uint64_t>(number));
        images_.start_step(static_cast<std::uint64_t>(number));
        adam_.prepare(1e-3);
        const StepNumbers numbers = captured_.run({labels_.count()}, [&] {
            const ClassifierOptions& options = classifier_.options();
            const Tensor batch =
                random_uniform({labels_.count(), options.height, options.width, options.channels}, 0, 1, images_);
            adam_.clear_gradients();
            const Tensor loss = softmax_cross_entropy(classifier_.classify(batch).logits, labels_,
                                                      1.0 / static_cast<double>(labels_.count()));
            const StepNumbers gathered = guard_.collect({{"loss", loss}});
            backward(loss);
            adam_.apply(0, &guard_);
            return gathered;
        });
        readings_.push({number, 0, labels_.count()}, numbers);
        while (const auto reading = readings_.ready()) losses_.push_back(reading->numbers.front().value);
    }

    Outcome after(int steps) {
        for (int i = 0; i < steps; ++i) step();
        while (const auto reading = readings_.wait()) losses_.push_back(reading->numbers.front().value);
        return {losses_, adam_.arena().values().to_floats()};
    }

private:
    Generator init_, noise_, images_;
    Classifier classifier_;
    Adam adam_;
    UpdateGuard guard_;
    Buffer<std::int32_t> labels_;
    CapturedStep captured_;
    Readings readings_;
    std::vector<double> losses_;
};

}  // namespace sinter::tests
