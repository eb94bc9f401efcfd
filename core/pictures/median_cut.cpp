#include "core/pictures/median_cut.h"

#include <algorithm>

namespace sinter {
namespace {

constexpr int kBits = 5;
constexpr std::size_t kShades = std::size_t{1} << (3 * kBits);

/// All pixels whose upper bits agree.
struct Shade {
    std::size_t place = 0;  ///< its number among all shades
    std::uint64_t pixels = 0;
    std::array<std::uint64_t, 3> sums{};

    std::uint64_t mean(std::size_t channel) const { return (sums[channel] + pixels / 2) / pixels; }
};

/// A run of the list of shades.
struct Box {
    std::span<Shade> shades;

    std::uint64_t pixels() const {
        std::uint64_t count = 0;
        for (const Shade& shade : shades) count += shade.pixels;
        return count;
    }
    std::size_t longest_channel() const {
        std::size_t longest = 0;
        std::uint64_t most = 0;
        for (std::size_t channel = 0; channel < 3; ++channel) {
            const auto less = [=](const Shade& a, const Shade& b) { return a.mean(channel) < b.mean(channel); };
            const auto [least, greatest] = std::minmax_element(shades.begin(), shades.end(), less);
            const std::uint64_t length = greatest->mean(channel) - least->mean(channel);
            if (length > most) most = length, longest = channel;
        }
        return longest;
    }
    /// Keeps the lower half of the pixels and returns the upper one; neither is empty. Needs two shades.
    Box split() {
        const std::size_t channel = longest_channel();
        // Shades of equal mean stand in the order of their numbers, so that the result is the same everywhere.
        std::sort(shades.begin(), shades.end(), [=](const Shade& a, const Shade& b) {
            return std::pair(a.mean(channel), a.place) < std::pair(b.mean(channel), b.place);
        });
        const std::uint64_t half = pixels() / 2;
        std::size_t lower = 1;
        for (std::uint64_t below = shades[0].pixels; lower + 1 < shades.size() && below < half; ++lower)
            below += shades[lower].pixels;
        const Box upper{shades.subspan(lower)};
        shades = shades.first(lower);
        return upper;
    }
    Colour mean() const {
        Shade all;
        for (const Shade& shade : shades) {
            all.pixels += shade.pixels;
            for (std::size_t channel = 0; channel < 3; ++channel) all.sums[channel] += shade.sums[channel];
        }
        return {static_cast<std::uint8_t>(all.mean(0)), static_cast<std::uint8_t>(all.mean(1)),
                static_cast<std::uint8_t>(all.mean(2))};
    }
};

std::size_t place_of(const std::uint8_t* rgb) {
    constexpr int kDropped = 8 - kBits;
    return static_cast<std::size_t>(rgb[0] >> kDropped << 2 * kBits | rgb[1] >> kDropped << kBits | rgb[2] >> kDropped);
}

std::vector<Shade> count_shades(std::span<const std::uint8_t> rgb) {
    std::vector<Shade> all(kShades);
    for (std::size_t i = 0; i < rgb.size(); i += 3) {
        Shade& shade = all[place_of(&rgb[i])];
        ++shade.pixels;
        for (std::size_t channel = 0; channel < 3; ++channel) shade.sums[channel] += rgb[i + channel];
    }
    std::vector<Shade> present;
    for (std::size_t place = 0; place < kShades; ++place) {
        if (all[place].pixels == 0) continue;
        present.push_back(all[place]);
        present.back().place = place;
    }
    return present;
}

}  // namespace

Palette grey_palette() {
    Palette palette;
    for (std::size_t i = 0; i < palette.size(); ++i) {
        const auto grey = static_cast<std::uint8_t>(i);
        palette[i] = {grey, grey, grey};
    }
    return palette;
}

IndexedPicture median_cut(std::span<const std::uint8_t> rgb) {
    IndexedPicture picture;
    std::vector<Shade> shades = count_shades(rgb);
    std::vector<Box> boxes{{std::span(shades)}};
    while (boxes.size() < picture.palette.size()) {
        const auto pixels_to_split = [](const Box& box) { return box.shades.size() > 1 ? box.pixels() : 0; };
        const auto largest = std::max_element(boxes.begin(), boxes.end(), [&](const Box& a, const Box& b) {
            return pixels_to_split(a) < pixels_to_split(b);
        });
        if (pixels_to_split(*largest) == 0) break;
        boxes.push_back(largest->split());
    }
    std::vector<std::uint8_t> index_of(kShades);
    for (std::size_t i = 0; i < boxes.size() && !shades.empty(); ++i) {
        picture.palette[i] = boxes[i].mean();
        for (const Shade& shade : boxes[i].shades) index_of[shade.place] = static_cast<std::uint8_t>(i);
    }
    picture.pixels.reserve(rgb.size() / 3);
    for (std::size_t i = 0; i < rgb.size(); i += 3) picture.pixels.push_back(index_of[place_of(&rgb[i])]);
    return picture;
}

}  // namespace sinter
