// mnist_vae: trains a dense or convolutional VAE, conditional or not, on MNIST or other images; resumes, evaluates, and
// draws what it learned. Expect a test loss of 105.6 +- 0.5 nats per image on MNIST after 10 epochs with the default
// options, and a training loss of 156 +- 2 with --arch conv.
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
#include "core/ops/random.h"
#include "core/tape.h"
#include "core/train/interrupt.h"

namespace sinter {
namespace {

const Stopwatch since_start_of_program;

/// A convolutional model keeps its widest images for all of them at a time.
Index evaluation_batch(const VaeOptions& model) { return model.architecture == VaeArchitecture::conv ? 100 : 500; }

/// The next batch, with labels for a conditional model.
bool next_batch(Loader& batches, const Vae& vae, Tensor& images, Buffer<std::int32_t>& labels) {
    return batches.next(images, vae.options().classes > 0 ? &labels : nullptr);
}

/// The losses of a VAE in nats per image, averaged over images.
Means loss_means() { return Means{"loss", "recon", "kl"}; }

/// The mean losses over the test images, with noise that depends on seed and epoch alone.
Means evaluate(Vae& vae, Loader& batches, std::uint64_t seed, std::int64_t epoch) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae);
    Generator noise(seed, vae.device(), draws::kEvaluation);
    Means means = loss_means();
    Tensor images;
    Buffer<std::int32_t> labels;
    batches.start_epoch(0);
    for (std::uint64_t batch = 0; next_batch(batches, vae, images, labels); ++batch) {
        noise.start_step(static_cast<std::uint64_t>(epoch) << 32 | batch);
        const Vae::Losses losses = vae.losses(images, noise, {}, labels);
        means.add({losses.total.item(), losses.reconstruction.item(), losses.kl.item()}, images.size(0));
    }
    return means;
}

/// A training run: everything that lives from step to step.
class Training {
public:
    Training(CLI::App& app, const MnistVaeOptions& options)
        : options_(options),
          device_(choose_device(options)),
          profiled_(profiled_steps(options)),
          data_(find_training_data(options, {options.size, options.size, options.channels})),
          init_(options.seed, device_, draws::kInitialisation),
          noise_(options.seed, device_),
          vae_(vae_options(options, data_.train), init_),
          optimizer_(make_optimizer(options, vae_)),
          train_batches_(data_.train, device_,
                         {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed}),
          test_batches_(data_.test, device_, {.batch_size = evaluation_batch(vae_.options())}),
          pictures_(vae_, data_.test, options.seed),
          beta_(Tensor::full({1}, options.beta, device_)),
          schedule_(make_schedule(options, train_batches_.batches())),
          part_{"", &vae_, optimizer_.get()} {
        record_latent(app, vae_.options());
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
        while (at_.epoch <= options_.epochs) {
            train_batches_.start_epoch(at_.epoch, at_.position);
            progress.begin_epoch(static_cast<int>(at_.epoch), at_.position);
            const Stopwatch since_epoch_start;
            while (next_batch()) {
                step();
                progress.update(images_.size(0), [&] { return std::array{ProgressValue{"loss", at_.means["loss"]}}; });
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
        fmt::print(stderr, "{}, {} parameters, on {} with {} thread{}\n", describe(vae_.options()),
                   vae_.parameter_count(), device_.name(), cpu_threads(), cpu_threads() == 1 ? "" : "s");
    }

    bool next_batch() {
        profile_.set_active(profiled_.contains(at_.step));
        profile_.phase("batch");
        return sinter::next_batch(train_batches_, vae_, images_, labels_);
    }

    /// One training step on the batch.
    void step() {
        ++at_.step;
        noise_.start_step(static_cast<std::uint64_t>(at_.step));
        optimizer_->clear_gradients();

        profile_.phase("forward");
        const Vae::Losses losses = vae_.losses(images_, noise_, beta(), labels_);
        if (!std::isfinite(losses.total.item())) diverged();

        profile_.phase("backward");
        backward(losses.total);

        profile_.phase("optimizer");
        optimizer_->step(options_.lr * schedule_.factor(at_.step - 1), options_.clip_norm);
        profile_.phase(nullptr);

        at_.position = train_batches_.position();
        const double recon = losses.reconstruction.item(), kl = losses.kl.item();
        at_.means.add({recon + kl, recon, kl}, images_.size(0));
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

    [[noreturn]] void diverged() {
        explain_divergence(run_ ? &*run_ : nullptr, at_, {&part_, 1}, [&] {
            noise_.start_step(static_cast<std::uint64_t>(at_.step));
            backward(vae_.losses(images_, noise_, beta(), labels_).total);
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

    void save() { save_run(*run_, {&part_, 1}, fixed_facts(), at_); }

    ExitCode interrupted() {
        save();
        fmt::print(stderr, "interrupted at step {}; saved. Go on with: --resume --out {}\n", at_.step,
                   run_->path().string());
        return ExitCode::interrupted;
    }

    ExitCode dry_run() {
        train_batches_.start_epoch(1);
        next_batch();
        step();
        fmt::print(
            "would train {} epochs of {} steps of {} images; the first step has a loss of {:.2f} nats per image; "
            "nothing was "
            "written\n",
            options_.epochs, train_batches_.batches(), train_batches_.batch_size(), at_.means["loss"]);
        return ExitCode::ok;
    }

    void report() {
        pictures_.finals([&](const std::string& name) { return run_->sample(name); });
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
    Tensor images_;
    Buffer<std::int32_t> labels_;
    Tensor beta_;
    Schedule schedule_;
    CheckpointPart part_;
    RunState at_{loss_means()};
    std::optional<RunFolder> run_;
    StepProfile profile_;
    bool first_step_told_ = false;
};

/// A model as a checkpoint has it.
std::unique_ptr<Vae> load_model(const std::string& checkpoint, Device device) {
    Generator init(0, device);
    auto vae = std::make_unique<Vae>(model_from_facts(read_checkpoint_facts(checkpoint), checkpoint), init);
    const CheckpointPart part{"", vae.get(), nullptr};
    load_checkpoint(checkpoint, {&part, 1});
    return vae;
}

/// --evaluate: the test loss of a checkpoint on images fitted to its model, and its pictures if --out is given.
ExitCode evaluate_checkpoint(const MnistVaeOptions& options) {
    const Device device = choose_device(options);
    const std::unique_ptr<Vae> vae = load_model(options.evaluate, device);
    const VaeOptions& model = vae->options();
    const DataSplits data = find_training_data(options, {model.height, model.width, model.channels});
    if (model.classes > 0 && model.classes != data.test.classes) {
        throw DataError(fmt::format("{}: the model knows {} classes, '{}' has {}; give its data with --data",
                                    options.evaluate, model.classes, data.test.name, data.test.classes));
    }
    Loader batches(data.test, device, {.batch_size = evaluation_batch(model)});
    const Means test = evaluate(*vae, batches, options.seed, 0);
    const std::string line = format_metrics_line(std::array<MetricField, 5>{{{"split", "test"},
                                                                             {"images", test.images()},
                                                                             {"loss", test["loss"]},
                                                                             {"recon", test["recon"]},
                                                                             {"kl", test["kl"]}}});
    fmt::print("{}", line);
    if (options.out.empty()) return ExitCode::ok;
    const std::filesystem::path out = options.out;
    ensure_folder(out);
    VaePictures pictures(*vae, data.test, options.seed);
    pictures.samples(out / "samples.png");
    pictures.reconstructions(out / "reconstructions.png");
    pictures.finals([&](const std::string& name) { return out / (name + ".png"); });
    fmt::print(stderr, "pictures: {}\n", out.string());
    return ExitCode::ok;
}

/// --sample: images decoded from the prior, of a conditional model of all classes in turn.
ExitCode sample_checkpoint(const MnistVaeOptions& options) {
    const NoGrad no_grad;
    const Device device = choose_device(options);
    const std::unique_ptr<Vae> vae = load_model(options.sample.checkpoint, device);
    const Index classes = vae->options().classes;
    prepare_sample_folder(options.out);
    Generator noise(options.seed, device, draws::kPictures);
    const auto label = [&](Index image) { return static_cast<std::int32_t>(image % classes); };
    const auto draw = [&](Index batch) {
        noise.start_step(static_cast<std::uint64_t>(batch));
        std::vector<std::int32_t> labels;
        for (Index i = 0; classes > 0 && i < kSampleBatch; ++i) labels.push_back(label(batch * kSampleBatch + i));
        return vae->decode(random_normal({kSampleBatch, vae->options().latent}, 0, 1, noise),
                           Buffer<std::int32_t>(std::span<const std::int32_t>(labels), device));
    };
    const auto class_of = [&](Index image) { return classes > 0 ? std::to_string(label(image)) : ""; };
    write_samples(options.out, options.sample.count, draw, class_of);
    fmt::print("{} images: {}\n", options.sample.count, options.out);
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    CLI::App app("Trains a variational autoencoder on MNIST or other images, and draws what it learned.", "mnist_vae");
    MnistVaeOptions options;
    add_vae_options(app, options);
    return run_program(app, arguments_with_resumed_config(argc, argv), [&] {
        if (!options.evaluate.empty()) return evaluate_checkpoint(options);
        if (!options.sample.checkpoint.empty()) return sample_checkpoint(options);
        check_run_folder(options);
        Training training(app, options);
        return training.run();
    });
}
