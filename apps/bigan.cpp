// bigan: trains a bidirectional GAN, whose encoder learns to be the inverse of its generator; resumes, draws images and
// rebuilds given ones.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "apps/bigan/evaluate.h"
#include "apps/bigan/options.h"
#include "apps/bigan/pictures.h"
#include "apps/common/program.h"
#include "apps/gan/trouble.h"
#include "apps/generators/sample.h"
#include "apps/generators/sampling.h"
#include "apps/measures/run_measures.h"
#include "apps/training/training_run.h"
#include "apps/training/training_setup.h"
#include "apps/training/warn_on_failure.h"
#include "core/console.h"
#include "core/data/loader.h"
#include "models/hybrids/bigan_training.h"

namespace sinter {
namespace {

constexpr Index kEvaluationBatch = 100;
constexpr GanAdvice kAdvice{.saturated = "try a lower --lr-d or a higher --weight-decay",
                            .lost = "try a higher --lr-d or a lower --lr-g",
                            .collapsed = "try a lower --lr-g or a smaller --beta1"};

void introduce(BiGan& bigan, Device device) {
    const BiGanOptions& model = bigan.options();
    introduce(fmt::format("{} BiGAN of {}x{}x{} images with {} codes, {} + {} + {} parameters",
                          name_of(kBiGanArchitectures, model.architecture), model.size, model.size, model.channels,
                          name_of(kBiGanEncoders, model.encoder), bigan.generator().parameter_count(),
                          bigan.encoder().parameter_count(), bigan.discriminator().parameter_count()),
              device);
}

std::string describe(const Reconstruction& found) {
    return fmt::format("reconstruction error {:.2f}, {:.2f} against other images (ratio {:.3f})", found.error,
                       found.control, found.ratio());
}

void report(RunFolder& folder, const Reconstruction& test, const std::string& length) {
    answer("{} after {}\n", describe(test), length);
    answer("images of fixed codes:    {}\n", (folder.path() / "samples").string());
    answer("originals, rebuilt below: {}\n", (folder.path() / "reconstructions").string());
    answer("all of it on one page:    {}\n", folder.page().string());
    answer("numbers of every epoch:   {}\n", (folder.path() / "metrics.jsonl").string());
    answer("checkpoint:               {}\n", folder.checkpoint().string());
}

ExitCode train(const OptionList& list, BiGanProgramOptions& options) {
    const Device device = choose_device(options);
    const DataSplits data = find_training_images(list, options);
    Generator init(options.seed, device, draws::kInitialisation), noise(options.seed, device);
    BiGan bigan(options.model, init, noise);
    const std::unique_ptr<Optimizer> pair_optimizer =
        make_optimizer(options, bigan.generator_and_encoder(), {options.beta1, options.beta2});
    const std::unique_ptr<Optimizer> discriminator_optimizer =
        make_optimizer(options, bigan.discriminator(), {options.beta1, options.beta2});
    Loader batches(data.train, device,
                   {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed, .drop_last = true});
    if (batches.batch_size() < 2) {
        throw DataError(
            fmt::format("{} holds one training image; batch normalisation needs at least two", data.train.name));
    }
    Loader test_batches(data.test, device, {.batch_size = kEvaluationBatch, .shuffle = true});
    BiGanTraining training(bigan, *pair_optimizer, *discriminator_optimizer, noise, options.clip_norm);
    BiGanPictures pictures(bigan, data.test, options.grid, options.seed);
    const DiversityJudge diversity(data.train, std::min<Index>(options.grid * options.grid, kSampleBatch));
    RunMeasures measures(options, data, device);

    introduce(bigan, device);
    TrainingRun run(options, batches);
    run.open(list, checkpoint_parts(bigan, {pair_optimizer.get(), discriminator_optimizer.get()}),
             training_facts(list, data));

    Tensor images;  // as the generator drew them at the end of an epoch
    const auto draw = [&](std::int64_t epoch) {
        const std::string name = fmt::format("epoch-{:03}", epoch);
        pictures.write_grid(run.folder().sample(name), images.defined() ? images : pictures.fixed_images());
        pictures.reconstructions(run.folder().reconstruction(name));
    };
    if (run.step() == 0 && !options.dry_run) {
        settle_encoder(bigan, batches);
        say("untrained: {}\n", describe(reconstruct(bigan, test_batches)));
        warn_on_failure([&] { draw(0); });
    }

    const auto step = [&](const Batch& batch) { return training.pass(batch.images); };

    Generator codes(options.seed, device, draws::kPictures);
    const auto measure = [&] {
        return measures.of(kind_of_images(data.test, 0),
                           [&](Index batch, const Labels&) { return draw_from_prior(bigan, codes, batch); });
    };

    run.draw_if_due(draw);
    while (run.next_epoch()) {
        while (run.next_batch()) {
            noise.start_step(static_cast<std::uint64_t>(run.step()));
            training.prepare({options.lr_g * run.rate_factor(), options.lr_d * run.rate_factor()});
            run.compute(step);
        }
        if (run.stopped()) return run.stop();

        settle_encoder(bigan, batches);
        const Reconstruction test = reconstruct(bigan, test_batches);
        run.measure_if_due(measure);
        std::vector<ProgressValue> shown = run.shown();
        shown.push_back({"ratio", test.ratio()});
        run.sum_up({{"train", run.means().fields()}, {"test", test.fields()}}, shown);
        images = pictures.fixed_images();
        run.tell_troubles({find_saturation(run.means(), {}, kAdvice), find_defeat(run.means(), {}, kAdvice),
                           diversity.find_collapse(images, kAdvice)});
        run.end_epoch();
        run.draw_if_due(draw);
    }

    run.write_page();
    report(run.folder(), reconstruct(bigan, test_batches), run.length());
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    BiGanProgramOptions options;
    OptionList list("bigan");
    describe(list, options);
    const char* description =
        "Trains a bidirectional GAN on images: it draws new ones, and its encoder finds the codes of given ones.";
    return run_program(list, description, argc, argv, [&] {
        check(options.sample);
        if (!options.sample.checkpoint.empty())
            return sample_checkpoint(list, options, options.sample, choose_device(options));
        settle_options(list, options);
        check_run_options(options);
        return train(list, options);
    });
}
