// How a VAE's training goes wrong without a number that is not finite.
#pragma once

#include <optional>
#include <string_view>

#include "apps/training/means.h"
#include "apps/training/trouble.h"
#include "core/tensor.h"

namespace sinter {

/// Whether the posterior has collapsed to the prior over a whole epoch, whose mean of kl is given: the codes of a model
/// with `latent` units then say nothing about their images. `active_units`, where it was measured: how many units say
/// something (Burda et al., arXiv:1509.00519). `advice`: what the program says to try.
Finding find_collapse(const Means& epoch, Index latent, std::optional<double> active_units = {},
                      std::string_view advice =
                          "a lower --beta, --kl-warmup 5, a smaller --lr or a smaller decoder "
                          "(--hidden)");

}  // namespace sinter
