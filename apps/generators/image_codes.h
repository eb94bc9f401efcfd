// A trained model of any program as something that finds codes of images: from the facts of its checkpoint alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "apps/training/training_setup.h"
#include "core/data/loader.h"
#include "core/nn/module.h"

namespace sinter {

/// What an encoder takes and gives.
struct CodesKind {
    std::string file;     ///< the checkpoint
    std::string codes;    ///< what a code is, in words: "the means mu of q(z|x)"
    ImageSize size;       ///< of the images
    Index code_size = 0;  ///< numbers of a code
    Index classes = 0;    ///< more than 0: conditional on a label below it, which no code can be found without
};

class ImageCoder {
public:
    virtual ~ImageCoder() = default;
    ImageCoder(const ImageCoder&) = delete;
    ImageCoder& operator=(const ImageCoder&) = delete;

    const CodesKind& kind() const { return kind_; }

    /// Of images [batch, height, width, channels] in [0, 1], in evaluation mode: the code of each, [batch, code_size].
    Tensor codes(const Tensor& images);
    /// What the layer before the codes gives: [batch, features].
    Tensor features(const Tensor& images);

    /// Gives the batch normalisation of the encoder the statistics of so many batches. One that was not trained has
    /// none of its own.
    void estimate_statistics(Loader& batches, int passes);

protected:
    explicit ImageCoder(CodesKind kind) : kind_(std::move(kind)) {}

private:
    virtual Module& encoder() = 0;
    virtual Tensor find_codes(const Tensor& images) = 0;
    virtual Tensor find_features(const Tensor& images) = 0;

    CodesKind kind_;
};

/// The encoder of a checkpoint, or of the last one of a run's folder. Throws DataError where the file is damaged or of
/// a model that has no encoder.
std::unique_ptr<ImageCoder> load_coder(const std::string& checkpoint, Device device);

/// One of the same kind that learned nothing, as `seed` initialises it: what the codes of a trained one are compared
/// with.
std::unique_ptr<ImageCoder> untrained_coder(const std::string& checkpoint, Device device, std::uint64_t seed);

}  // namespace sinter
