// The likelihood of a VAE on its test images, by the protocol of published numbers, with what its codes carry.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/measures/measured.h"
#include "apps/training/image_options.h"
#include "core/device.h"
#include "core/options/option_list.h"
#include "models/vae/vae_likelihood.h"

namespace sinter {

struct LikelihoodOptions {
    std::int64_t samples = 0;  ///< --nll: K; 0: not asked for
    std::int64_t images = 0;   ///< --nll-images: the first so many test images; 0: all
};
/// Describes --nll and --nll-images.
void describe(OptionList& list, LikelihoodOptions& options);

/// What was found, and how.
struct LikelihoodReport {
    VaeLikelihood found;
    std::string checkpoint, data;       ///< the file, and the test set's name
    std::string pixels;                 ///< what they were when they were measured, in words
    std::int64_t test_images = 0;       ///< all that there are
    std::uint64_t seed = 0;             ///< of the samples
    std::vector<std::string> warnings;  ///< what speaks against all numbers
    double seconds = 0;                 ///< that the bound took
};

/// Measures the VAE of a checkpoint on the test images that find_checkpoint_data() finds, which are binarised as the
/// run's were. Progress goes to stderr. Throws UsageError where `asked` has no samples, DataError where the file is
/// damaged or of another kind of model, the data does not fit it, or its numbers are not finite.
LikelihoodReport measure_likelihood(const std::string& checkpoint, const OptionList& list, const DataOptions& options,
                                    const LikelihoodOptions& asked, std::uint64_t seed, Device device);

/// The numbers: nll (loss for grey pixels), elbo, bits_per_dim, distortion, rate, mutual_information, marginal_kl,
/// active_units; and the curve, nll_1, nll_10, ...
std::vector<Measured> likelihood_measures(const LikelihoodReport& report);

/// How they were found, and what they are and are not, in sentences.
std::string likelihood_protocol(const LikelihoodReport& report);

/// The KL divergence of each unit, the largest first, with the unit's number: "12: 3.21, 4: 2.90, ...".
std::string units_by_kl(const LatentUnits& units);

}  // namespace sinter
