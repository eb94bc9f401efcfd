// Convolutional classifiers, whose features are what judges generated images: see core/statistics/frechet.h. The small
// one is after LeCun et al. (1998), with batch normalisation; the deep one, for colour, after VGG (Simonyan &
// Zisserman, arXiv:1409.1556), with batch normalisation and global average pooling (Lin et al., arXiv:1312.4400).
//
//     small: image -> [convolution 5x5 of stride 2, batch norm, ReLU] twice -> dropout -> dense, ReLU = features ->
//            dropout -> logits
//     deep:  image -> three stages of [convolution 3x3, batch norm, ReLU] twice, each with twice the channels of the
//            last, and a maximum over 2x2 pixels -> convolution 3x3, batch norm, ReLU -> mean over pixels = features ->
//            dropout -> logits
#pragma once

#include "core/names.h"
#include "core/nn/layers.h"
#include "core/random.h"

namespace sinter {

enum class ClassifierArchitecture {
    small,  ///< two convolutions and a dense layer: digits
    deep    ///< seven convolutions: photographs
};
inline constexpr Named<ClassifierArchitecture> kClassifierArchitectures[] = {
    {"small", ClassifierArchitecture::small, "for digits and other drawings"},
    {"deep", ClassifierArchitecture::deep, "for photographs"}};

struct ClassifierOptions {
    ClassifierArchitecture architecture = ClassifierArchitecture::small;
    Index height = 28, width = 28, channels = 1;  ///< of the images: at least 8 pixels a side
    Index classes = 10;
    Index base_width = 32;  ///< channels of the first convolution
    Index features = 128;
    double dropout = 0.3;
};

class Classifier final : public Module {
public:
    /// Draws the weights from `init`, the small one's as PyTorch does, and lives on its device; `noise` gives the
    /// dropout masks and must outlive the classifier. Throws UsageError for sizes that make no network.
    Classifier(const ClassifierOptions& options, Generator& init, Generator& noise);

    const ClassifierOptions& options() const { return options_; }

    struct Output {
        Tensor features;  ///< [batch, features], not negative
        Tensor logits;    ///< [batch, classes]
    };
    /// What it sees in images [batch, height, width, channels] in [0, 1].
    Output classify(const Tensor& images);

private:
    void add_small_body(Generator& init, Generator& noise);
    void add_deep_body(Generator& init);

    ClassifierOptions options_;
    Sequential body_, head_;
};

}  // namespace sinter
