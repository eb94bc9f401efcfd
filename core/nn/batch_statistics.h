// Running statistics for weights that were not trained themselves.
#pragma once

#include <functional>

#include "core/nn/module.h"

namespace sinter {

/// Replaces the running statistics of every batch normalisation in `module` by their mean over `passes` passes in
/// training mode, of which forward(i) makes the i-th. A moving average of parameters needs this before it is evaluated:
/// neither the statistics of the network it averages nor the average of those are its own (PyTorch has update_bn in
/// torch.optim.swa_utils). Leaves the module in the mode it was in; records nothing.
void estimate_statistics(Module& module, int passes, const std::function<void(int)>& forward);

}  // namespace sinter
