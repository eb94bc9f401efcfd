// mnist_vae: trains a dense or convolutional VAE, or one of a DCGAN's form, conditional or not, on MNIST or other
// images; resumes, evaluates, and draws what it learned. Expect a test loss of 105.6 +- 0.5 nats per image on MNIST
// after 10 epochs with the default options, and a training loss of 156 +- 2 with --arch conv.
#include <fmt/format.h>

#include <memory>

#include "apps/common/program.h"
#include "apps/generators/sample.h"
#include "apps/measures/run_measures.h"
#include "apps/mnist_vae/evaluate.h"
#include "apps/mnist_vae/options.h"
#include "apps/training/training_run.h"
#include "apps/training/training_setup.h"
#include "apps/training/warn_on_failure.h"
#include "apps/vae/evaluate.h"
#include "apps/vae/kl_weight.h"
#include "apps/vae/pictures.h"
#include "apps/vae/trouble.h"
#include "core/console.h"
#include "core/data/binarise.h"
#include "core/data/loader.h"
#include "core/ops/random.h"
#include "core/profile/range.h"
#include "core/tape.h"

namespace sinter {
namespace {

void report(RunFolder& folder, const Means& test, const std::string& length) {
    answer("test loss {:.2f} nats per image (reconstruction {:.2f}, KL {:.2f}) after {}\n", test["loss"], test["recon"],
           test["kl"], length);
    answer("samples from the prior:   {}\n", (folder.path() / "samples").string());
    answer("originals, rebuilt below: {}\n", (folder.path() / "reconstructions").string());
    answer("all of it on one page:    {}\n", folder.page().string());
    answer("numbers of every epoch:   {}\n", (folder.path() / "metrics.jsonl").string());
    answer("checkpoint:               {}\n", folder.checkpoint().string());
}

ExitCode train(const OptionList& list, MnistVaeOptions& options) {
    const Device device = choose_device(options);
    DataSplits data = find_training_data(options);
    if (options.binarisation != Binarisation::none) say("pixels are {}\n", describe(options.binarisation, data.test));
    RunMeasures measures(options, data, device);
    binarise(data, options.binarisation);
    Generator init(options.seed, device, draws::kInitialisation), noise(options.seed, device);
    Generator pixels(options.seed, device, draws::kBinarisation);
    fit_model(list, options, data.train);
    Vae vae(options.model, init);
    const std::unique_ptr<Optimizer> optimizer = make_optimizer(options, vae);
    const UpdateGuard guard(device);
    // A last batch of one image has no statistics.
    const bool needs_batches = has_batch_norm(options.model.architecture);
    Loader batches(
        data.train, device,
        {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed, .drop_last = needs_batches});
    if (needs_batches && batches.batch_size() < 2) {
        throw DataError(
            fmt::format("{} holds one training image; batch normalisation needs at least two", data.train.name));
    }
    Loader test_batches(data.test, device, {.batch_size = evaluation_batch(vae.options())});
    KlWeight beta(options.kl, batches.batches(), device);
    VaePictures pictures(vae, data.test, options.seed);

    introduce(fmt::format("{}, {} parameters", describe(vae.options()), vae.parameter_count()), device);
    TrainingRun run(options, batches, {.shown = {"loss"}, .with_labels = vae.options().classes > 0});
    run.open(list, {{"", &vae, optimizer.get()}}, training_facts(list, data));

    const bool is_dynamic = options.binarisation == Binarisation::dynamic;
    const auto step = [&](const Batch& batch) {
        phase("forward");
        const Tensor images = is_dynamic ? random_bernoulli(batch.images, pixels) : batch.images;
        const Vae::Losses losses = vae.losses(images, noise, beta.tensor(), batch.labels);
        if (beta.tensor().defined()) guard.check(losses.total);  // else it is the loss below
        const StepNumbers numbers =
            guard.collect({{"loss", losses.negative_elbo}, {"recon", losses.reconstruction}, {"kl", losses.kl}});

        phase("backward");
        optimizer->clear_gradients();
        backward(losses.total);

        phase("optimizer");
        optimizer->apply(options.clip_norm, &guard);
        return numbers;
    };

    const auto draw = [&](std::int64_t epoch) {
        const std::string name = fmt::format("epoch-{:03}", epoch);
        pictures.samples(run.folder().sample(name));
        pictures.reconstructions(run.folder().reconstruction(name));
    };

    Generator codes(options.seed, device, draws::kPictures);
    const auto measure = [&] {
        const GeneratedKind kind = kind_of_images(data.test, vae.options().classes);
        Measurement found = measures.of(
            kind, [&](Index batch, const Labels& labels) { return draw_from_prior(vae, codes, batch, labels); });
        found.numbers.push_back({"active_units", count_active_units(vae, test_batches, RunMeasures::kImages)});
        return found;
    };

    run.draw_if_due(draw);
    while (run.next_epoch()) {
        while (run.next_batch()) {
            noise.start_step(static_cast<std::uint64_t>(run.step()));
            if (is_dynamic) pixels.start_step(static_cast<std::uint64_t>(run.step()));
            beta.prepare(run.step());
            optimizer->prepare(options.lr * run.rate_factor());
            run.compute(step);
        }
        if (run.stopped()) return run.stop();

        const Means test = evaluate(vae, test_batches, options.seed, run.epoch());
        run.measure_if_due(measure);
        run.sum_up({{"train", run.means().fields()}, {"test", test.fields()}},
                   {{"train", run.means()["loss"]}, {"test", test["loss"]}});
        run.tell_troubles({find_collapse(run.means(), vae.options().latent, run.measured("active_units"))});
        run.end_epoch();
        run.draw_if_due(draw);
    }

    warn_on_failure([&] { pictures.finals([&](const std::string& name) { return run.folder().sample(name); }); });
    run.write_page();
    report(run.folder(), evaluate(vae, test_batches, options.seed, run.last_epoch()), run.length());
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    MnistVaeOptions options;
    OptionList list("mnist_vae");
    describe(list, options);
    const char* description = "Trains a variational autoencoder on MNIST or other images, and draws what it learned.";
    return run_program(list, description, argc, argv, [&] {
        check_options(options);
        if (!options.evaluate.empty()) return evaluate_checkpoint(list, options);
        check(options.sample);
        if (!options.sample.checkpoint.empty())
            return sample_checkpoint(list, options, options.sample, choose_device(options), options.prior);
        check_run_options(options);
        return train(list, options);
    });
}
