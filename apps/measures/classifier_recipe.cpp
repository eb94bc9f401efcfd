#include "apps/measures/classifier_recipe.h"

#include <algorithm>

namespace sinter {

ClassifierRecipe recipe_for(const ClassifierOptions& model, std::int64_t images) {
    constexpr int kDeepEpochs = 24, kBatch = 128;
    switch (model.architecture) {
        case ClassifierArchitecture::small:
            break;
        case ClassifierArchitecture::deep:
            return {.epochs = kDeepEpochs,
                    .batch_size = kBatch,
                    .lr = 0.1,
                    .optimizer = OptimizerKind::sgd,
                    .weight_decay = 5e-4,
                    .warmup_steps = std::min<std::int64_t>(400, kDeepEpochs * images / kBatch / 10),
                    .flip = model.channels > 1,
                    .shift = std::min(model.height, model.width) / 8};
    }
    return {.epochs = 5,
            .batch_size = kBatch,
            .lr = 1e-3,
            .optimizer = OptimizerKind::adam,
            .weight_decay = 0,
            .warmup_steps = 0,
            .flip = false,
            .shift = 0};
}

}  // namespace sinter
