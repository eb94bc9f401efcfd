// classifier: trains a small convolutional classifier, tests it, and lets it judge generated images. Expect a test
// accuracy of 99.1 +- 0.1 % on MNIST after 5 epochs with the default options.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "apps/classifier/judge.h"
#include "apps/classifier/options.h"
#include "apps/classifier/responses.h"
#include "apps/common/divergence.h"
#include "apps/common/program.h"
#include "apps/common/run_state.h"
#include "apps/common/step_profile.h"
#include "apps/common/stopwatch.h"
#include "apps/common/training_setup.h"
#include "core/io/progress.h"
#include "core/ops/loss.h"
#include "core/tape.h"
#include "core/train/interrupt.h"

namespace sinter {
namespace {

/// A training run: everything that lives from step to step.
class Training {
public:
    Training(const CLI::App& app, const ClassifierProgramOptions& options)
        : options_(options),
          device_(choose_device(options)),
          profiled_(profiled_steps(options)),
          data_(find_training_data(options,
                                   {.height = options.size, .width = options.size, .channels = options.channels})),
          init_(options.seed, device_, draws::kInitialisation),
          noise_(options.seed, device_),
          classifier_(classifier_options(data_.train), init_, noise_),
          optimizer_(make_optimizer(options, classifier_)),
          train_batches_(data_.train, device_,
                         {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed}),
          test_batches_(data_.test, device_, {.batch_size = kEvaluationBatch}),
          schedule_(make_schedule(options, train_batches_.batches())),
          part_{"", &classifier_, optimizer_.get()} {
        introduce();
        if (options.dry_run) return;
        run_.emplace(open_run_folder(app, options));
        if (options.resume) resume_run(*run_, {&part_, 1}, fixed_facts(), options, data_.train.count, at_);
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
            const Score test = evaluate();
            at_.seconds = seconds_before + since_start.seconds();
            write_metrics(test);
            progress.end_epoch({{"train", at_.means["loss"]}, {"test", test.loss}, {"accuracy", test.accuracy}});
            const bool save_now = is_due(options_.save_every, at_.epoch, options_);
            at_.begin_next_epoch();
            if (save_now) save();
        }
        report();
        return ExitCode::ok;
    }

private:
    void introduce() {
        fmt::print(stderr, "classifier of {} classes with {} features, {} parameters, on {} with {} thread{}\n",
                   data_.train.classes, classifier_.options().features, classifier_.parameter_count(), device_.name(),
                   cpu_threads(), cpu_threads() == 1 ? "" : "s");
    }

    bool next_batch() {
        profile_.set_active(profiled_.contains(at_.step));
        profile_.phase("batch");
        return train_batches_.next(images_, &labels_);
    }

    /// Nats per image of the batch.
    Tensor loss() {
        return softmax_cross_entropy(classifier_.classify(images_).logits, labels_,
                                     1.0 / static_cast<double>(images_.size(0)));
    }

    /// One training step on a batch.
    void step() {
        ++at_.step;
        noise_.start_step(static_cast<std::uint64_t>(at_.step));
        optimizer_->clear_gradients();

        profile_.phase("forward");
        const Tensor batch_loss = loss();
        if (!std::isfinite(batch_loss.item())) diverged();

        profile_.phase("backward");
        backward(batch_loss);

        profile_.phase("optimizer");
        optimizer_->step(options_.lr * schedule_.factor(at_.step - 1), options_.clip_norm);
        profile_.phase(nullptr);

        at_.position = train_batches_.position();
        at_.means.add({batch_loss.item()}, images_.size(0));
    }

    [[noreturn]] void diverged() {
        explain_divergence(run_ ? &*run_ : nullptr, at_, {&part_, 1}, [&] {
            noise_.start_step(static_cast<std::uint64_t>(at_.step));
            backward(loss());
        });
    }

    Score evaluate() {
        const Responses responses = respond(classifier_, test_batches_);
        if (!all_finite(responses))
            explain_divergence(run_ ? &*run_ : nullptr, at_, {&part_, 1}, [&] { respond(classifier_, test_batches_); });
        return score(responses, data_.test.labels);
    }

    void write_metrics(const Score& test) {
        const auto write = [&](std::initializer_list<MetricField> fields) { run_->metrics().write(fields); };
        write({{"step", at_.step},
               {"epoch", at_.epoch},
               {"split", "train"},
               {"loss", at_.means["loss"]},
               {"images_per_second", at_.images_per_second()},
               {"seconds", at_.seconds}});
        write({{"step", at_.step},
               {"epoch", at_.epoch},
               {"split", "test"},
               {"loss", test.loss},
               {"accuracy", test.accuracy},
               {"images_per_second", at_.images_per_second()},
               {"seconds", at_.seconds}});
    }

    /// What must be the same for a run to go on: with another value its numbers would be those of no single run.
    CheckpointFacts fixed_facts() const {
        CheckpointFacts facts = training_facts(options_, data_.train);
        add_model_facts(facts, classifier_.options());
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
            "nothing was written\n",
            options_.epochs, train_batches_.batches(), train_batches_.batch_size(), at_.means["loss"]);
        return ExitCode::ok;
    }

    void report() {
        const Score test = evaluate();
        fmt::print("{}", profile_.table());
        fmt::print("test accuracy {:.2f} %, loss {:.4f} nats per image, after {} epoch{}\n", 100 * test.accuracy,
                   test.loss, options_.epochs, options_.epochs == 1 ? "" : "s");
        fmt::print("numbers of every epoch:   {}\n", (run_->path() / "metrics.jsonl").string());
        fmt::print("checkpoint:               {}\n", run_->checkpoint().string());
    }

    const ClassifierProgramOptions& options_;
    Device device_;
    StepRange profiled_;
    DataSplits data_;
    Generator init_, noise_;
    Classifier classifier_;
    std::unique_ptr<Optimizer> optimizer_;
    Loader train_batches_, test_batches_;
    Schedule schedule_;
    CheckpointPart part_;
    RunState at_{Means{"loss"}};
    std::optional<RunFolder> run_;
    StepProfile profile_;
    Tensor images_;
    Buffer<std::int32_t> labels_;
};

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    CLI::App app("Trains a small convolutional classifier, tests it, and lets it judge generated images.",
                 "classifier");
    ClassifierProgramOptions options;
    add_classifier_options(app, options);
    return run_program(app, arguments_with_resumed_config(argc, argv), [&] {
        if (!options.evaluate.empty()) return evaluate_checkpoint(options);
        if (!options.judge.empty()) return judge_images(options);
        check_run_folder(options);
        Training training(app, options);
        return training.run();
    });
}
