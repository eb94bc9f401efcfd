#include "models/hybrids/vae_gan.h"

#include "core/check.h"
#include "core/ops/shape.h"

namespace sinter {
namespace {

VaeGanOptions without_dropout(VaeGanOptions options) {
    options.networks.dropout = false;
    return options;
}

}  // namespace

VaeGan::VaeGan(const VaeGanOptions& options, Generator& init)
    : options_(without_dropout(options)),
      encoder_(options_.networks, 2 * options_.networks.latent, init),
      gan_(options_.networks, init, init) {
    options_.networks = gan_.options();
    const Index stages = gan_.feature_stages();
    require(options.feature_layer >= 0 && options.feature_layer <= stages,
            "[vae_gan] expected one of the {} hidden layers of the discriminator, from 1, or 0 for the last, got {}",
            stages, options.feature_layer);
    if (options_.feature_layer == 0) options_.feature_layer = stages;
}

Tensor VaeGan::heads(const Tensor& images, const Buffer<std::int32_t>& labels) {
    return encoder_.forward(images, labels);
}

Tensor VaeGan::encode(const Tensor& images, const Buffer<std::int32_t>& labels) {
    return slice_columns(heads(images, labels), 0, options_.networks.latent);
}

Tensor VaeGan::reconstruct(const Tensor& images, const Buffer<std::int32_t>& labels) {
    return gan_.generate(encode(images, labels), labels);
}

Gan::Judgement VaeGan::judge(const Tensor& images, const Buffer<std::int32_t>& labels) {
    return gan_.judge(images, options_.feature_layer, labels);
}

}  // namespace sinter
