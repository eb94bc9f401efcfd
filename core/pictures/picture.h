// A picture in memory, and a colour.
#pragma once

#include <cstdint>
#include <vector>

namespace sinter {

/// Rows of pixels from the top, channels interleaved, 8 bits each.
struct Picture {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t channels = 1;
    std::vector<std::uint8_t> pixels;
};

struct Colour {
    std::uint8_t red = 0, green = 0, blue = 0;

    bool operator==(const Colour&) const = default;
    bool is_grey() const { return red == green && green == blue; }
};
inline constexpr Colour kBlack = {0, 0, 0}, kWhite = {255, 255, 255};

/// How bright a colour looks: luma by the weights of Rec. 601 (0.299 red, 0.587 green, 0.114 blue).
constexpr std::uint8_t luma(const Colour& colour) {
    return static_cast<std::uint8_t>((299 * colour.red + 587 * colour.green + 114 * colour.blue + 500) / 1000);
}

}  // namespace sinter
