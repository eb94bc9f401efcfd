// The forms of the procedural digits: how a pen moves to write each of them.
#pragma once

#include <array>
#include <vector>

namespace sinter {

/// A point that the pen passes, in hundredths of a digit's height, x to the right and y down. At a corner the pen
/// changes direction; elsewhere its path curves.
struct Anchor {
    int x, y;
    bool corner = false;
};
using Stroke = std::vector<Anchor>;  ///< two anchors or more, from where the pen is set down to where it is lifted
using Glyph = std::vector<Stroke>;

/// The ways in which people write each digit, by digit. A form that is listed several times is more frequent.
const std::array<std::vector<Glyph>, 10>& digit_glyphs();

}  // namespace sinter
