#include "core/optim/balance.h"

#include <limits>

#include "core/call.h"
#include "core/check.h"
#include "kernels/optimizer.h"

namespace sinter {

HeldPlayers hold_players(const BalanceOptions& options, const Tensor& real_cost, const Tensor& fake_cost) {
    require(real_cost.count() == 1 && fake_cost.count() == 1,
            "[hold_players] expected costs of one element, got {} and {}", real_cost.shape(), fake_cost.shape());
    require(options.margin >= 0, "[hold_players] expected a margin of 0 or more, got {}", options.margin);
    const double margin = options.margin > 0 ? options.margin : std::numeric_limits<double>::infinity();
    const kernels::EvenCosts even{options.equilibrium - margin, options.equilibrium + margin};
    const Device device = real_cost.device();
    HeldPlayers held{Tensor::empty({1}, device), Tensor::empty({1}, device)};
    call(kernel::hold_players, held.discriminator, held.generator, real_cost, fake_cost, even);
    return held;
}

}  // namespace sinter
