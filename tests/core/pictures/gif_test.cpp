// Animated GIFs, read back by another program's reader.
#include "core/pictures/gif.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "tests/common/temporary_folder.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_GIF
#define STBI_NO_STDIO
#include "stb_image.h"

namespace sinter {
namespace {

using Pixels = std::vector<std::uint8_t>;

struct Animation {
    std::vector<Picture> frames;
    std::vector<int> milliseconds;
};

Animation decode(std::span<const std::byte> gif, std::int64_t channels) {
    int width = 0, height = 0, count = 0, in_file = 0;
    int* delays = nullptr;
    stbi_uc* pixels =
        stbi_load_gif_from_memory(reinterpret_cast<const stbi_uc*>(gif.data()), static_cast<int>(gif.size()), &delays,
                                  &width, &height, &count, &in_file, static_cast<int>(channels));
    Animation animation;
    if (pixels == nullptr) return animation;
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(width) * height * channels;
    for (int i = 0; i < count; ++i) {
        animation.frames.push_back({height, width, channels, Pixels(pixels + i * size, pixels + (i + 1) * size)});
        animation.milliseconds.push_back(delays[i]);
    }
    std::free(delays);
    stbi_image_free(pixels);
    return animation;
}

/// Noise of `shades` different bytes: the fewer, the longer the strings that the compression finds.
Picture noise(std::int64_t height, std::int64_t width, unsigned shades, unsigned seed) {
    Picture picture{height, width, 1, Pixels(static_cast<std::size_t>(height * width))};
    for (std::uint8_t& pixel : picture.pixels)
        pixel = static_cast<std::uint8_t>(((seed = seed * 69069 + 1) >> 16) % shades * (255 / (shades - 1)));
    return picture;
}

TEST(Gif, GreyFramesAndTheirTimesReadBackExactly) {
    const std::vector<Picture> frames{noise(61, 47, 256, 1), noise(61, 47, 2, 2), noise(61, 47, 5, 3)};
    const Animation animation = decode(encode_gif(frames, {.frame = 7, .last = 150}), 1);
    ASSERT_EQ(animation.frames.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(animation.frames[i].pixels, frames[i].pixels) << "frame " << i;
    EXPECT_EQ(animation.milliseconds, (std::vector<int>{70, 70, 1500}));
}

/// Lengths of noise, a code a pixel or nearly so, at which a frame ends about where its codes grow to 10, 11 and 12
/// bits.
struct Lengths {
    std::int64_t first, last;
};
constexpr Lengths kTurns[] = {{1, 300}, {750, 800}, {1780, 1850}};

// Codes grow from 9 to 12 bits and start again while a frame goes on; each length meets these turns at another place.
TEST(Gif, EveryLengthReadsBackExactly) {
    for (const unsigned shades : {2u, 256u}) {
        for (std::int64_t width = kTurns[0].first; width < kTurns[0].last; ++width) {
            const Picture frame = noise(1, width, shades, static_cast<unsigned>(width));
            const Animation animation = decode(encode_gif({&frame, 1}), 1);
            ASSERT_EQ(animation.frames.size(), 1u);
            ASSERT_EQ(animation.frames[0].pixels, frame.pixels) << width << " pixels of " << shades << " shades";
        }
    }
    const Picture large = noise(300, 301, 256, 1), flat{301, 300, 1, Pixels(300 * 301, 200)};
    EXPECT_EQ(decode(encode_gif({&large, 1}), 1).frames[0].pixels, large.pixels);
    EXPECT_EQ(decode(encode_gif({&flat, 1}), 1).frames[0].pixels, flat.pixels);
    EXPECT_LT(encode_gif({&flat, 1}).size(), 2500u) << "90,300 equal pixels are no more than some hundred codes";
}

/// The codes of a grey GIF's first frame, read by the letter of the standard: stb forgives a frame without its end.
std::vector<int> codes_of(std::span<const std::byte> gif) {
    constexpr std::size_t kFirstFrame = 13 + 3 * 256 + 19 + 8 + 10;  // header, palette, loop, times, place
    std::vector<bool> bits;
    for (std::size_t block = kFirstFrame + 1; gif[block] != std::byte{0}; block += std::size_t(gif[block]) + 1) {
        for (std::size_t i = block + 1; i <= block + std::size_t(gif[block]); ++i) {
            for (int bit = 0; bit < 8; ++bit) bits.push_back((gif[i] >> bit & std::byte{1}) != std::byte{0});
        }
    }
    std::vector<int> codes;
    int length = 9, last = 257;
    for (std::size_t at = 0; at + static_cast<std::size_t>(length) <= bits.size();) {
        int code = 0;
        for (int bit = 0; bit < length; ++bit) code |= bits[at++] << bit;
        codes.push_back(code);
        if (code == 257) break;
        const bool starts = code == 256 || codes[codes.size() - 2] == 256;
        last = code == 256 ? 257 : std::min(last + !starts, 4095);
        length = last < 511 ? 9 : last < 1023 ? 10 : last < 2047 ? 11 : 12;
    }
    return codes;
}

TEST(Gif, EveryFrameEndsWithTheCodeOfTheEnd) {
    std::size_t growth = 254;  // codes that fit into 9 bits; then twice as many for each bit more
    for (const auto& [first, last] : kTurns) {
        std::vector<int> codes;
        for (std::int64_t width = first; width < last; ++width) {
            const Picture frame = noise(1, width, 256, 7);
            codes = codes_of(encode_gif({&frame, 1}));
            if (width == first) {
                EXPECT_LT(codes.size(), growth);
            }
            ASSERT_EQ(codes.front(), 256) << width;
            ASSERT_EQ(codes.back(), 257) << width;
        }
        EXPECT_GT(codes.size(), growth + 6);
        growth = 2 * growth + 258;
    }
}

TEST(Gif, FewColoursReadBackExactly) {
    Picture frame{16, 16, 3, {}};
    for (int i = 0; i < 256; ++i) {
        for (const int value : {i % 16 * 16, i / 16 * 16, 255 - i / 2 * 2 % 8})
            frame.pixels.push_back(static_cast<std::uint8_t>(value));
    }
    const Animation animation = decode(encode_gif({&frame, 1}), 3);
    ASSERT_EQ(animation.frames.size(), 1u);
    EXPECT_EQ(animation.frames[0].pixels, frame.pixels);
}

TEST(Gif, ManyColoursComeOutNear) {
    Picture frame{128, 128, 3, {}};
    for (int y = 0; y < 128; ++y) {
        for (int x = 0; x < 128; ++x) {
            for (const int value : {2 * x, 2 * y, 255 - x - y})
                frame.pixels.push_back(static_cast<std::uint8_t>(value));
        }
    }
    const std::vector<Picture> frames{frame, {128, 128, 3, Pixels(frame.pixels.rbegin(), frame.pixels.rend())}};
    const Animation animation = decode(encode_gif(frames), 3);
    ASSERT_EQ(animation.frames.size(), 2u);
    for (std::size_t f = 0; f < 2; ++f) {
        std::set<std::array<std::uint8_t, 3>> colours;
        double squares = 0;
        for (std::size_t i = 0; i < frame.pixels.size(); ++i) {
            const double difference = animation.frames[f].pixels[i] - frames[f].pixels[i];
            squares += difference * difference;
            if (i % 3 == 0)
                colours.insert({animation.frames[f].pixels[i], animation.frames[f].pixels[i + 1],
                                animation.frames[f].pixels[i + 2]});
        }
        EXPECT_EQ(colours.size(), 256u);
        // 256 colours on a plane of 128 x 128 pixels: squares of 8 x 8 pixels, 16 shades a side. A uniform error of
        // that width has a deviation of 16 / sqrt(12) = 4.6; boxes are not quite square.
        EXPECT_LT(std::sqrt(squares / static_cast<double>(frame.pixels.size())), 6) << "frame " << f;
    }
}

TEST(Gif, WhatIsNoAnimationIsRefused) {
    const Picture good = noise(2, 3, 2, 1), other = noise(3, 2, 2, 1);
    EXPECT_THROW(encode_gif({}), UsageError);
    EXPECT_THROW(encode_gif(std::vector<Picture>{good, other}), UsageError);
    for (const Picture& bad : {Picture{2, 3, 1, Pixels(5)}, Picture{0, 0, 1, {}}, Picture{2, 2, 2, Pixels(8)},
                               Picture{1, 65536, 1, Pixels(65536)}})
        EXPECT_THROW(encode_gif({&bad, 1}), UsageError);
    for (const GifTiming& timing : {GifTiming{0, 20}, GifTiming{20, 0}, GifTiming{65536, 20}})
        EXPECT_THROW(encode_gif({&good, 1}, timing), UsageError);
}

TEST(Gif, IsWrittenToAFile) {
    const TemporaryFolder folder;
    const Picture frame = noise(9, 9, 4, 1);
    write_gif(folder.path() / "one.gif", {&frame, 1});
    EXPECT_EQ(decode(read_whole_file(folder.path() / "one.gif"), 1).frames.at(0).pixels, frame.pixels);
}

}  // namespace
}  // namespace sinter
