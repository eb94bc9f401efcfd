// dcgan: trains a generative adversarial network on images of 28, 32 or 64 pixels a side, resumes, and draws images
// with what it learned.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <memory>
#include <optional>

#include "apps/common/divergence.h"
#include "apps/common/facts.h"
#include "apps/common/program.h"
#include "apps/common/run_state.h"
#include "apps/common/sampling.h"
#include "apps/common/step_profile.h"
#include "apps/common/stopwatch.h"
#include "apps/common/training_setup.h"
#include "apps/dcgan/options.h"
#include "apps/dcgan/pictures.h"
#include "apps/dcgan/trouble.h"
#include "core/data/loader.h"
#include "core/io/progress.h"
#include "core/nn/moving_average.h"
#include "core/ops/random.h"
#include "core/train/interrupt.h"

namespace sinter {
namespace {

const Stopwatch since_start_of_program;

// Checkpoint facts: how many epochs each trouble has lasted.
constexpr const char* kSaturatedEpochs = "epochs_saturated";
constexpr const char* kCollapsedEpochs = "epochs_collapsed";

/// A second generator, which holds the moving average of the first.
struct AveragedGan {
    AveragedGan(const GanOptions& options, Device device) : init(0, device), gan(options, init, init) {}

    Generator init;
    Gan gan;
};

/// A training run: everything that lives from step to step.
class Training {
public:
    Training(const CLI::App& app, const DcganOptions& options)
        : options_(options),
          device_(choose_device(options)),
          profiled_(profiled_steps(options)),
          data_(find_training_data(options, {options.size, options.size, options.channels})),
          init_(options.seed, device_, draws::kInitialisation),
          noise_(options.seed, device_),
          gan_(gan_options(options, data_.train), init_, noise_),
          generator_(make_optimizer(options, gan_.generator(), {options.beta1, options.beta2})),
          discriminator_(make_optimizer(options, gan_.discriminator(), {options.beta1, options.beta2})),
          training_(gan_, *generator_, *discriminator_, noise_, gan_training_options(options)),
          batches_(data_.train, device_,
                   {.batch_size = options.batch_size,
                    .shuffle = true,
                    .seed = options.seed,
                    .range = kSignedPixels,
                    .drop_last = true,
                    .flip = options.flip}),
          schedule_(make_schedule(options, batches_.batches())),
          diversity_(data_.train, std::min<Index>(options.grid * options.grid, kSampleBatch)) {
        if (options.arch == "dcgan" && batches_.batch_size() < 2) {
            throw DataError(
                fmt::format("{} holds one training image; batch normalisation needs at least two", data_.train.name));
        }
        if (options.ema > 0) {
            averaged_.emplace(gan_.options(), device_);
            average_.emplace(averaged_->gan.generator(), gan_.generator(), generator_->arena());
        }
        pictures_.emplace(averaged_ ? averaged_->gan : gan_, options.grid, options.seed);
        introduce();
        if (options.dry_run) return;
        run_.emplace(open_run_folder(app, options));
        if (options.resume) resume();
    }

    ExitCode run() {
        if (options_.dry_run) return dry_run();
        const InterruptGuard interrupt;
        const Stopwatch since_start;
        const double seconds_before = at_.seconds;
        const ProgressSettings settings{.style = options_.quiet ? ProgressSettings::Style::quiet
                                                                : ProgressSettings::Style::automatic};
        Progress progress({.epochs = options_.epochs, .images_per_epoch = images_per_epoch()}, settings);
        if (at_.step == 0) {
            settle_average();
            pictures_->write_grid(run_->sample(sample_name(0)), pictures_->fixed_images());
        }
        Tensor images;
        while (at_.epoch <= options_.epochs) {
            batches_.start_epoch(at_.epoch, at_.position);
            progress.begin_epoch(static_cast<int>(at_.epoch), at_.position);
            const Stopwatch since_epoch_start;
            while (next_batch(images)) {
                step(images);
                progress.update(images.size(0), [&] { return progress_values(); });
                if (interrupt.requested()) {
                    at_.train_seconds += since_epoch_start.seconds();
                    at_.seconds = seconds_before + since_start.seconds();
                    progress.clear();
                    return interrupted();
                }
            }
            at_.train_seconds += since_epoch_start.seconds();
            progress.stop_clock();
            at_.seconds = seconds_before + since_start.seconds();
            write_metrics();
            progress.end_epoch(progress_values());
            finish_epoch();
        }
        report();
        return ExitCode::ok;
    }

private:
    Index images_per_epoch() const { return batches_.batches() * batches_.batch_size(); }

    static std::string sample_name(std::int64_t epoch) { return fmt::format("epoch-{:03}", epoch); }

    std::array<ProgressValue, 4> progress_values() const {
        return {{{"loss_d", at_.means["loss_d"]},
                 {"loss_g", at_.means["loss_g"]},
                 {"d_real", at_.means["d_real"]},
                 {"d_fake", at_.means["d_fake"]}}};
    }

    void introduce() {
        const GanOptions& model = gan_.options();
        fmt::print(stderr, "{} GAN of {}x{}x{} images, {} + {} parameters, on {} with {} thread{}\n", model.arch,
                   model.size, model.size, model.channels, gan_.generator().parameter_count(),
                   gan_.discriminator().parameter_count(), device_.name(), cpu_threads(),
                   cpu_threads() == 1 ? "" : "s");
    }

    bool next_batch(Tensor& images) {
        profile_.set_active(profiled_.contains(at_.step));
        profile_.phase("batch");
        return batches_.next(images, gan_.options().classes > 0 ? &labels_ : nullptr);
    }

    /// One training step of both networks.
    void step(const Tensor& images) {
        ++at_.step;
        noise_.start_step(static_cast<std::uint64_t>(at_.step));
        const double factor = schedule_.factor(at_.step - 1);

        profile_.phase("step");
        const GanTraining::Losses losses =
            training_.step(images, {options_.lr_g * factor, options_.lr_d * factor}, labels_);
        const double loss_d = losses.loss_d.item();
        const double loss_g = losses.loss_g.defined() ? losses.loss_g.item() : std::nan("");
        if (!std::isfinite(loss_d) || (losses.loss_g.defined() && !std::isfinite(loss_g))) diverged(images);
        if (average_ && losses.loss_g.defined()) average_->update(average_decay());
        profile_.phase(nullptr);

        at_.position = batches_.position();
        at_.means.add({loss_d, loss_g, losses.d_real.item(), losses.d_fake.item()}, images.size(0));
        if (!first_step_told_) {
            first_step_told_ = true;
            fmt::print(stderr, "first step {:.2f} s after the start of the program\n",
                       since_start_of_program.seconds());
        }
    }

    /// Follows the generator closely while it still learns fast: after its t-th step (1 + t) / (10 + t), at most --ema.
    /// With a decay of 0.999 from the start the average would remember the generator as it was born for thousands of
    /// steps.
    double average_decay() const {
        const double t = static_cast<double>(generator_->steps());
        return std::min(options_.ema, (1 + t) / (10 + t));
    }

    [[noreturn]] void diverged(const Tensor& images) {
        explain_divergence(run_ ? &*run_ : nullptr, at_, parts(), [&] {
            noise_.start_step(static_cast<std::uint64_t>(at_.step));
            training_.repeat_passes(images, labels_);
        });
    }

    void write_metrics() {
        run_->metrics().write({{"step", at_.step},
                               {"epoch", at_.epoch},
                               {"split", "train"},
                               {"loss_d", at_.means["loss_d"]},
                               {"loss_g", at_.means["loss_g"]},
                               {"d_real", at_.means["d_real"]},
                               {"d_fake", at_.means["d_fake"]},
                               {"images_per_second", at_.images_per_second()},
                               {"seconds", at_.seconds}});
    }

    /// Goes to the start of the next epoch, with warnings, pictures and a checkpoint where they are due.
    void finish_epoch() {
        settle_average();
        const Tensor images = pictures_->fixed_images();
        warn(saturation_, find_saturation(at_.means, gan_training_options(options_)));
        warn(collapse_, diversity_.find_collapse(images));
        if (is_due(options_.sample_every, at_.epoch, options_))
            pictures_->write_grid(run_->sample(sample_name(at_.epoch)), images);
        const bool save_now = is_due(options_.save_every, at_.epoch, options_);
        at_.begin_next_epoch();
        if (save_now) save();
    }

    /// Makes the moving average fit to be evaluated. The next step copies the trained generator's statistics again, so
    /// that a run does not depend on how often this is done.
    void settle_average() {
        if (averaged_) estimate_generator_statistics(averaged_->gan, options_.seed);
    }

    /// Tells of trouble once it lasts, and again when it comes back.
    void warn(Alarm& alarm, const std::optional<Trouble>& trouble) {
        if (!alarm.rings(trouble.has_value())) return;
        run_->metrics().write(
            {{"step", at_.step}, {"epoch", at_.epoch}, {"split", "train"}, {"event", trouble->event}});
        fmt::print(stderr, "warning, epoch {}: {}\n", at_.epoch, trouble->sentence);
    }

    std::vector<CheckpointPart> parts() {
        std::vector<CheckpointPart> parts = {{"generator.", &gan_.generator(), generator_.get()},
                                             {"discriminator.", &gan_.discriminator(), discriminator_.get()}};
        if (averaged_) parts.push_back({"average.", &averaged_->gan.generator(), nullptr});
        return parts;
    }

    /// What must be the same for a run to go on: with another value its numbers would be those of no single run.
    CheckpointFacts fixed_facts() const {
        CheckpointFacts facts = training_facts(options_, data_.train);
        add_model_facts(facts, gan_.options());
        add_objective_facts(facts, options_);
        return facts;
    }

    void save() {
        CheckpointFacts facts = fixed_facts();
        facts[kSaturatedEpochs] = fmt::format("{}", saturation_.epochs());
        facts[kCollapsedEpochs] = fmt::format("{}", collapse_.epochs());
        save_run(*run_, parts(), facts, at_);
    }

    void resume() {
        const CheckpointFacts facts = resume_run(*run_, parts(), fixed_facts(), options_, data_.train.count, at_);
        if (facts.empty()) return;  // no checkpoint yet
        const FactReader reader(facts, run_->checkpoint().string());
        saturation_ = Alarm(reader.whole_number(kSaturatedEpochs, 0, at_.epoch));
        collapse_ = Alarm(reader.whole_number(kCollapsedEpochs, 0, at_.epoch));
    }

    void write_gif(std::int64_t last_epoch) {
        if (options_.gif) write_training_gif(gif(), run_->path() / "samples", last_epoch);
    }
    std::filesystem::path gif() const { return run_->path() / "samples" / "training.gif"; }

    ExitCode interrupted() {
        settle_average();
        save();
        write_gif(at_.epoch - 1);
        fmt::print(stderr, "interrupted at step {}; saved. Go on with: --resume --out {}\n", at_.step,
                   run_->path().string());
        return ExitCode::interrupted;
    }

    ExitCode dry_run() {
        Tensor images;
        batches_.start_epoch(1);
        next_batch(images);
        step(images);
        fmt::print(
            "would train {} epochs of {} steps of {} images; the first step has a loss_d of {:.3f} and a loss_g of "
            "{:.3f}; nothing was written\n",
            options_.epochs, batches_.batches(), batches_.batch_size(), at_.means["loss_d"], at_.means["loss_g"]);
        return ExitCode::ok;
    }

    void report() {
        pictures_->interpolations(run_->sample("interpolations"));
        write_gif(options_.epochs);
        fmt::print("{}", profile_.table());
        fmt::print("images of fixed codes:  {}\n", (run_->path() / "samples").string());
        if (options_.gif) fmt::print("over the epochs:        {}\n", gif().string());
        fmt::print("numbers of every epoch: {}\n", (run_->path() / "metrics.jsonl").string());
        fmt::print("checkpoint:             {}\n", run_->checkpoint().string());
    }

    const DcganOptions& options_;
    Device device_;
    StepRange profiled_;
    DataSplits data_;
    Generator init_, noise_;
    Gan gan_;
    std::unique_ptr<Optimizer> generator_, discriminator_;
    GanTraining training_;
    Loader batches_;
    Buffer<std::int32_t> labels_;  ///< of the batch, where the GAN is conditional
    Schedule schedule_;
    DiversityJudge diversity_;
    std::optional<AveragedGan> averaged_;
    std::optional<MovingAverage> average_;
    std::optional<GanPictures> pictures_;
    RunState at_{Means{"loss_d", "loss_g", "d_real", "d_fake"}};
    Alarm saturation_, collapse_;
    std::optional<RunFolder> run_;
    StepProfile profile_;
    bool first_step_told_ = false;
};

/// --sample: images of a checkpoint, by its moving average where it has one.
ExitCode sample_checkpoint(const DcganOptions& options) {
    const Device device = choose_device(options);
    const std::string& file = options.sample.checkpoint;
    const CheckpointFacts facts = read_checkpoint_facts(file);
    const GanOptions model = model_from_facts(facts, file);
    Generator init(0, device);
    Gan gan(model, init, init);
    std::optional<AveragedGan> averaged;
    if (has_moving_average(facts, file)) averaged.emplace(model, device);
    std::vector<CheckpointPart> parts = {{"generator.", &gan.generator(), nullptr},
                                         {"discriminator.", &gan.discriminator(), nullptr}};
    if (averaged) parts.push_back({"average.", &averaged->gan.generator(), nullptr});
    load_checkpoint(file, parts);

    prepare_sample_folder(options.out);
    Gan& best = averaged ? averaged->gan : gan;
    Generator codes(options.seed, device, draws::kPictures);
    const auto draw = [&](Index batch) {
        codes.start_step(static_cast<std::uint64_t>(batch) + 1);  // step 0 has the codes of the grids
        return draw_images(best, random_normal({kSampleBatch, model.latent}, 0, 1, codes),
                           labels_in_turn(model, batch * kSampleBatch, kSampleBatch));
    };
    const auto label = [&](Index image) {
        return model.classes > 0 ? fmt::format("{}", image % model.classes) : std::string();
    };
    write_samples(options.out, options.sample.count, draw, label);
    fmt::print("{} images: {}\n", options.sample.count, options.out);
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    CLI::App app("Trains a generative adversarial network on images, and draws new ones with it.", "dcgan");
    DcganOptions options;
    add_dcgan_options(app, options);
    return run_program(app, arguments_with_resumed_config(argc, argv), [&] {
        if (!options.sample.checkpoint.empty()) return sample_checkpoint(options);
        settle_options(app, options);
        check_run_folder(options);
        Training training(app, options);
        return training.run();
    });
}
