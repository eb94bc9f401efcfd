// --preset: settings of a GAN's training that go together, for whatever is not given.
#pragma once

#include "core/names.h"
#include "models/gan/gan.h"
#include "models/gan/gan_losses.h"

namespace sinter {

enum class GanPreset { sinter, tutorial, radford, sngan };
inline constexpr Named<GanPreset> kGanPresets[] = {{"sinter", GanPreset::sinter, "what draws well soonest"},
                                                   {"tutorial", GanPreset::tutorial, "TensorFlow's"},
                                                   {"radford", GanPreset::radford, "the DCGAN paper"},
                                                   {"sngan", GanPreset::sngan, "the paper on spectral normalisation"}};

struct GanRecipe {
    int epochs = 25, batch_size = 128;
    double lr_g = 2e-4, lr_d = 2e-4;
    double beta1 = 0.5, beta2 = 0.999;  ///< of Adam
    double ema = 0;
    GanLoss loss = GanLoss::logistic;
    bool simultaneous = false;
    std::int64_t n_critic = 1;
    DiscriminatorNorm norm = DiscriminatorNorm::none;
};

/// What the preset sets for networks of this architecture and images of this size.
GanRecipe recipe_of(GanPreset preset, GanArchitecture architecture, Index size);

/// What the presets set, for --help.
extern const char* const kPresetHelp;

}  // namespace sinter
