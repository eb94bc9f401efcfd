#include "apps/vae/evaluate.h"

#include <vector>

#include "core/random.h"
#include "core/statistics/latent_codes.h"
#include "core/tape.h"

namespace sinter {

Index evaluation_batch(const VaeOptions& model) {
    switch (model.architecture) {
        case VaeArchitecture::conv:
        case VaeArchitecture::dcgan:
            return 100;  // it keeps its widest images for all of a batch at a time
        case VaeArchitecture::dense:
            break;
    }
    return 500;
}

Means evaluate(Vae& vae, Loader& batches, std::uint64_t seed, std::int64_t epoch) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae);
    Generator noise(seed, vae.device(), draws::kEvaluation);
    Means means;
    Tensor images;
    Buffer<std::int32_t> labels;
    Buffer<std::int32_t>* const wanted_labels = vae.options().classes > 0 ? &labels : nullptr;
    batches.start_epoch(0);
    for (std::uint64_t batch = 0; batches.next(images, wanted_labels); ++batch) {
        noise.start_step(static_cast<std::uint64_t>(epoch) << 32 | batch);
        const Vae::Losses losses = vae.losses(images, noise, {}, labels);
        const NamedNumber numbers[] = {
            {"loss", losses.negative_elbo.item()}, {"recon", losses.reconstruction.item()}, {"kl", losses.kl.item()}};
        means.add(numbers, images.size(0));
    }
    return means;
}

double count_active_units(Vae& vae, Loader& batches, Index images) {
    const NoGrad no_grad;
    const Evaluating evaluating(vae);
    std::vector<float> heads;
    Tensor batch;
    Buffer<std::int32_t> labels;
    Buffer<std::int32_t>* const wanted_labels = vae.options().classes > 0 ? &labels : nullptr;
    batches.start_epoch(0);
    while (batches.position() < images && batches.next(batch, wanted_labels)) {
        const std::vector<float> some = vae.heads(batch, labels).to_floats();
        heads.insert(heads.end(), some.begin(), some.end());
    }
    return static_cast<double>(latent_units(heads, vae.options().latent).active);
}

}  // namespace sinter
