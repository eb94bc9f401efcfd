// From the common options to what a training run needs: data, optimizer, schedule, and the facts that fix a run.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/common/data_facts.h"
#include "apps/training/training_options.h"
#include "core/data/image_set.h"
#include "core/optim/optimizer.h"
#include "core/optim/schedule.h"
#include "core/train/checkpoint.h"

namespace sinter {

/// The data that --data asks for, its images as options.images asks for them; where that has no size, as `choose_size`
/// says. Says on stderr which data it is. options.data is then the place where it was found, and options.images
/// has the range of 16 bits, for config.toml. Throws as find_data() does.
DataSplits find_training_data(TrainingOptions& options, const ChooseSize& choose_size = {});

/// The images that a model takes.
struct ImageSize {
    std::int64_t height = 0, width = 0, channels = 0;
};

/// The data that a checkpoint was trained on, or other data where --data asks for it.
struct CheckpointData {
    DataSplits data;
    std::string warning;  ///< "not the data it was trained on", or that nobody can tell; else empty
};
/// Finds it, fitted to the model, as that run fitted it where an option is not given: --data, else where the
/// config.toml of the run says, else where find_data() looks. Says on stderr which it is, and the warning. Throws
/// DataError where data that nobody asked for is not that of the checkpoint.
CheckpointData find_checkpoint_data(const std::filesystem::path& checkpoint, const CheckpointFacts& facts,
                                    const OptionList& list, const DataOptions& options, const ImageSize& size);

/// Says on stderr what trains, such as "dense VAE 784-400-20, 652824 parameters", and where.
void introduce(const std::string& model, Device device);

/// The classes of images that --conditional trains on. Throws DataError where they have no labels.
Index labelled_classes(const ImageSet& images);

/// The moment decay rates of Adam and AdamW.
struct Betas {
    double beta1 = 0.9, beta2 = 0.999;
};

/// The optimizer that --optimizer, --weight-decay and --l1 ask for, over the parameters of one module.
std::unique_ptr<Optimizer> make_optimizer(const TrainingOptions& options, const Module& module, Betas betas = {});

/// The learning-rate schedule of the options, over epochs of so many steps.
Schedule make_schedule(const TrainingOptions& options, std::int64_t steps_per_epoch);

/// What must stay the same for a run to go on, since with other values its numbers would be those of no single run: the
/// facts of its program, its options and its data.
CheckpointFacts training_facts(const OptionList& list, const DataSplits& data);

/// Adds the facts that a run of format 1 did not write, as `now` has them: nobody can tell whether they have changed.
void complete_training_facts(CheckpointFacts& facts, const CheckpointFacts& now);

}  // namespace sinter
