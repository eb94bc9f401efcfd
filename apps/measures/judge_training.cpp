#include "apps/measures/judge_training.h"

#include <fmt/format.h>

#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/count_progress.h"
#include "core/data/loader.h"
#include "core/error.h"
#include "core/ops/loss.h"
#include "core/optim/optimizer.h"
#include "core/optim/schedule.h"
#include "core/tape.h"
#include "core/train/captured_step.h"
#include "core/train/checkpoint.h"
#include "models/classifier.h"
#include "models/classifier_options.h"

namespace sinter {
namespace {

constexpr std::uint64_t kSeed = 1;  // of every judge

struct Recipe {
    int epochs = 5;
    Index batch_size = 128;
    double lr = 1e-3;
};

}  // namespace

void train_judge(const ImageSet& images, const DataSplits& data, const CheckpointFacts& more,
                 const std::filesystem::path& file, Device device, bool show_progress) {
    ClassifierOptions options;
    options.height = images.height;
    options.width = images.width;
    options.channels = images.channels;
    options.classes = images.classes;
    const Recipe recipe;
    Generator init(kSeed, device, draws::kInitialisation), noise(kSeed, device);
    Classifier classifier(options, init, noise);
    Adam optimizer(classifier);
    const UpdateGuard guard(device);
    Loader batches(images, device, {.batch_size = recipe.batch_size, .shuffle = true, .seed = kSeed});
    const Index steps = recipe.epochs * batches.batches();
    const Schedule schedule{.kind = Schedule::Kind::cosine, .total_steps = steps};
    say("training a judge on {} images of {} in {} classes, once: {}\n", images.count, images.name, images.classes,
        file.string());

    Tensor batch;
    Buffer<std::int32_t> labels;
    CapturedStep captured(device);
    const auto step = [&] {
        batches.gather(batch, &labels);
        const Tensor loss =
            softmax_cross_entropy(classifier.classify(batch).logits, labels, 1.0 / static_cast<double>(batch.size(0)));
        const StepNumbers numbers = guard.collect({{"loss", loss}});
        optimizer.clear_gradients();
        backward(loss);
        optimizer.apply(0, &guard);
        return numbers;
    };
    CountProgress progress("Judge", "steps", steps, show_progress);
    for (Index epoch = 1, taken = 0; epoch <= recipe.epochs; ++epoch) {
        batches.start_epoch(epoch);
        while (const Index size = batches.advance()) {
            noise.start_step(static_cast<std::uint64_t>(taken));
            optimizer.prepare(recipe.lr * schedule.factor(taken++));
            captured.run({size}, step);
            progress.count();
        }
    }
    if (guard.proceed().item() == 0)
        throw DivergedError("the training of the judge diverged: a loss was not finite; give one with --classifier");

    OptionList list("classifier");
    describe(list, options);
    CheckpointFacts facts = more;
    facts.merge(training_facts(list, data));
    const CheckpointPart part{"", &classifier, nullptr};
    save_checkpoint(file, {&part, 1}, facts);
}

}  // namespace sinter
