// A small VAE training on the embedded digits, as the tests of whole steps need it.
#pragma once

#include <cstring>
#include <vector>

#include "core/data/formats/digits.h"
#include "core/data/loader.h"
#include "core/ops/arithmetic.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "models/vae/vae.h"

namespace sinter::tests {

/// Everything that a training run holds. Step s of the run draws noise at step s.
struct Training {
    Training(const ImageSet& images, Index batch_size, std::uint64_t seed, const VaeOptions& options = {},
             Device device = Device::cpu())
        : init(seed, device),
          noise(seed, device, 1000),
          vae(options, init),
          adam(vae),
          loader(images, device, {.batch_size = batch_size, .shuffle = true, .seed = seed}) {}

    bool next_batch() { return loader.next(batch, vae.options().classes > 0 ? &labels : nullptr); }

    /// One step on the next batch, from a new epoch where the last has ended; returns the loss before it.
    double step(double learning_rate = 1e-3, const Tensor& beta = {}) {
        if (!next_batch()) {
            loader.start_epoch(++epoch);
            next_batch();
        }
        noise.start_step(static_cast<std::uint64_t>(adam.steps()));
        const Vae::Losses losses = vae.losses(batch, noise, beta, labels);
        adam.clear_gradients();
        backward(losses.total);
        adam.step(learning_rate);
        return losses.total.item();
    }

    void steps(int count) {
        for (int i = 0; i < count; ++i) step();
    }

    /// All parameters, gaps included.
    std::vector<float> parameters() const { return adam.arena().values().to_floats(); }

    Generator init, noise;
    Vae vae;
    Adam adam;
    Loader loader;
    Tensor batch;
    Buffer<std::int32_t> labels;  ///< none unless the model is conditional
    std::int64_t epoch = 0;
};

/// Equal to the bit, NaN included.
inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace sinter::tests
