// Batches from a data set. The set lives on the device as bytes. One kernel gathers and scales a batch, in the order of
// a permutation that the device draws from the same counters as all other random numbers. Where the pixels stay in a
// file, a thread reads the batches ahead, in the same order and with the same bits.
#pragma once

#include <cstdint>
#include <memory>

#include "core/buffer.h"
#include "core/data/image_set.h"
#include "core/data/prefetcher.h"
#include "core/tensor.h"

namespace sinter {

/// How bytes become reals: scale * byte + offset.
struct PixelRange {
    double scale = 1.0 / 255;
    double offset = 0;
};
inline constexpr PixelRange kUnitPixels{1.0 / 255, 0};     ///< [0, 1]
inline constexpr PixelRange kSignedPixels{2.0 / 255, -1};  ///< [-1, 1]

struct LoaderOptions {
    Index batch_size = 128;  ///< a set with fewer images is one batch
    bool shuffle = false;    ///< a new order every epoch, else the order of the files
    std::uint64_t seed = 0;
    PixelRange range = kUnitPixels;
    bool drop_last = false;  ///< leave out the last batch of an epoch where it is smaller than the others
    bool flip = false;       ///< mirror half of the images left to right, others every epoch
    Index shift = 0;  ///< move each image by up to so many pixels each way, by others every epoch; black comes in
};

/// Walks over an image set in batches. The order of epoch e depends on the seed and e alone; which images are mirrored
/// and how far each is moved depends on the seed, e, and the place in the epoch where their batch starts.
class Loader {
public:
    /// Throws DataError where a label is not below the classes of the set, because kernels that look labels up rely on
    /// that.
    Loader(const ImageSet& images, Device device, const LoaderOptions& options);

    /// Goes to image `position` of epoch `epoch`.
    void start_epoch(std::int64_t epoch, Index position = 0);

    /// Writes the next batch, [batch, height, width, channels], into `images`, and its labels into `labels` if given.
    /// Their memory is used again where the size allows, so call next() after backward() has used the last batch.
    /// Returns false at the end of the epoch. Throws DataError where the file of the pixels cannot be read.
    bool next(Tensor& images, Buffer<std::int32_t>* labels = nullptr);

    /// The host's part of next(): goes to the next batch and uploads its place. Returns its size; 0 at the end of the
    /// epoch.
    Index advance();
    /// The device's part of next(), which may be recorded and replayed for batches of one size: the images, and labels
    /// if asked for, of the batch that advance() went to.
    void gather(Tensor& images, Buffer<std::int32_t>* labels = nullptr);

    /// Where the batches are.
    Device device() const { return order_.device(); }
    /// Images of this epoch that have been delivered.
    Index position() const { return position_; }
    Index count() const { return count_; }
    Index batch_size() const { return batch_size_; }
    /// Batches of an epoch.
    Index batches() const { return (count_ + (options_.drop_last ? 0 : batch_size_ - 1)) / batch_size_; }

private:
    void draw_order();
    void gather_images(const Tensor& images);
    void flip(const Tensor& to, const Tensor& from);
    void shift(const Tensor& to, const Tensor& from);

    LoaderOptions options_;
    Index count_, height_, width_, channels_, batch_size_;
    Index epoch_ = 0, position_ = 0, batch_ = 0;
    // Where a batch is gathered from: the whole set by its order, or the batch that was read, as it is.
    Buffer<std::uint8_t> pixels_, labels_;
    Buffer<std::int32_t> order_;
    Buffer<std::uint64_t> device_epoch_, augmentation_step_;
    Buffer<std::int64_t> device_position_;
    Tensor unflipped_, unshifted_;
    std::unique_ptr<Prefetcher> prefetcher_;  // null for a set in memory
};

}  // namespace sinter
