// dcgan: trains a generative adversarial network on images of 16 to 256 pixels a side, resumes, and draws images
// with what it learned.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "apps/common/program.h"
#include "apps/dcgan/options.h"
#include "apps/dcgan/start_from_vae.h"
#include "apps/gan/drawing_gan.h"
#include "apps/gan/pictures.h"
#include "apps/gan/trouble.h"
#include "apps/generators/sample.h"
#include "apps/generators/sampling.h"
#include "apps/measures/run_measures.h"
#include "apps/training/training_run.h"
#include "apps/training/training_setup.h"
#include "apps/training/warn_on_failure.h"
#include "core/console.h"
#include "core/data/loader.h"

namespace sinter {
namespace {

void introduce(Gan& gan, Device device) {
    const GanOptions& model = gan.options();
    introduce(fmt::format("{} GAN of {}x{}x{} images, {} + {} parameters",
                          name_of(kGanArchitectures, model.architecture), model.size, model.size, model.channels,
                          gan.generator().parameter_count(), gan.discriminator().parameter_count()),
              device);
}

std::filesystem::path grid_path(const RunFolder& folder, std::int64_t epoch) {
    return folder.sample(fmt::format("epoch-{:03}", epoch));
}

/// Makes the animation of --gif, of the grids up to that of `last_epoch`. Returns where it stands.
std::filesystem::path write_gif(const DcganOptions& options, const RunFolder& folder, std::int64_t last_epoch) {
    const std::filesystem::path samples = folder.path() / "samples", gif = samples / "training.gif";
    if (options.gif) warn_on_failure([&] { write_training_gif(gif, samples, last_epoch); });
    return gif;
}

void report(const RunFolder& folder, bool has_gif, const std::filesystem::path& gif) {
    answer("images of fixed codes:  {}\n", (folder.path() / "samples").string());
    if (has_gif) answer("over the epochs:        {}\n", gif.string());
    answer("all of it on one page:  {}\n", folder.page().string());
    answer("numbers of every epoch: {}\n", (folder.path() / "metrics.jsonl").string());
    answer("checkpoint:             {}\n", folder.checkpoint().string());
}

ExitCode train(const OptionList& list, DcganOptions& options) {
    const Device device = choose_device(options, kUsualPrecision);
    const DataSplits data = find_training_images(list, options);
    Generator init(options.seed, device, draws::kInitialisation), noise(options.seed, device);
    fit_model(options, data.train);
    Gan gan(options.model, init, noise);
    const std::unique_ptr<Optimizer> generator_optimizer =
        make_optimizer(options, gan.generator(), {options.beta1, options.beta2});
    const std::unique_ptr<Optimizer> discriminator_optimizer =
        make_optimizer(options, gan.discriminator(), {options.beta1, options.beta2});
    Loader batches(data.train, device,
                   {.batch_size = options.batch_size,
                    .shuffle = true,
                    .seed = options.seed,
                    .range = kSignedPixels,
                    .drop_last = true,
                    .flip = options.flip});
    if (has_batch_norm(gan.options().architecture) && batches.batch_size() < 2) {
        throw DataError(
            fmt::format("{} holds one training image; batch normalisation needs at least two", data.train.name));
    }
    start_from_vae(options, gan);
    DrawingGan drawing(gan, options.training.ema > 0, &generator_optimizer->arena());
    GanPictures pictures(drawing.gan(), options.grid, options.seed);
    GanTraining training(gan, *generator_optimizer, *discriminator_optimizer, noise, options.training,
                         drawing.average());
    const DiversityJudge diversity(data.train, std::min<Index>(options.grid * options.grid, kSampleBatch));

    RunMeasures measures(options, data, device);

    introduce(gan, device);
    TrainingRun run(options, batches, {.with_labels = gan.options().classes > 0});
    run.open(list, checkpoint_parts(gan, drawing, {generator_optimizer.get(), discriminator_optimizer.get()}),
             training_facts(list, data));
    if (run.step() == 0 && !options.dry_run) {
        drawing.settle(options.seed);
        warn_on_failure([&] { pictures.write_grid(grid_path(run.folder(), 0), pictures.fixed_images()); });
    }

    const auto step = [&](const Batch& batch) { return training.pass(batch.images, batch.labels); };

    Tensor images;  // as the generator drew them at the end of an epoch
    const auto draw = [&](std::int64_t epoch) {
        pictures.write_grid(grid_path(run.folder(), epoch), images.defined() ? images : pictures.fixed_images());
    };

    Generator codes(options.seed, device, draws::kPictures);
    const auto measure = [&] {
        const GeneratedKind kind = kind_of_images(data.test, gan.options().classes);
        return measures.of(kind, [&](Index batch, const Labels& labels) {
            return draw_from_prior(drawing.gan(), codes, batch, labels);
        });
    };

    run.draw_if_due(draw);
    while (run.next_epoch()) {
        while (run.next_batch()) {
            noise.start_step(static_cast<std::uint64_t>(run.step()));
            training.prepare(run.step(), {options.lr_g * run.rate_factor(), options.lr_d * run.rate_factor()});
            run.compute(step, training.variant());
        }
        if (options.dry_run) return run.stop();
        drawing.settle(options.seed);
        if (run.stopped()) {
            const ExitCode code = run.stop();
            write_gif(options, run.folder(), run.epochs_done());
            return code;
        }

        run.measure_if_due(measure);
        run.sum_up({{"train", run.means().fields()}}, run.shown());
        images = pictures.fixed_images();
        run.tell_troubles({find_saturation(run.means(), options.training), find_defeat(run.means(), options.training),
                           diversity.find_collapse(images)});
        run.end_epoch();
        run.draw_if_due(draw);
    }

    warn_on_failure([&] { pictures.interpolations(run.folder().sample("interpolations")); });
    run.write_page();
    report(run.folder(), options.gif, write_gif(options, run.folder(), run.epochs_done()));
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    DcganOptions options;
    OptionList list("dcgan");
    describe(list, options);
    const char* description = "Trains a generative adversarial network on images, and draws new ones with it.";
    return run_program(list, description, argc, argv, [&] {
        check(options.sample);
        if (!options.sample.checkpoint.empty())
            return sample_checkpoint(list, options, options.sample, choose_device(options, kUsualPrecision));
        follow_vae(list, options);
        settle_options(list, options);
        check_run_options(options);
        return train(list, options);
    });
}
