#include "core/data/subset.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/check.h"
#include "core/error.h"
#include "core/random.h"
#include "kernels/permutation.h"

namespace sinter {
namespace {

/// All places of a set, in the order that a seed fixes.
std::vector<std::int64_t> order_of(std::int64_t count, std::uint64_t seed) {
    const kernels::RandomStream stream{seed, draws::kDataChoice, 0};
    const auto size = static_cast<std::uint32_t>(count);
    std::vector<std::int64_t> order(size);
    if (size <= kernels::kMaxShuffled) {
        std::vector<std::int32_t> shuffled(size);
        kernels::shuffle(shuffled.data(), size, stream);
        std::copy(shuffled.begin(), shuffled.end(), order.begin());
        return order;
    }
    const kernels::KeyedPermutation permutation(size, stream);
    for (std::uint32_t i = 0; i < size; ++i) order[i] = static_cast<std::int64_t>(permutation(i));
    return order;
}

void move_into_memory(ImageSet& images) {
    if (!images.file) return;
    std::vector<std::int64_t> all(static_cast<std::size_t>(images.count));
    std::iota(all.begin(), all.end(), 0);
    images = images_at(images, all);
}

}  // namespace

std::vector<std::int64_t> choose_of_each_class(const ImageSet& images, std::int64_t count, std::uint64_t seed) {
    if (images.labels.empty())
        throw DataError(fmt::format("[data] expected images with labels, those of {} have none", images.name));
    std::vector<std::int64_t> chosen, of_class(static_cast<std::size_t>(images.classes));
    for (const std::int64_t place : order_of(images.count, seed)) {
        if (of_class[images.labels[static_cast<std::size_t>(place)]]++ < count) chosen.push_back(place);
    }
    for (std::size_t label = 0; label < of_class.size(); ++label) {
        if (of_class[label] == 0 || of_class[label] >= count) continue;
        throw DataError(
            fmt::format("[data] expected {} training images of each class, {} has {} of class {}; ask for "
                        "less",
                        count, images.name, of_class[label], label));
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

ImageSet images_at(const ImageSet& images, std::span<const std::int64_t> places) {
    ImageSet part;
    part.count = std::ssize(places);
    part.height = images.height;
    part.width = images.width;
    part.channels = images.channels;
    part.classes = images.classes;
    part.name = images.name;
    part.pixels.resize(static_cast<std::size_t>(part.count * part.bytes_per_image()));
    std::uint8_t* to = part.pixels.data();
    for (const std::int64_t place : places) {
        images.read(place, 1, to);
        to += part.bytes_per_image();
        if (!images.labels.empty()) part.labels.push_back(images.labels[static_cast<std::size_t>(place)]);
    }
    return part;
}

void append_images(ImageSet& images, const ImageSet& more) {
    require(images.height == more.height && images.width == more.width && images.channels == more.channels &&
                images.classes == more.classes && images.labels.empty() == more.labels.empty(),
            "[data] expected images of {} like those of {}: one size, and labels of the same classes", more.name,
            images.name);
    move_into_memory(images);
    const std::size_t before = images.pixels.size();
    images.pixels.resize(before + static_cast<std::size_t>(more.count * more.bytes_per_image()));
    more.read(0, more.count, images.pixels.data() + before);
    images.labels.insert(images.labels.end(), more.labels.begin(), more.labels.end());
    images.count += more.count;
}

}  // namespace sinter
