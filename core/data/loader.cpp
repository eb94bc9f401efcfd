#include "core/data/loader.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/check.h"
#include "core/random.h"
#include "kernels/gather.h"
#include "kernels/random.h"

namespace sinter {
Loader::Loader(const ImageSet& images, Device device, Index batch_size, bool shuffle, std::uint64_t seed,
               PixelRange range)
    : count_(images.count),
      image_size_(images.bytes_per_image()),
      batch_size_(std::min(batch_size, images.count)),
      shuffle_(shuffle),
      seed_(seed),
      range_(range),
      pixels_(std::span<const std::uint8_t>(images.pixels), device),
      order_(images.count, device),
      device_epoch_(1, device),
      device_position_(1, device) {
    require(count_ > 0, "[loader] the image set '{}' is empty", images.name);
    require(batch_size > 0, "[loader] expected a batch size of at least 1, got {}", batch_size);
    if (!shuffle_) {
        std::vector<std::int32_t> order(static_cast<std::size_t>(count_));
        std::iota(order.begin(), order.end(), 0);
        order_.upload(order);
    }
    start_epoch(0);
}

void Loader::start_epoch(std::int64_t epoch, Index position) {
    require(position >= 0 && position <= count_, "[loader] position {} is outside the {} images", position, count_);
    position_ = position;
    if (!shuffle_) return;
    const std::uint64_t number = static_cast<std::uint64_t>(epoch);
    device_epoch_.upload({&number, 1});
    order_.device().run([&](auto& queue) {
        kernels::random_permutation(queue, order_.data(), count_, {seed_, draws::kDataOrder, device_epoch_.data()});
    });
}

bool Loader::next(Tensor& images) {
    const Index batch = std::min(batch_size_, count_ - position_);
    if (batch == 0) return false;
    const Shape shape{batch, image_size_};
    if (!images.defined() || images.shape() != shape) images = Tensor::empty(shape, pixels_.device());
    device_position_.upload({&position_, 1});
    images.device().run([&](auto& queue) {
        kernels::gather_images(queue, images.data(queue), pixels_.data(), order_.data(), device_position_.data(),
                               {batch, image_size_}, range_.scale, range_.offset);
    });
    position_ += batch;
    return true;
}

}  // namespace sinter
