// Pictures of 256 colours: which ones, and which pixel gets which.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sinter {

struct Colour {
    std::uint8_t red = 0, green = 0, blue = 0;
};
using Palette = std::array<Colour, 256>;

/// All greys, in order: a grey pixel is its own index.
Palette grey_palette();

struct IndexedPicture {
    Palette palette{};
    std::vector<std::uint8_t> pixels;  ///< indices into the palette
};

/// The colours of RGB pixels by median cut (Heckbert, 1982): a box around all colours is split again and again, always
/// the one with the most pixels at the median along its longest side, until there are 256; each box becomes the mean of
/// its pixels. Colours count as equal where their upper 5 bits a channel are.
IndexedPicture median_cut(std::span<const std::uint8_t> rgb);

}  // namespace sinter
