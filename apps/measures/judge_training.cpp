#include "apps/measures/judge_training.h"

#include <algorithm>
#include <memory>

#include "apps/measures/classifier_recipe.h"
#include "apps/training/training_setup.h"
#include "core/console.h"
#include "core/count_progress.h"
#include "core/data/loader.h"
#include "core/error.h"
#include "core/losses/loss.h"
#include "core/optim/optimizer.h"
#include "core/optim/schedule.h"
#include "core/tape.h"
#include "core/train/captured_step.h"
#include "core/train/checkpoint.h"
#include "models/classifier/classifier.h"
#include "models/classifier/classifier_options.h"

namespace sinter {
namespace {

constexpr std::uint64_t kSeed = 1;  // of every judge
// Few images are seen more often: a judge of some hundred has learned nothing after the epochs for thousands.
constexpr Index kLeastSteps = 500;

/// How the program classifier trains this model.
TrainingOptions training_of(const ClassifierRecipe& recipe) {
    TrainingOptions options;
    options.epochs = recipe.epochs;
    options.batch_size = recipe.batch_size;
    options.lr = recipe.lr;
    options.lr_schedule = Schedule::Kind::cosine;
    options.warmup_steps = recipe.warmup_steps;
    options.optimizer = recipe.optimizer;
    options.weight_decay = recipe.weight_decay;
    return options;
}

}  // namespace

void train_judge(const ImageSet& images, const DataSplits& data, const CheckpointFacts& more,
                 const std::filesystem::path& file, Device device, bool mirrors, bool show_progress) {
    ClassifierOptions options;
    options.height = images.height;
    options.width = images.width;
    options.channels = images.channels;
    options.classes = images.classes;
    if (images.channels == 3) options.architecture = ClassifierArchitecture::deep;
    const ClassifierRecipe recipe = recipe_for(options, images.count);
    TrainingOptions training = training_of(recipe);
    Generator init(kSeed, device, draws::kInitialisation), noise(kSeed, device);
    Classifier classifier(options, init, noise);
    const std::unique_ptr<Optimizer> optimizer = make_optimizer(training, classifier);
    const UpdateGuard guard(device);
    Loader batches(images, device,
                   {.batch_size = training.batch_size,
                    .shuffle = true,
                    .seed = kSeed,
                    .flip = recipe.flip && mirrors,
                    .shift = recipe.shift});
    training.epochs = std::max<int>(recipe.epochs, static_cast<int>(kLeastSteps / batches.batches()));
    const Schedule schedule = make_schedule(training, batches.batches());
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
        optimizer->clear_gradients();
        backward(loss);
        optimizer->apply(0, &guard);
        return numbers;
    };
    CountProgress progress("Judge", "steps", schedule.total_steps, show_progress);
    for (Index epoch = 1, taken = 0; epoch <= training.epochs; ++epoch) {
        batches.start_epoch(epoch);
        while (const Index size = batches.advance()) {
            noise.start_step(static_cast<std::uint64_t>(taken));
            optimizer->prepare(training.lr * schedule.factor(taken++));
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
