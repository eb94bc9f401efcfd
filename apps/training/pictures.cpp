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

std::vector<float> read_spread_images(const ImageSet& images, Index count) {
    std::vector<float> values;
    for (const Index image : spread_over_classes(images, count)) {
        const std::vector<float> pixels = read_pixels(images, image, 1);
        values.insert(values.end(), pixels.begin(), pixels.end());
    }
    return values;
}

std::vector<float> rows_with_rebuilt(const std::vector<float>& originals, const std::vector<float>& rebuilt,
                                     Index image_size, Index columns) {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(columns * image_size), size = std::ssize(originals);
    std::vector<float> rows;
    for (std::ptrdiff_t first = 0; first < size; first += row) {
        const std::ptrdiff_t end = std::min(first + row, size);
        rows.insert(rows.end(), originals.begin() + first, originals.begin() + end);
        rows.insert(rows.end(), rebuilt.begin() + first, rebuilt.begin() + end);
    }
    return rows;
}

}  // namespace sinter
