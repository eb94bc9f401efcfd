// classifier: trains a small convolutional classifier, tests it, and lets it judge generated images. Expect a test
// accuracy of 99.1 +- 0.1 % on MNIST after 5 epochs with the default options.
#include <fmt/format.h>

#include <memory>

#include "apps/classifier/judge.h"
#include "apps/classifier/options.h"
#include "apps/classifier/responses.h"
#include "apps/common/program.h"
#include "apps/common/training_run.h"
#include "apps/common/training_setup.h"
#include "core/ops/loss.h"
#include "core/tape.h"
#include "core/watch.h"

namespace sinter {
namespace {

/// What trains: the model and all that lives from step to step.
class Training final : public TrainingStep {
public:
    Training(const OptionList& list, ClassifierProgramOptions& options)
        : options_(options),
          device_(choose_device(options)),
          data_(find_training_data(options,
                                   {.height = options.size, .width = options.size, .channels = options.channels})),
          init_(options.seed, device_, draws::kInitialisation),
          noise_(options.seed, device_),
          classifier_(fitted(options, data_.train).model, init_, noise_),
          optimizer_(make_optimizer(options, classifier_)),
          train_batches_(data_.train, device_,
                         {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed}),
          test_batches_(data_.test, device_, {.batch_size = kEvaluationBatch}),
          guard_(device_),
          run_(options, train_batches_, {.means = Means{"loss"}, .with_labels = true}) {
        introduce(fmt::format("classifier of {} classes with {} features, {} parameters", data_.train.classes,
                              classifier_.options().features, classifier_.parameter_count()),
                  device_);
        run_.open(list, {{"", &classifier_, optimizer_.get()}}, training_facts(list, data_.train));
    }

    ExitCode run() {
        if (options_.dry_run) return dry_run();
        while (run_.begin_epoch()) {
            if (!run_.take_steps(*this)) return run_.interrupted();
            const Means& train = run_.means();
            const Score test = evaluate();
            run_.sum_up_epoch({{"train", train.fields()}, {"test", {{"loss", test.loss}, {"accuracy", test.accuracy}}}},
                              {{"train", train["loss"]}, {"test", test.loss}, {"accuracy", test.accuracy}});
            run_.end_epoch();
        }
        report();
        return ExitCode::ok;
    }

    void prepare(std::int64_t step) override {
        noise_.start_step(static_cast<std::uint64_t>(step));
        optimizer_->prepare(options_.lr * run_.rate_factor());
    }

    Tensor pass() override {
        const auto& [images, labels] = run_.batch();
        optimizer_->clear_gradients();

        run_.phase("forward");
        const Tensor loss = softmax_cross_entropy(classifier_.classify(images).logits, labels,
                                                  1.0 / static_cast<double>(images.size(0)));
        const Tensor numbers = guard_.gather({loss}, 1);

        run_.phase("backward");
        backward(loss);

        run_.phase("optimizer");
        optimizer_->apply(options_.clip_norm, &guard_);
        return numbers;
    }

    void record(StepValues values, Index images) override { run_.means().add({values[0]}, images); }

private:
    Score evaluate() {
        const Responses responses = respond(classifier_, test_batches_);
        if (!all_finite(responses)) run_.diverge([&] { respond(classifier_, test_batches_); });
        return score(responses, data_.test.labels);
    }

    static const ClassifierProgramOptions& fitted(ClassifierProgramOptions& options, const ImageSet& images) {
        fit_model(options, images);
        return options;
    }

    ExitCode dry_run() {
        return run_.dry_run(*this,
                            [&] { return fmt::format("a loss of {:.2f} nats per image", run_.means()["loss"]); });
    }

    void report() {
        const Score test = evaluate();
        fmt::print("test accuracy {:.2f} %, loss {:.4f} nats per image, after {} epoch{}\n", 100 * test.accuracy,
                   test.loss, options_.epochs, options_.epochs == 1 ? "" : "s");
        fmt::print("numbers of every epoch:   {}\n", (run_.folder().path() / "metrics.jsonl").string());
        fmt::print("checkpoint:               {}\n", run_.folder().checkpoint().string());
    }

    const ClassifierProgramOptions& options_;
    Device device_;
    DataSplits data_;
    Generator init_, noise_;
    Classifier classifier_;
    std::unique_ptr<Optimizer> optimizer_;
    Loader train_batches_, test_batches_;
    UpdateGuard guard_;
    TrainingRun run_;
};

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    ClassifierProgramOptions options;
    OptionList list("classifier");
    describe(list, options);
    const char* description = "Trains a small convolutional classifier, tests it, and lets it judge generated images.";
    return run_program(list, description, argc, argv, [&] {
        check_options(options);
        if (!options.evaluate.empty()) return evaluate_checkpoint(options);
        if (!options.judge.empty()) return judge_images(options);
        check_run_options(options);
        Training training(list, options);
        return training.run();
    });
}
