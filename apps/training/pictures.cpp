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

Tensor images_of(const ImageSet& images, std::span<const Index> chosen, Device device) {
    std::vector<float> values;
    for (const Index image : chosen) {
        const std::vector<float> pixels = read_pixels(images, image, 1);
        values.insert(values.end(), pixels.begin(), pixels.end());
    }
    return Tensor::from(std::span<const float>(values),
                        {std::ssize(chosen), images.height, images.width, images.channels}, device);
}

std::vector<std::int32_t> labels_of(const ImageSet& images, std::span<const Index> chosen) {
    std::vector<std::int32_t> labels;
    for (const Index image : chosen) labels.push_back(images.labels[static_cast<std::size_t>(image)]);
    return labels;
}

void write_reconstructions(const std::filesystem::path& path, const Tensor& originals, const Tensor& rebuilt,
                           Index columns) {
    const std::vector<float> above = originals.to_floats(), below = rebuilt.to_floats();
    const Index count = originals.size(0);
    const auto row = static_cast<std::ptrdiff_t>(columns * (originals.count() / count));
    const std::ptrdiff_t size = std::ssize(above);
    std::vector<float> rows;
    for (std::ptrdiff_t first = 0; first < size; first += row) {
        const std::ptrdiff_t end = std::min(first + row, size);
        rows.insert(rows.end(), above.begin() + first, above.begin() + end);
        rows.insert(rows.end(), below.begin() + first, below.begin() + end);
    }
    write_png_grid(
        path, std::span<const float>(rows),
        picture_layout(2 * count, originals.size(1), originals.size(2), originals.size(3), std::min(columns, count)));
}

}  // namespace sinter
