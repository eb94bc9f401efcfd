// --prior gmm:K: the mixture that a VAE's codes are drawn from, fitted to those of its training images once and kept
// beside the checkpoint.
#pragma once

#include <filesystem>
#include <string>

#include "apps/training/image_options.h"
#include "core/device.h"
#include "core/options/option_list.h"
#include "core/shape.h"
#include "models/vae/code_prior.h"

namespace sinter {

struct PriorChoice {
    Index components = 0;  ///< of the mixture; 0: the prior of the training, N(0, I)

    bool is_mixture() const { return components > 0; }
    /// "normal" or "gmm:10", as the option has it.
    std::string text() const;
};

/// Describes --prior.
void describe(OptionList& list, PriorChoice& choice);

/// last.prior.safetensors of last.safetensors.
std::filesystem::path prior_file(const std::filesystem::path& checkpoint);

/// The prior that is asked for, of the VAE in a checkpoint or the last one of a run's folder. A mixture is fitted to
/// the means mu of q(z|x) of the images that the run was trained on, as it had them, one for each class of a
/// conditional VAE. It is kept in prior_file(), and taken from there as long as the checkpoint is byte for byte the
/// same: a file of another model or another number of components, or a damaged one, is fitted again, as a sentence on
/// stderr says. A file that cannot be written is a warning. Throws UsageError where the checkpoint is not one of a VAE,
/// or there are fewer images, of one class, than components. Throws DataError where the training images cannot be
/// found, or the codes are not finite.
CodePrior find_prior(const std::string& checkpoint, const PriorChoice& choice, const DataOptions& options,
                     Device device);

}  // namespace sinter
