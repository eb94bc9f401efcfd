#include "core/data/formats/image_array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstring>

#include "core/data/formats/idx.h"
#include "core/error.h"
#include "core/files/npy.h"

namespace sinter {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
    throw DataError(fmt::format("[data] {}: {}", file.string(), what));
}

bool makes_channels(std::int64_t size) { return size == 1 || size == 3; }

/// Sets the sizes from those of the array; returns whether channels come before pixels.
bool read_sizes(ImageSet& set, const NpyArray& array, const std::filesystem::path& file) {
    const std::vector<std::int64_t>& shape = array.shape;
    const bool is_grey = shape.size() == 3, is_last = shape.size() == 4 && makes_channels(shape[3]);
    const bool is_first = shape.size() == 4 && !is_last && makes_channels(shape[1]);
    if (!is_grey && !is_last && !is_first) {
        refuse(file, fmt::format("expected images of [count, height, width] or with 1 or 3 channels behind or before the "
                                 "pixels, came an array of {}; reshape it",
                                 shape.empty() ? "one number" : fmt::format("{}", fmt::join(shape, " x "))));
    }
    set.count = shape[0];
    set.height = shape[is_first ? 2 : 1];
    set.width = shape[is_first ? 3 : 2];
    set.channels = is_grey ? 1 : shape[is_first ? 1 : 3];
    if (array.count() == 0) refuse(file, "expected at least one image of at least one pixel, came none");
    return is_first;
}

template <class Real>
void round_to_bytes(std::vector<std::uint8_t>& pixels, const NpyArray& array, const std::filesystem::path& file) {
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        Real value;
        std::memcpy(&value, array.data.data() + i * sizeof(Real), sizeof(Real));
        if (!(value >= 0 && value <= 1)) {
            refuse(file, fmt::format("expected floats from 0 (black) to 1 (white), came {} as number {}; scale them, or "
                                     "save bytes",
                                     value, i));
        }
        pixels[i] = static_cast<std::uint8_t>(std::lround(value * 255));
    }
}

std::vector<std::uint8_t> read_pixels(const NpyArray& array, const std::filesystem::path& file) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(array.count()));
    if (array.type == npy_type<std::uint8_t>())
        std::memcpy(pixels.data(), array.data.data(), pixels.size());
    else if (array.type == npy_type<float>())
        round_to_bytes<float>(pixels, array, file);
    else if (array.type == npy_type<double>())
        round_to_bytes<double>(pixels, array, file);
    else
        refuse(file, fmt::format("expected bytes (|u1) or floats from 0 to 1 (<f4, <f8), came numbers of type {}",
                                 array.type));
    return pixels;
}

/// [count, channels, pixels] becomes [count, pixels, channels].
void move_channels_last(ImageSet& set) {
    const std::vector<std::uint8_t> planes = set.pixels;
    const std::int64_t pixels = set.height * set.width, channels = set.channels;
    for (std::int64_t i = 0; i < set.count; ++i) {
        for (std::int64_t c = 0; c < channels; ++c) {
            for (std::int64_t p = 0; p < pixels; ++p) {
                set.pixels[static_cast<std::size_t>((i * pixels + p) * channels + c)] =
                    planes[static_cast<std::size_t>((i * channels + c) * pixels + p)];
            }
        }
    }
}

}  // namespace

ImageSet load_image_array(const std::filesystem::path& file) {
    ImageSet set;
    set.name = file.filename().string();
    if (file.extension() == ".npy") {
        const NpyArray array = read_npy(file);
        const bool is_channels_first = read_sizes(set, array, file);
        set.pixels = read_pixels(array, file);
        if (is_channels_first) move_channels_last(set);
        return set;
    }
    IdxBytes idx = read_idx_bytes(file, 3);
    set.count = idx.shape[0];
    set.height = idx.shape[1];
    set.width = idx.shape[2];
    set.pixels = std::move(idx.values);
    if (set.pixels.empty()) refuse(file, "expected at least one image of at least one pixel, came none");
    return set;
}

}  // namespace sinter
