// dcgan: trains a generative adversarial network on images of 28, 32 or 64 pixels a side, resumes, and draws images
// with what it learned.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "apps/common/program.h"
#include "apps/common/sampling.h"
#include "apps/common/training_run.h"
#include "apps/common/training_setup.h"
#include "apps/dcgan/networks.h"
#include "apps/dcgan/options.h"
#include "apps/dcgan/pictures.h"
#include "apps/dcgan/sample.h"
#include "apps/dcgan/trouble.h"
#include "core/data/loader.h"
#include "core/optim/moving_average.h"
#include "core/train/facts.h"

namespace sinter {
namespace {

// Checkpoint facts: how many epochs each trouble has lasted.
constexpr const char* kSaturatedEpochs = "epochs_saturated";
constexpr const char* kCollapsedEpochs = "epochs_collapsed";

/// What trains: both networks and all that lives from step to step.
class Training final : public TrainingStep {
public:
    Training(const OptionList& list, DcganOptions& options)
        : options_(options),
          device_(choose_device(options)),
          data_(find_training_data(options, {options.model.size, options.model.size, options.channels})),
          init_(options.seed, device_, draws::kInitialisation),
          noise_(options.seed, device_),
          gan_(fitted(options, data_.train).model, init_, noise_),
          generator_optimizer_(make_optimizer(options, gan_.generator(), {options.beta1, options.beta2})),
          discriminator_optimizer_(make_optimizer(options, gan_.discriminator(), {options.beta1, options.beta2})),
          training_(gan_, *generator_optimizer_, *discriminator_optimizer_, noise_, options.training),
          batches_(data_.train, device_,
                   {.batch_size = options.batch_size,
                    .shuffle = true,
                    .seed = options.seed,
                    .range = kSignedPixels,
                    .drop_last = true,
                    .flip = options.flip}),
          diversity_(data_.train, std::min<Index>(options.grid * options.grid, kSampleBatch)),
          run_(options, batches_,
               {.means = Means{"loss_d", "loss_g", "d_real", "d_fake"},
                .shown = 4,
                .with_labels = gan_.options().classes > 0}) {
        if (has_batch_norm(gan_.options().architecture) && batches_.batch_size() < 2) {
            throw DataError(
                fmt::format("{} holds one training image; batch normalisation needs at least two", data_.train.name));
        }
        if (options.ema > 0) {
            averaged_.emplace(gan_.options(), device_);
            average_.emplace(averaged_->gan.generator(), gan_.generator(), generator_optimizer_->arena());
        }
        pictures_.emplace(averaged_ ? averaged_->gan : gan_, options.grid, options.seed);
        const GanOptions& model = gan_.options();
        introduce(fmt::format("{} GAN of {}x{}x{} images, {} + {} parameters",
                              name_of(kGanArchitectures, model.architecture), model.size, model.size, model.channels,
                              gan_.generator().parameter_count(), gan_.discriminator().parameter_count()),
                  device_);
        const auto parts = checkpoint_parts(gan_, averaged_ ? &*averaged_ : nullptr,
                                            {generator_optimizer_.get(), discriminator_optimizer_.get()});
        load_alarms(run_.open(list, parts, training_facts(list, data_.train)));
    }

    ExitCode run() {
        if (options_.dry_run) return dry_run();
        if (run_.step() == 0) {
            settle_average();
            pictures_->write_grid(run_.folder().sample(sample_name(0)), pictures_->fixed_images());
        }
        while (run_.begin_epoch()) {
            if (!run_.take_steps(*this)) return interrupted();
            run_.sum_up_epoch({{"train", run_.means().fields()}}, run_.shown());
            settle_average();
            const Tensor images = pictures_->fixed_images();
            warn(saturation_, find_saturation(run_.means(), options_.training));
            warn(collapse_, diversity_.find_collapse(images));
            if (run_.pictures_are_due()) pictures_->write_grid(run_.folder().sample(sample_name(run_.epoch())), images);
            run_.end_epoch(alarms());
        }
        report();
        return ExitCode::ok;
    }

    void prepare(std::int64_t step) override {
        noise_.start_step(static_cast<std::uint64_t>(step));
        training_.prepare({options_.lr_g * run_.rate_factor(), options_.lr_d * run_.rate_factor()});
        if (average_ && training_.generator_learns()) average_->prepare(average_decay(generator_optimizer_->steps()));
    }

    std::uint8_t kind() const override { return training_.generator_learns() ? 1 : 0; }

    Tensor pass() override {
        run_.phase("networks");
        const auto& [images, labels] = run_.batch();
        const GanTraining::Losses losses = training_.pass(images, labels);
        if (average_ && losses.loss_g.defined()) average_->apply();
        constexpr int kUnseenLosses = 0;  // the pass has checked both before its updates
        return training_.guard().gather({losses.loss_d, losses.loss_g, losses.d_real, losses.d_fake}, kUnseenLosses);
    }

    void record(StepValues values, Index images) override {
        run_.means().add({values[0], values[1], values[2], values[3]}, images);
    }

    void repeat_passes() override { training_.repeat_passes(run_.batch().images, run_.batch().labels); }

private:
    static const DcganOptions& fitted(DcganOptions& options, const ImageSet& images) {
        fit_model(options, images);
        return options;
    }
    static std::string sample_name(std::int64_t epoch) { return fmt::format("epoch-{:03}", epoch); }

    /// Follows the generator closely while it still learns fast: after its t-th step (1 + t) / (10 + t), at most --ema.
    /// With a decay of 0.999 from the start the average would remember the generator as it was born for thousands of
    /// steps.
    double average_decay(std::int64_t generator_step) const {
        const double t = static_cast<double>(generator_step);
        return std::min(options_.ema, (1 + t) / (10 + t));
    }

    /// Makes the moving average fit to be evaluated. The next step copies the trained generator's statistics again, so
    /// that a run does not depend on how often this is done.
    void settle_average() {
        if (averaged_) estimate_generator_statistics(averaged_->gan, options_.seed);
    }

    /// Tells of trouble once it lasts, and again when it comes back.
    void warn(Alarm& alarm, const std::optional<Trouble>& trouble) {
        if (!alarm.rings(trouble.has_value())) return;
        run_.folder().metrics().write(
            {{"step", run_.step()}, {"epoch", run_.epoch()}, {"split", "train"}, {"event", trouble->event}});
        fmt::print(stderr, "warning, epoch {}: {}\n", run_.epoch(), trouble->sentence);
    }

    CheckpointFacts alarms() const {
        return {{kSaturatedEpochs, fmt::format("{}", saturation_.epochs())},
                {kCollapsedEpochs, fmt::format("{}", collapse_.epochs())}};
    }

    void load_alarms(const CheckpointFacts& facts) {
        if (facts.empty()) return;  // no checkpoint yet
        const FactReader reader(facts, run_.folder().checkpoint().string());
        saturation_ = Alarm(reader.whole_number(kSaturatedEpochs, 0, run_.epoch()));
        collapse_ = Alarm(reader.whole_number(kCollapsedEpochs, 0, run_.epoch()));
    }

    void write_gif(std::int64_t last_epoch) {
        if (options_.gif) write_training_gif(gif(), run_.folder().path() / "samples", last_epoch);
    }
    std::filesystem::path gif() { return run_.folder().path() / "samples" / "training.gif"; }

    ExitCode interrupted() {
        settle_average();
        const ExitCode code = run_.interrupted(alarms());
        write_gif(run_.epoch() - 1);
        return code;
    }

    ExitCode dry_run() {
        return run_.dry_run(*this, [&] {
            return fmt::format("a loss_d of {:.3f} and a loss_g of {:.3f}", run_.means()["loss_d"],
                               run_.means()["loss_g"]);
        });
    }

    void report() {
        RunFolder& folder = run_.folder();
        pictures_->interpolations(folder.sample("interpolations"));
        write_gif(options_.epochs);
        fmt::print("images of fixed codes:  {}\n", (folder.path() / "samples").string());
        if (options_.gif) fmt::print("over the epochs:        {}\n", gif().string());
        fmt::print("numbers of every epoch: {}\n", (folder.path() / "metrics.jsonl").string());
        fmt::print("checkpoint:             {}\n", folder.checkpoint().string());
    }

    const DcganOptions& options_;
    Device device_;
    DataSplits data_;
    Generator init_, noise_;
    Gan gan_;
    std::unique_ptr<Optimizer> generator_optimizer_, discriminator_optimizer_;
    GanTraining training_;
    Loader batches_;
    DiversityJudge diversity_;
    std::optional<AveragedGan> averaged_;
    std::optional<MovingAverage> average_;
    std::optional<GanPictures> pictures_;
    Alarm saturation_, collapse_;
    TrainingRun run_;
};

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    DcganOptions options;
    OptionList list("dcgan");
    describe(list, options);
    const char* description = "Trains a generative adversarial network on images, and draws new ones with it.";
    return run_program(list, description, argc, argv, [&] {
        if (!options.sample.checkpoint.empty()) return sample_checkpoint(options);
        settle_options(list, options);
        check_run_options(options);
        Training training(list, options);
        return training.run();
    });
}
