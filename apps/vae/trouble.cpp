#include "apps/vae/trouble.h"

#include <fmt/format.h>

namespace sinter {
namespace {

/// Nats of KL divergence a unit. On MNIST, --beta 100 leaves 1e-4 in 20 units and 3e-4 in 2, an untrained dense model
/// has 5e-3, and a trained one 1.2; one unit that says anything has more than 0.1.
constexpr double kCollapsed = 1.5e-3;

}  // namespace

Finding find_collapse(const Means& epoch, Index latent, std::optional<double> active_units, std::string_view advice) {
    Finding finding{"posterior_collapsed"};
    const bool is_silent = epoch["kl"] < kCollapsed * static_cast<double>(latent);
    const bool is_inactive = active_units && *active_units == 0;
    if (!is_silent && !is_inactive) return finding;
    finding.sentence = fmt::format(
        "the posterior has collapsed: the codes say nothing about their images (KL {:.4f} nats per image over the "
        "epoch{}), and the decoder draws from its own; try {}",
        epoch["kl"], is_inactive ? ", no active unit" : "", advice);
    return finding;
}

}  // namespace sinter
