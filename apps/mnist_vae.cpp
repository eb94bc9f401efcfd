// mnist_vae: trains the dense VAE on MNIST (or any data set in its form), resumes, evaluates, and draws what it
// learned. Expect a test loss of 105.6 +- 0.5 nats per image on MNIST after 10 epochs with the default options.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "apps/common/divergence.h"
#include "apps/common/program.h"
#include "apps/common/run_state.h"
#include "apps/common/step_profile.h"
#include "apps/common/stopwatch.h"
#include "apps/common/training_setup.h"
#include "apps/mnist_vae/options.h"
#include "apps/mnist_vae/pictures.h"
#include "core/data/loader.h"
#include "core/io/progress.h"
#include "core/tape.h"
#include "core/train/interrupt.h"

namespace sinter {
namespace {

const Stopwatch since_start_of_program;

constexpr Index kEvaluationBatch = 500;

/// The losses of a VAE in nats per image, averaged over images.
Means loss_means() { return Means{"loss", "recon", "kl"}; }

/// The mean losses over the test images, with noise that depends on seed and epoch alone.
Means evaluate(Vae& vae, Loader& batches, std::uint64_t seed, std::int64_t epoch) {
    const NoGrad no_grad;
    Generator noise(seed, vae.device(), draws::kEvaluation);
    Means means = loss_means();
    Tensor images;
    batches.start_epoch(0);
    for (std::uint64_t batch = 0; batches.next(images); ++batch) {
        noise.start_step(static_cast<std::uint64_t>(epoch) << 32 | batch);
        const Vae::Losses losses = vae.losses(images, noise);
        means.add({losses.total.item(), losses.reconstruction.item(), losses.kl.item()}, images.size(0));
    }
    return means;
}

/// A training run: everything that lives from step to step.
class Training {
public:
    Training(const CLI::App& app, const MnistVaeOptions& options)
        : options_(options),
          device_(choose_device(options)),
          profiled_(profiled_steps(options)),
          data_(find_training_data(options)),
          init_(options.seed, device_, draws::kInitialisation),
          noise_(options.seed, device_),
          vae_(vae_options(options, data_.train), init_),
          optimizer_(make_optimizer(options, vae_)),
          train_batches_(data_.train, device_,
                         {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed}),
          test_batches_(data_.test, device_, {.batch_size = kEvaluationBatch}),
          pictures_(vae_, data_.test, options.seed),
          beta_(Tensor::full({1}, options.beta, device_)),
          schedule_(make_schedule(options, train_batches_.batches())),
          part_{"", &vae_, optimizer_.get()} {
        introduce();
        if (options.dry_run) return;
        run_.emplace(open_run_folder(app, options));
        if (options.resume) {
            resume_run(*run_, {&part_, 1}, fixed_facts(), options, data_.train.count, at_);
        }
    }

    ExitCode run() {
        if (options_.dry_run) return dry_run();
        const InterruptGuard interrupt;
        const Stopwatch since_start;
        const double seconds_before = at_.seconds;
        const ProgressSettings settings{.style = options_.quiet ? ProgressSettings::Style::quiet
                                                                : ProgressSettings::Style::automatic};
        Progress progress({.epochs = options_.epochs, .images_per_epoch = data_.train.count}, settings);
        Tensor images;
        while (at_.epoch <= options_.epochs) {
            train_batches_.start_epoch(at_.epoch, at_.position);
            progress.begin_epoch(static_cast<int>(at_.epoch), at_.position);
            const Stopwatch since_epoch_start;
            while (next_batch(images)) {
                step(images);
                progress.update(images.size(0), [&] { return std::array{ProgressValue{"loss", at_.means["loss"]}}; });
                if (interrupt.requested()) {
                    at_.train_seconds += since_epoch_start.seconds();
                    at_.seconds = seconds_before + since_start.seconds();
                    progress.clear();
                    return interrupted();
                }
            }
            at_.train_seconds += since_epoch_start.seconds();
            progress.stop_clock();
            const Means test = evaluate(vae_, test_batches_, options_.seed, at_.epoch);
            at_.seconds = seconds_before + since_start.seconds();
            write_metrics("train", at_.means);
            write_metrics("test", test);
            progress.end_epoch({{"train", at_.means["loss"]}, {"test", test["loss"]}});
            finish_epoch();
        }
        report();
        return ExitCode::ok;
    }

private:
    void introduce() {
        fmt::print(stderr, "dense VAE {}-{}-{}, {} parameters, on {} with {} thread{}\n", data_.train.bytes_per_image(),
                   fmt::join(options_.hidden, "-"), options_.latent, vae_.parameter_count(), device_.name(),
                   cpu_threads(), cpu_threads() == 1 ? "" : "s");
    }

    bool next_batch(Tensor& images) {
        profile_.set_active(profiled_.contains(at_.step));
        profile_.phase("batch");
        return train_batches_.next(images);
    }

    /// One training step on a batch.
    void step(const Tensor& images) {
        ++at_.step;
        noise_.start_step(static_cast<std::uint64_t>(at_.step));
        optimizer_->clear_gradients();

        profile_.phase("forward");
        const Vae::Losses losses = vae_.losses(images, noise_, beta());
        if (!std::isfinite(losses.total.item())) diverged(images);

        profile_.phase("backward");
        backward(losses.total);

        profile_.phase("optimizer");
        optimizer_->step(options_.lr * schedule_.factor(at_.step - 1), options_.clip_norm);
        profile_.phase(nullptr);

        at_.position = train_batches_.position();
        const double recon = losses.reconstruction.item(), kl = losses.kl.item();
        at_.means.add({recon + kl, recon, kl}, images.size(0));
        if (!first_step_told_) {
            first_step_told_ = true;
            fmt::print(stderr, "first step {:.2f} s after the start of the program\n",
                       since_start_of_program.seconds());
        }
    }

    /// The weight of the KL divergence at this step, or an undefined tensor for 1.
    Tensor beta() {
        const double warmup_steps = options_.kl_warmup * static_cast<double>(train_batches_.batches());
        const double risen = warmup_steps > 0 ? std::min(1.0, static_cast<double>(at_.step) / warmup_steps) : 1.0;
        if (options_.beta * risen == 1) return {};
        const float now = static_cast<float>(options_.beta * risen);
        beta_.assign(std::span<const float>(&now, 1));
        return beta_;
    }

    [[noreturn]] void diverged(const Tensor& images) {
        explain_divergence(run_ ? &*run_ : nullptr, at_, {&part_, 1}, [&] {
            noise_.start_step(static_cast<std::uint64_t>(at_.step));
            backward(vae_.losses(images, noise_, beta()).total);
        });
    }

    void write_metrics(const char* split, const Means& means) {
        run_->metrics().write({{"step", at_.step},
                               {"epoch", at_.epoch},
                               {"split", split},
                               {"loss", means["loss"]},
                               {"recon", means["recon"]},
                               {"kl", means["kl"]},
                               {"images_per_second", at_.images_per_second()},
                               {"seconds", at_.seconds}});
    }

    /// Goes to the start of the next epoch, with pictures and a checkpoint where they are due.
    void finish_epoch() {
        if (is_due(options_.sample_every, at_.epoch, options_)) {
            const std::string name = fmt::format("epoch-{:03}", at_.epoch);
            pictures_.samples(run_->sample(name));
            pictures_.reconstructions(run_->reconstruction(name));
        }
        const bool save_now = is_due(options_.save_every, at_.epoch, options_);
        at_.begin_next_epoch();
        if (save_now) save();
    }

    /// What must be the same for a run to go on: with another value its numbers would be those of no single run.
    CheckpointFacts fixed_facts() const {
        CheckpointFacts facts = training_facts(options_, data_.train);
        facts["--beta"] = fmt::format("{}", options_.beta);
        facts["--kl-warmup"] = fmt::format("{}", options_.kl_warmup);
        add_model_facts(facts, vae_.options());
        return facts;
    }

    void save() {
        CheckpointFacts facts = fixed_facts();
        at_.save(facts);
        run_->metrics().sync();
        save_checkpoint(run_->checkpoint(), {&part_, 1}, facts);
    }

    ExitCode interrupted() {
        save();
        fmt::print(stderr, "interrupted at step {}; saved. Go on with: --resume --out {}\n", at_.step,
                   run_->path().string());
        return ExitCode::interrupted;
    }

    ExitCode dry_run() {
        Tensor images;
        train_batches_.start_epoch(1);
        next_batch(images);
        step(images);
        fmt::print(
            "would train {} epochs of {} steps of {} images; the first step has a loss of {:.2f} nats per image; "
            "nothing was "
            "written\n",
            options_.epochs, train_batches_.batches(), train_batches_.batch_size(), at_.means["loss"]);
        return ExitCode::ok;
    }

    void report() {
        pictures_.interpolations(run_->sample("interpolations"));
        if (vae_.options().latent == 2) pictures_.manifold(run_->sample("manifold"));
        const Means test = evaluate(vae_, test_batches_, options_.seed, options_.epochs);
        fmt::print("{}", profile_.table());
        fmt::print("test loss {:.2f} nats per image (reconstruction {:.2f}, KL {:.2f}) after {} epoch{}\n",
                   test["loss"], test["recon"], test["kl"], options_.epochs, options_.epochs == 1 ? "" : "s");
        fmt::print("samples from the prior:   {}\n", (run_->path() / "samples").string());
        fmt::print("originals, rebuilt below: {}\n", (run_->path() / "reconstructions").string());
        fmt::print("numbers of every epoch:   {}\n", (run_->path() / "metrics.jsonl").string());
        fmt::print("checkpoint:               {}\n", run_->checkpoint().string());
    }

    const MnistVaeOptions& options_;
    Device device_;
    StepRange profiled_;
    DataSplits data_;
    Generator init_, noise_;
    Vae vae_;
    std::unique_ptr<Optimizer> optimizer_;
    Loader train_batches_, test_batches_;
    VaePictures pictures_;
    Tensor beta_;
    Schedule schedule_;
    CheckpointPart part_;
    RunState at_{loss_means()};
    std::optional<RunFolder> run_;
    StepProfile profile_;
    bool first_step_told_ = false;
};

/// --evaluate: the test loss of a checkpoint, and its pictures if --out is given.
ExitCode evaluate_checkpoint(const MnistVaeOptions& options) {
    const Device device = choose_device(options);
    const CheckpointFacts facts = read_checkpoint_facts(options.evaluate);
    const VaeOptions model = model_from_facts(facts, options.evaluate);
    const DataSplits data = find_training_data(options);
    if (model.image_size != data.test.bytes_per_image()) {
        throw DataError(
            fmt::format("{}: the model takes images of {} values, those of {} have {}; give its data with --data",
                        options.evaluate, model.image_size, data.test.name, data.test.bytes_per_image()));
    }
    Generator init(0, device);
    Vae vae(model, init);
    const CheckpointPart part{"", &vae, nullptr};
    load_checkpoint(options.evaluate, {&part, 1});
    Loader batches(data.test, device, {.batch_size = kEvaluationBatch});
    const Means test = evaluate(vae, batches, options.seed, 0);
    const std::string line = format_metrics_line(std::array<MetricField, 5>{{{"split", "test"},
                                                                             {"images", test.images()},
                                                                             {"loss", test["loss"]},
                                                                             {"recon", test["recon"]},
                                                                             {"kl", test["kl"]}}});
    fmt::print("{}", line);
    if (options.out.empty()) return ExitCode::ok;
    const std::filesystem::path out = options.out;
    ensure_folder(out);
    VaePictures pictures(vae, data.test, options.seed);
    pictures.samples(out / "samples.png");
    pictures.reconstructions(out / "reconstructions.png");
    pictures.interpolations(out / "interpolations.png");
    if (model.latent == 2) pictures.manifold(out / "manifold.png");
    fmt::print(stderr, "pictures: {}\n", out.string());
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    CLI::App app("Trains the dense variational autoencoder on MNIST or data in its form, and draws what it learned.",
                 "mnist_vae");
    MnistVaeOptions options;
    add_vae_options(app, options);
    return run_program(app, arguments_with_resumed_config(argc, argv), [&] {
        if (!options.evaluate.empty()) return evaluate_checkpoint(options);
        check_run_folder(options);
        Training training(app, options);
        return training.run();
    });
}
