// vae_gan: trains a VAE whose decoder is the generator of a GAN, on images of 16 to 256 pixels a side; resumes, and
// draws images with what it learned.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "apps/common/program.h"
#include "apps/gan/pictures.h"
#include "apps/gan/trouble.h"
#include "apps/generators/sample.h"
#include "apps/measures/run_measures.h"
#include "apps/training/pictures.h"
#include "apps/training/training_run.h"
#include "apps/training/training_setup.h"
#include "apps/training/warn_on_failure.h"
#include "apps/vae/trouble.h"
#include "apps/vae_gan/options.h"
#include "core/console.h"
#include "core/data/loader.h"

namespace sinter {
namespace {

constexpr const char* kSilent = "a smaller --lr-e, a larger --lr-d or another --discriminator-norm";
constexpr GanAdvice kAdvice{.saturated = "try a lower --lr-d, or a smaller --margin to hold it more often",
                            .lost = "try a higher --lr-d or a lower --lr-g",
                            .collapsed = "try a lower --lr-g, a smaller --beta1 or a larger --gamma"};

void introduce(VaeGan& model, Device device) {
    const GanOptions& networks = model.gan().options();
    introduce(fmt::format("{} VAE-GAN of {}x{}x{} images, latent {}, {} + {} + {} parameters",
                          name_of(kGanArchitectures, networks.architecture), networks.size, networks.size,
                          networks.channels, networks.latent, model.encoder().parameter_count(),
                          model.gan().generator().parameter_count(), model.gan().discriminator().parameter_count()),
              device);
}

/// Test images, and what the model makes of them.
class Reconstructions {
public:
    Reconstructions(VaeGan& model, const ImageSet& test) : model_(model) {
        const std::vector<Index> shown = spread_over_classes(test, kReconstructionColumns * kReconstructionRows);
        originals_ = images_of(test, shown, model.encoder().device());
        if (model.gan().options().classes > 0) labels_ = labels_of(test, shown);
    }
    void write(const std::filesystem::path& path) const {
        write_reconstructions(path, originals_, rebuild(model_, originals_, labels_), kReconstructionColumns);
    }

private:
    VaeGan& model_;
    Tensor originals_;
    std::vector<std::int32_t> labels_;
};

void report(const RunFolder& folder) {
    answer("images of fixed codes:    {}\n", (folder.path() / "samples").string());
    answer("originals, rebuilt below: {}\n", (folder.path() / "reconstructions").string());
    answer("all of it on one page:    {}\n", folder.page().string());
    answer("numbers of every epoch:   {}\n", (folder.path() / "metrics.jsonl").string());
    answer("checkpoint:               {}\n", folder.checkpoint().string());
}

ExitCode train(const OptionList& list, VaeGanProgramOptions& options) {
    const Device device = choose_device(options, kUsualPrecision);
    const DataSplits data = find_training_images(list, options);
    RunMeasures measures(options, data, device);
    Generator init(options.seed, device, draws::kInitialisation), noise(options.seed, device);
    fit_model(list, options, data.train);
    VaeGan model(options.model, init);
    Gan& gan = model.gan();
    const auto optimizer_of = [&](const Module& network) {
        return make_optimizer(options, network, {options.beta1, options.beta2});
    };
    const auto encoder = optimizer_of(model.encoder()), generator = optimizer_of(gan.generator()),
               discriminator = optimizer_of(gan.discriminator());
    const VaeGanOptimizers optimizers{encoder.get(), generator.get(), discriminator.get()};
    VaeGanTraining training(model, optimizers, noise, options.training);
    Loader batches(data.train, device,
                   {.batch_size = options.batch_size,
                    .shuffle = true,
                    .seed = options.seed,
                    .range = kSignedPixels,
                    .drop_last = true,
                    .flip = options.flip});
    if (batches.batch_size() < 2) {
        throw DataError(
            fmt::format("{} holds one training image; batch normalisation needs at least two", data.train.name));
    }
    GanPictures pictures(gan, options.grid, options.seed);
    const Reconstructions reconstructions(model, data.test);
    const DiversityJudge diversity(data.train, std::min<Index>(options.grid * options.grid, kSampleBatch));

    introduce(model, device);
    TrainingRun run(options, batches,
                    {.shown = {"kl", "recon", "d_real", "d_fake"}, .with_labels = gan.options().classes > 0});
    run.open(list, checkpoint_parts(model, optimizers), training_facts(list, data));

    const auto step = [&](const Batch& batch) { return training.pass(batch.images, batch.labels); };

    Tensor images;  // as the generator drew them at the end of an epoch
    const auto draw = [&](std::int64_t epoch) {
        const std::string name = fmt::format("epoch-{:03}", epoch);
        pictures.write_grid(run.folder().sample(name), images.defined() ? images : pictures.fixed_images());
        reconstructions.write(run.folder().reconstruction(name));
    };

    Generator codes(options.seed, device, draws::kPictures);
    const auto measure = [&] {
        const GeneratedKind kind = kind_of_images(data.test, gan.options().classes);
        return measures.of(
            kind, [&](Index batch, const Labels& labels) { return draw_from_prior(gan, codes, batch, labels); });
    };

    run.draw_if_due(draw);
    while (run.next_epoch()) {
        while (run.next_batch()) {
            noise.start_step(static_cast<std::uint64_t>(run.step()));
            const double factor = run.rate_factor();
            training.prepare({options.lr_e * factor, options.lr_g * factor, options.lr_d * factor});
            run.compute(step);
        }
        if (run.stopped()) return run.stop();

        run.measure_if_due(measure);
        run.sum_up({{"train", run.means().fields()}}, run.shown());
        images = pictures.fixed_images();
        run.tell_troubles({find_collapse(run.means(), gan.options().latent, {}, kSilent),
                           find_saturation(run.means(), {}, kAdvice), find_defeat(run.means(), {}, kAdvice),
                           diversity.find_collapse(images, kAdvice)});
        run.end_epoch();
        run.draw_if_due(draw);
    }

    warn_on_failure([&] { pictures.interpolations(run.folder().sample("interpolations")); });
    run.write_page();
    report(run.folder());
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    VaeGanProgramOptions options;
    OptionList list("vae_gan");
    describe(list, options);
    const char* description =
        "Trains a variational autoencoder whose decoder is the generator of a GAN, and draws images with it.";
    return run_program(list, description, argc, argv, [&] {
        check(options.sample);
        if (!options.sample.checkpoint.empty())
            return sample_checkpoint(list, options, options.sample, choose_device(options, kUsualPrecision));
        settle_options(list, options);
        check_run_options(options);
        return train(list, options);
    });
}
