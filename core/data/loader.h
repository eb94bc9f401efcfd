// Batches from a data set that lives on the device as bytes: one gather-and-scale kernel a batch, driven by a
// permutation that is itself drawn on the device from the same counters as all other random numbers.
#pragma once

#include <cstdint>

#include "core/buffer.h"
#include "core/data/image_set.h"
#include "core/tensor.h"

namespace sinter {

/// How bytes become reals: scale * byte + offset.
struct PixelRange {
    double scale = 1.0 / 255;
    double offset = 0;
};
inline constexpr PixelRange kUnitPixels{1.0 / 255, 0};     ///< [0, 1]
inline constexpr PixelRange kSignedPixels{2.0 / 255, -1};  ///< [-1, 1]

/// Walks over an image set in batches, in a new order every epoch or in file order. The last batch of an epoch is
/// smaller where the batch size does not divide the set.
class Loader {
public:
    /// The order of epoch e depends on `seed` and e alone.
    Loader(const ImageSet& images, Device device, Index batch_size, bool shuffle, std::uint64_t seed = 0,
           PixelRange range = kUnitPixels);

    /// Goes to image `position` of epoch `epoch`.
    void start_epoch(std::int64_t epoch, Index position = 0);

    /// Writes the next batch, [batch, height * width * channels], into `images`, whose memory is used again where the
    /// allows (so call it after backward() has used the last batch); false at the end of the epoch.
    bool next(Tensor& images);

    Index position() const { return position_; }
    Index count() const { return count_; }
    Index batch_size() const { return batch_size_; }
    Index batches() const { return (count_ + batch_size_ - 1) / batch_size_; }

private:
    Index count_, image_size_, batch_size_;
    bool shuffle_;
    std::uint64_t seed_;
    PixelRange range_;
    Index position_ = 0;
    Buffer<std::uint8_t> pixels_;
    Buffer<std::int32_t> order_;
    Buffer<std::uint64_t> device_epoch_;
    Buffer<std::int64_t> device_position_;
};

}  // namespace sinter
