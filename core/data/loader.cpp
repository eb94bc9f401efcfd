#include "core/data/loader.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <vector>

#include "core/call.h"
#include "core/check.h"
#include "core/random.h"
#include "kernels/gather.h"
#include "kernels/random.h"

namespace sinter {
namespace {

/// The kernels that look a label up trust it: an embedding of so many classes has no row for any other.
void require_labels(const ImageSet& images) {
    require(images.labels.empty() || std::ssize(images.labels) == images.count,
            "[loader] the image set '{}' has {} images and {} labels; expected one each, or none", images.name,
            images.count, images.labels.size());
    const auto wrong = std::find_if(images.labels.begin(), images.labels.end(),
                                    [&](std::uint8_t label) { return label >= images.classes; });
    if (wrong == images.labels.end()) return;
    throw DataError(fmt::format("[loader] image {} of the set '{}' has the label {}; expected one below its {} classes",
                                wrong - images.labels.begin(), images.name, *wrong, images.classes));
}

}  // namespace

Loader::Loader(const ImageSet& images, Device device, const LoaderOptions& options)
    : options_(options),
      count_(images.count),
      height_(images.height),
      width_(images.width),
      channels_(images.channels),
      batch_size_(std::min(options.batch_size, images.count)),
      device_epoch_(1, device),
      augmentation_step_(1, device),
      device_position_(1, device) {
    require(count_ > 0, "[loader] the image set '{}' is empty", images.name);
    require_labels(images);
    require(options.batch_size > 0, "[loader] expected a batch size of at least 1, got {}", options.batch_size);
    require(options.shift >= 0 && options.shift < std::min(height_, width_),
            "[loader] expected a shift by less pixels than the {} that the images of '{}' are long, got {}",
            std::min(height_, width_), images.name, options.shift);
    const Index resident = images.file ? batch_size_ : count_;
    if (images.file) {
        prefetcher_ = std::make_unique<Prefetcher>(images, batch_size_, options.shuffle, options.seed);
        pixels_ = Buffer<std::uint8_t>(resident * images.bytes_per_image(), device);
        labels_ = Buffer<std::uint8_t>(images.labels.empty() ? 0 : resident, device);
    } else {
        pixels_ = Buffer<std::uint8_t>(std::span<const std::uint8_t>(images.pixels), device);
        labels_ = Buffer<std::uint8_t>(std::span<const std::uint8_t>(images.labels), device);
    }
    std::vector<std::int32_t> order(static_cast<std::size_t>(resident));
    std::iota(order.begin(), order.end(), 0);
    order_ = Buffer<std::int32_t>(std::span<const std::int32_t>(order), device);
    start_epoch(0);
}

void Loader::start_epoch(std::int64_t epoch, Index position) {
    require(position >= 0 && position <= count_, "[loader] position {} is outside the {} images", position, count_);
    epoch_ = epoch;
    position_ = position;
    if (prefetcher_) {
        prefetcher_->start_epoch(epoch, position);
    } else if (options_.shuffle) {
        draw_order();
    }
}

void Loader::draw_order() {
    const std::uint64_t number = static_cast<std::uint64_t>(epoch_);
    device_epoch_.upload({&number, 1});
    call(kernel::random_permutation, order_, count_,
         kernels::RandomAddress{options_.seed, draws::kDataOrder, device_epoch_.data()});
}

bool Loader::next(Tensor& images, Buffer<std::int32_t>* labels) {
    if (advance() == 0) return false;
    gather(images, labels);
    return true;
}

Index Loader::advance() {
    batch_ = std::min(batch_size_, count_ - position_);
    if (options_.drop_last && batch_ < batch_size_) batch_ = 0;
    if (batch_ == 0) return 0;
    const Index first = prefetcher_ ? 0 : position_;
    device_position_.upload({&first, 1});
    if (prefetcher_) {
        const Prefetcher::Batch read = prefetcher_->next();
        pixels_.upload(read.pixels);
        if (!read.labels.empty()) labels_.upload(read.labels);
    }
    if (options_.flip || options_.shift > 0) {
        // Epoch and position are the address: a resumed run mirrors and moves the same images.
        const std::uint64_t step = static_cast<std::uint64_t>(epoch_) << 32 | static_cast<std::uint64_t>(position_);
        augmentation_step_.upload({&step, 1});
    }
    position_ += batch_;
    return batch_;
}

void Loader::gather(Tensor& images, Buffer<std::int32_t>* labels) {
    require(!labels || labels_.count() > 0,
            "[loader] asked for labels, but the image set has none; use one with labels");
    const Shape shape{batch_, height_, width_, channels_};
    const auto prepare = [&](Tensor& tensor) {
        if (!tensor.defined() || tensor.shape() != shape) tensor = Tensor::empty(shape, pixels_.device());
    };
    prepare(images);
    // Each tensor is written from the one before.
    if (options_.shift > 0) prepare(unshifted_);
    const Tensor& upright = options_.shift > 0 ? unshifted_ : images;
    if (options_.flip) {
        prepare(unflipped_);
        gather_images(unflipped_);
        flip(upright, unflipped_);
    } else {
        gather_images(upright);
    }
    if (options_.shift > 0) shift(images, unshifted_);
    if (labels) {
        if (labels->count() != batch_) *labels = Buffer<std::int32_t>(batch_, pixels_.device());
        call(kernel::gather_labels, *labels, SomeOf{labels_, batch_}, SomeOf{order_, batch_}, device_position_, batch_);
    }
}

void Loader::gather_images(const Tensor& images) {
    call(kernel::gather_images, images, SomeOf{pixels_, images.count()}, SomeOf{order_, batch_}, device_position_,
         kernels::MatrixShape{batch_, height_ * width_ * channels_}, options_.range.scale, options_.range.offset);
}

void Loader::flip(const Tensor& to, const Tensor& from) {
    call(kernel::flip_horizontal, to, from, kernels::ImageShape{to.size(0), height_, width_, channels_},
         kernels::RandomAddress{options_.seed, draws::kDataFlips, augmentation_step_.data()});
}

void Loader::shift(const Tensor& to, const Tensor& from) {
    call(kernel::shift_images, to, from, kernels::ImageShape{to.size(0), height_, width_, channels_}, options_.shift,
         options_.range.offset, kernels::RandomAddress{options_.seed, draws::kDataShifts, augmentation_step_.data()});
}

}  // namespace sinter
