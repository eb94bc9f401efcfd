// mnist_vae: trains a dense or convolutional VAE, conditional or not, on MNIST or other images; resumes, evaluates, and
// draws what it learned. Expect a test loss of 105.6 +- 0.5 nats per image on MNIST after 10 epochs with the default
// options, and a training loss of 156 +- 2 with --arch conv.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "apps/common/program.h"
#include "apps/common/training_run.h"
#include "apps/common/training_setup.h"
#include "apps/mnist_vae/evaluate.h"
#include "apps/mnist_vae/options.h"
#include "apps/mnist_vae/pictures.h"
#include "apps/mnist_vae/sample.h"
#include "core/data/loader.h"
#include "core/tape.h"
#include "core/watch.h"

namespace sinter {
namespace {

/// What trains: the model and all that lives from step to step.
class Training final : public TrainingStep {
public:
    Training(const OptionList& list, MnistVaeOptions& options)
        : options_(options),
          device_(choose_device(options)),
          data_(find_training_data(options, {options.size, options.size, options.channels})),
          init_(options.seed, device_, draws::kInitialisation),
          noise_(options.seed, device_),
          vae_(fitted(list, options, data_.train).model, init_),
          optimizer_(make_optimizer(options, vae_)),
          train_batches_(data_.train, device_,
                         {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed}),
          test_batches_(data_.test, device_, {.batch_size = evaluation_batch(vae_.options())}),
          pictures_(vae_, data_.test, options.seed),
          guard_(device_),
          run_(options, train_batches_, {.means = loss_means(), .with_labels = vae_.options().classes > 0}) {
        if (options.beta != 1 || options.kl_warmup > 0) beta_ = Tensor::full({1}, options.beta, device_);
        introduce(fmt::format("{}, {} parameters", describe(vae_.options()), vae_.parameter_count()), device_);
        run_.open(list, {{"", &vae_, optimizer_.get()}}, training_facts(list, data_.train));
    }

    ExitCode run() {
        if (options_.dry_run) return dry_run();
        while (run_.begin_epoch()) {
            if (!run_.take_steps(*this)) return run_.interrupted();
            const Means& train = run_.means();
            const Means test = evaluate(vae_, test_batches_, options_.seed, run_.epoch());
            run_.sum_up_epoch({{"train", train.fields()}, {"test", test.fields()}},
                              {{"train", train["loss"]}, {"test", test["loss"]}});
            if (run_.pictures_are_due()) draw();
            run_.end_epoch();
        }
        report();
        return ExitCode::ok;
    }

    void prepare(std::int64_t step) override {
        noise_.start_step(static_cast<std::uint64_t>(step));
        optimizer_->prepare(options_.lr * run_.rate_factor());
        if (!beta_.defined()) return;
        const double warmup_steps = options_.kl_warmup * static_cast<double>(train_batches_.batches());
        const double risen = warmup_steps > 0 ? std::min(1.0, static_cast<double>(step) / warmup_steps) : 1.0;
        const float now = static_cast<float>(options_.beta * risen);
        beta_.assign(std::span<const float>(&now, 1));
    }

    Tensor pass() override {
        const auto& [images, labels] = run_.batch();
        optimizer_->clear_gradients();

        run_.phase("forward");
        const Vae::Losses losses = vae_.losses(images, noise_, beta_, labels);
        const Tensor numbers = guard_.gather({losses.total, losses.reconstruction, losses.kl}, 1);

        run_.phase("backward");
        backward(losses.total);

        run_.phase("optimizer");
        optimizer_->apply(options_.clip_norm, &guard_);
        return numbers;
    }

    /// The loss that is told has the whole KL divergence, whatever its weight in training.
    void record(StepValues values, Index images) override {
        const double recon = values[1], kl = values[2];
        run_.means().add({recon + kl, recon, kl}, images);
    }

private:
    void draw() {
        const std::string name = fmt::format("epoch-{:03}", run_.epoch());
        pictures_.samples(run_.folder().sample(name));
        pictures_.reconstructions(run_.folder().reconstruction(name));
    }

    static const MnistVaeOptions& fitted(const OptionList& list, MnistVaeOptions& options, const ImageSet& images) {
        fit_model(list, options, images);
        return options;
    }

    ExitCode dry_run() {
        return run_.dry_run(*this,
                            [&] { return fmt::format("a loss of {:.2f} nats per image", run_.means()["loss"]); });
    }

    void report() {
        RunFolder& folder = run_.folder();
        pictures_.finals([&](const std::string& name) { return folder.sample(name); });
        const Means test = evaluate(vae_, test_batches_, options_.seed, options_.epochs);
        fmt::print("test loss {:.2f} nats per image (reconstruction {:.2f}, KL {:.2f}) after {} epoch{}\n",
                   test["loss"], test["recon"], test["kl"], options_.epochs, options_.epochs == 1 ? "" : "s");
        fmt::print("samples from the prior:   {}\n", (folder.path() / "samples").string());
        fmt::print("originals, rebuilt below: {}\n", (folder.path() / "reconstructions").string());
        fmt::print("numbers of every epoch:   {}\n", (folder.path() / "metrics.jsonl").string());
        fmt::print("checkpoint:               {}\n", folder.checkpoint().string());
    }

    const MnistVaeOptions& options_;
    Device device_;
    DataSplits data_;
    Generator init_, noise_;
    Vae vae_;
    std::unique_ptr<Optimizer> optimizer_;
    Loader train_batches_, test_batches_;
    VaePictures pictures_;
    Tensor beta_;  ///< weight of the KL divergence; undefined where it is 1 in every step
    UpdateGuard guard_;
    TrainingRun run_;
};

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
        if (!options.evaluate.empty()) return evaluate_checkpoint(options);
        if (!options.sample.checkpoint.empty()) return sample_checkpoint(options);
        check_run_options(options);
        Training training(list, options);
        return training.run();
    });
}
