// A small convolutional classifier (after LeCun et al., 1998, with batch normalisation). Its features are what judges
// generated images: see core/statistics/frechet.h.
//
//     image -> [convolution 5x5 of stride 2, batch norm, ReLU] twice -> dropout -> dense, ReLU = features -> dropout ->
//     logits
#pragma once

#include "core/nn/layers.h"
#include "core/random.h"

namespace sinter {

struct ClassifierOptions {
    Index height = 28, width = 28, channels = 1;  ///< of the images: at least 8 pixels a side
    Index classes = 10;
    Index base_width = 32;  ///< channels of the first convolution; the second has twice as many
    Index features = 128;
    double dropout = 0.3;
};

class Classifier final : public Module {
public:
    /// Draws the weights from `init`, as PyTorch does, and lives on its device; `noise` gives the dropout masks and
    /// must outlive the classifier. Throws UsageError for sizes that make no network.
    Classifier(const ClassifierOptions& options, Generator& init, Generator& noise);

    const ClassifierOptions& options() const { return options_; }

    struct Output {
        Tensor features;  ///< [batch, features], not negative
        Tensor logits;    ///< [batch, classes]
    };
    /// What it sees in images [batch, height, width, channels] in [0, 1].
    Output classify(const Tensor& images);

private:
    ClassifierOptions options_;
    Sequential body_, head_;
};

}  // namespace sinter
