#include "apps/training/pictures.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace sinter {

GridLayout picture_layout(Index count, Index height, Index width, Index channels, Index columns) {
    GridLayout layout;
    layout.count = count;
    layout.height = height;
    layout.width = width;
    layout.channels = channels;
    layout.columns = columns;
    layout.scale = std::max<Index>(1, 56 / std::max(height, width));
    return layout;
}

std::vector<Index> spread_over_classes(const ImageSet& images, Index count) {
    count = std::min(count, images.count);
    std::vector<Index> chosen(static_cast<std::size_t>(count));
    if (images.labels.empty()) {
        std::iota(chosen.begin(), chosen.end(), Index{0});
        return chosen;
    }
    // The n-th image of every class comes before the next of any.
    std::vector<Index> seen(static_cast<std::size_t>(images.classes));
    std::vector<std::array<Index, 3>> order;  // how many of its class come before, the class, the image
    for (Index image = 0; image < images.count; ++image) {
        const std::size_t label = images.labels[static_cast<std::size_t>(image)];
        if (seen[label] < count) order.push_back({seen[label]++, static_cast<Index>(label), image});
    }
    std::sort(order.begin(), order.end());
    std::transform(order.begin(), order.begin() + count, chosen.begin(), [](const auto& place) { return place[2]; });
    return chosen;
}

std::vector<float> read_pixels(const ImageSet& images, Index first, Index count) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * images.bytes_per_image()));
    images.read(first, count, bytes.data());
    std::vector<float> values(bytes.size());
    std::transform(bytes.begin(), bytes.end(), values.begin(),
                   [](std::uint8_t byte) { return static_cast<float>(byte) / 255; });
    return values;
}

}  // namespace sinter
