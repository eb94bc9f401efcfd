// What --sample drew, and the images of the grids that a run drew, pixel by pixel.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <vector>

#include "apps/training/pictures.h"
#include "core/pictures/image_file.h"

namespace sinter {

using Pixels = std::vector<std::uint8_t>;

/// The images of a grid of grey images, `side` pixels long before they were enlarged.
inline std::set<Pixels> images_of_grid(const std::filesystem::path& file, std::int64_t side) {
    const Picture grid = read_image(file);
    const GridLayout layout = picture_layout(1, side, side, 1, 1);
    const std::int64_t cell = side * layout.scale + layout.padding;
    std::set<Pixels> images;
    for (std::int64_t top = layout.padding; top < grid.height; top += cell) {
        for (std::int64_t left = layout.padding; left < grid.width; left += cell) {
            Pixels image;
            for (std::int64_t i = 0; i < side * side; ++i) {
                const std::int64_t y = top + i / side * layout.scale, x = left + i % side * layout.scale;
                image.push_back(grid.pixels[static_cast<std::size_t>((y * grid.width + x) * grid.channels)]);
            }
            images.insert(image);
        }
    }
    return images;
}

/// Expects that none of the grey images in `folder`, `side` pixels long, is one of the grid's.
inline void expect_no_image_of_grid(const std::filesystem::path& folder, const std::filesystem::path& grid,
                                    std::int64_t side) {
    const std::set<Pixels> shown = images_of_grid(grid, side);
    EXPECT_GT(shown.size(), 1u) << grid;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const Picture image = read_image(entry.path());
        ASSERT_EQ(image.pixels.size(), static_cast<std::size_t>(side * side)) << entry.path();
        EXPECT_EQ(shown.count(image.pixels), 0u) << entry.path() << " stands in " << grid;
    }
}

}  // namespace sinter
