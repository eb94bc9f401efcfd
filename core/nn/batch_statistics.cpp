#include "core/nn/batch_statistics.h"

#include "core/tape.h"

namespace sinter {

void estimate_statistics(Module& module, int passes, const std::function<void(int)>& forward) {
    const NoGrad no_grad;
    const bool training = module.training();
    module.train(true);
    for (int pass = 0; pass < passes; ++pass) {
        module.set_statistics_momentum(1.0 / (pass + 1));  // the mean so far; the first pass forgets what was there
        forward(pass);
    }
    module.set_statistics_momentum(std::nullopt);
    module.train(training);
}

}  // namespace sinter
