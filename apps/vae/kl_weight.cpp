#include "apps/vae/kl_weight.h"

#include <algorithm>
#include <span>

namespace sinter {

void describe(OptionList& list, KlWeightOptions& options) {
    list.section("Training");
    list.fixed("beta", options.beta, "Weight of the KL divergence").not_negative();
    list.fixed("kl-warmup", options.warmup, "Epochs over which that weight rises from 0").not_negative();
}

KlWeight::KlWeight(const KlWeightOptions& options, std::int64_t steps_per_epoch, Device device)
    : beta_(options.beta), rising_steps_(options.warmup * static_cast<double>(steps_per_epoch)) {
    if (beta_ != 1 || rising_steps_ > 0) tensor_ = Tensor::full({1}, beta_, device);
}

void KlWeight::prepare(std::int64_t step) {
    if (!tensor_.defined()) return;
    const double risen = rising_steps_ > 0 ? std::min(1.0, static_cast<double>(step) / rising_steps_) : 1.0;
    const float now = static_cast<float>(beta_ * risen);
    tensor_.assign(std::span<const float>(&now, 1));
}

}  // namespace sinter
