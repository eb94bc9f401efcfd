// Chooses 256 colours for a picture, and one of them for each pixel.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/pictures/picture.h"

namespace sinter {

using Palette = std::array<Colour, 256>;

/// All greys, in order: a grey pixel is its own index.
Palette grey_palette();

struct IndexedPicture {
    Palette palette{};
    std::vector<std::uint8_t> pixels;  ///< indices into the palette
};

/// The colours of RGB pixels by median cut (Heckbert, 1982): it begins with a box around all colours. Again and again
/// it splits the box with the most pixels at the median along the longest side, until there are 256 boxes. Each box
/// becomes the mean of its pixels. Colours count as equal if their upper 5 bits a channel are.
IndexedPicture median_cut(std::span<const std::uint8_t> rgb);

}  // namespace sinter
