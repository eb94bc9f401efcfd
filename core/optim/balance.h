// The balance of a GAN's two players: who is too far ahead waits for the other (Larsen et al., arXiv:1512.09300, by
// their published code).
#pragma once

#include "core/tensor.h"

namespace sinter {

/// When a player waits. Costs are the discriminator's mean cross-entropies, of which one that knows nothing pays
/// log 2 = 0.69 for real and for fake images.
struct BalanceOptions {
    double equilibrium = 0.68;
    double margin = 0.35;  ///< a cost this far from the equilibrium holds a player; 0: nobody is ever held
};

/// Who is held in a step, for Optimizer::apply(): tensors [1], 1 where it is held, else 0.
struct HeldPlayers {
    Tensor discriminator;  ///< where it pays less than equilibrium - margin for real or for fake images
    Tensor generator;      ///< where it pays more than equilibrium + margin; if both would be held, neither is
};

/// Decides on the device, from costs [1]. Throws UsageError for a negative margin.
HeldPlayers hold_players(const BalanceOptions& options, const Tensor& real_cost, const Tensor& fake_cost);

}  // namespace sinter
