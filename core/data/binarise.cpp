#include "core/data/binarise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "kernels/philox.h"

namespace sinter {
namespace {

constexpr std::uint8_t kFullWhite = 255;

/// The draws of what is drawn once.
enum FixedDraw : std::uint32_t { test_draw = draws::kBinarisation, training_draw };

void require_memory(const ImageSet& set) {
    if (!set.file) return;
    throw DataError(
        fmt::format("--binarize: the {} images of {} stay in a file, since memory is short, and cannot be binarised "
                    "there; make them smaller with --size, or leave --binarize out",
                    set.count, set.name));
}

/// White with the probability grey / 255; the draw's step is the number of the image.
void draw_pixels(ImageSet& set, FixedDraw draw) {
    const std::int64_t size = set.bytes_per_image();
    for (std::int64_t n = 0; n < set.count; ++n) {
        const kernels::RandomStream stream{kBinarisationSeed, draw, static_cast<std::uint64_t>(n)};
        std::uint8_t* const pixels = set.pixels.data() + n * size;
        for (std::int64_t i = 0; i < size; i += 4) {
            const kernels::PhiloxBlock block = stream.block(static_cast<std::uint32_t>(i / 4));
            for (std::int64_t j = 0; j < std::min<std::int64_t>(4, size - i); ++j) {
                std::uint8_t& pixel = pixels[i + j];
                // u < grey / 255 in whole numbers: the word's upper 24 bits are u 2^24.
                const bool is_white = std::uint64_t{block.word[j] >> 8} * kFullWhite < std::uint64_t{pixel} << 24;
                pixel = is_white ? kFullWhite : 0;
            }
        }
    }
}

void cut_pixels(ImageSet& set) {
    for (std::uint8_t& pixel : set.pixels) pixel = pixel >= 128 ? kFullWhite : 0;
}

/// How often each grey occurs in the first `count` images.
std::array<std::int64_t, 256> histogram(const ImageSet& set, std::int64_t count) {
    constexpr std::int64_t kImages = 256;
    std::array<std::int64_t, 256> greys{};
    std::vector<std::uint8_t> pixels;
    for (std::int64_t first = 0; first < count; first += kImages) {
        const std::int64_t images = std::min(kImages, count - first);
        pixels.resize(static_cast<std::size_t>(images * set.bytes_per_image()));
        set.read(first, images, pixels.data());
        for (const std::uint8_t pixel : pixels) ++greys[pixel];
    }
    return greys;
}

}  // namespace

void binarise(DataSplits& data, Binarisation how) {
    if (how == Binarisation::none) return;
    require_memory(data.test);
    switch (how) {
        case Binarisation::none:
            return;
        case Binarisation::dynamic:
            return draw_pixels(data.test, test_draw);
        case Binarisation::fixed:
            require_memory(data.train);
            draw_pixels(data.test, test_draw);
            return draw_pixels(data.train, training_draw);
        case Binarisation::threshold:
            require_memory(data.train);
            cut_pixels(data.test);
            return cut_pixels(data.train);
    }
}

std::string describe(Binarisation how, const ImageSet& test) {
    if (is_binary(test)) return "binary as they are in the files";
    switch (how) {
        case Binarisation::none:
            return "grey";
        case Binarisation::dynamic:
            return "drawn by their grey, for training anew in every step, test images once (one seeded draw)";
        case Binarisation::fixed:
            return "drawn by their grey, once (one seeded draw, not the published set)";
        case Binarisation::threshold:
            return "white from grey 128 on (not comparable with images that are drawn)";
    }
    return {};
}

Binarisation binarisation_of(const CheckpointFacts& facts, const std::string& file) {
    const auto fact = facts.find("--binarize");
    if (fact == facts.end()) return Binarisation::none;
    try {
        return value_of(kBinarisations, fact->second, file + ": expected as '--binarize'");
    } catch (const UsageError& error) {
        throw DataError(fmt::format("{}; the file is damaged", error.what()));
    }
}

bool is_binary(const ImageSet& images) {
    const std::array<std::int64_t, 256> greys = histogram(images, images.count);
    return greys[0] + greys[kFullWhite] == images.count * images.bytes_per_image();
}

double grey_floor(const ImageSet& images, std::int64_t count) {
    if (count == 0) count = images.count;
    const std::array<std::int64_t, 256> greys = histogram(images, count);
    double sum = 0;
    for (int grey = 1; grey < kFullWhite; ++grey) {
        const double p = grey / 255.0;
        sum -=
            static_cast<double>(greys[static_cast<std::size_t>(grey)]) * (p * std::log(p) + (1 - p) * std::log1p(-p));
    }
    return sum / static_cast<double>(count);
}

}  // namespace sinter
