// Separable resampling with exact areas, and the conversion of channels.
#include "core/pictures/image_fitter.h"

#include <algorithm>
#include <cmath>

namespace sinter {
ImageFitter::Axis::Axis(std::int64_t size, std::int64_t to_size, double scale) {
    const double begin = (static_cast<double>(size) - scale * static_cast<double>(to_size)) / 2;
    const auto whole = [](double x) { return static_cast<std::int64_t>(std::floor(x)); };
    if (scale > 1) taps = std::min(size, whole(std::ceil(scale)) + 1);
    if (scale < 1) taps = std::min<std::int64_t>(size, 2);
    weights.resize(static_cast<std::size_t>(to_size * taps));
    for (std::int64_t i = 0; i < to_size; ++i) {
        float* const weight = weights.data() + i * taps;
        if (scale > 1) {
            const double from = begin + scale * static_cast<double>(i), to = from + scale;
            const std::int64_t lowest = std::clamp<std::int64_t>(whole(from), 0, size - taps);
            for (std::int64_t k = 0; k < taps; ++k) {
                const double pixel = static_cast<double>(lowest + k);
                weight[k] = static_cast<float>(std::max(0.0, std::min(to, pixel + 1) - std::max(from, pixel)) / scale);
            }
            first.push_back(lowest);
        } else if (scale < 1) {
            const double centre = begin + scale * (static_cast<double>(i) + 0.5) - 0.5;
            const std::int64_t lowest = std::clamp<std::int64_t>(whole(centre), 0, size - taps);
            const double along = std::clamp(centre - static_cast<double>(lowest), 0.0, 1.0);
            weight[0] = static_cast<float>(taps == 1 ? 1 : 1 - along);
            if (taps == 2) weight[1] = static_cast<float>(along);
            first.push_back(lowest);
        } else {
            // An odd number of pixels is cut off unevenly, because a shift by half a pixel would blur the whole image.
            weight[0] = 1;
            first.push_back(whole(begin) + i);
        }
    }
}

ImageFitter::Mapping ImageFitter::mapping(std::int64_t height, std::int64_t width, std::int64_t to_height,
                                          std::int64_t to_width, Fit fit) {
    const auto scale = [](std::int64_t size, std::int64_t to_size) {
        return static_cast<double>(size) / static_cast<double>(to_size);
    };
    const double rows = scale(height, to_height), columns = scale(width, to_width);
    switch (fit) {
        case Fit::crop:
            return {to_height, to_width, std::min(rows, columns), std::min(rows, columns)};
        case Fit::pad: {
            const auto covered = [&](std::int64_t size, std::int64_t to_size) {
                const double pixels = static_cast<double>(size) / std::max(rows, columns);
                return std::clamp<std::int64_t>(std::llround(pixels), 1, to_size);
            };
            const std::int64_t inner_height = covered(height, to_height), inner_width = covered(width, to_width);
            return {inner_height, inner_width, scale(height, inner_height), scale(width, inner_width)};
        }
        case Fit::stretch:
            break;
    }
    return {to_height, to_width, rows, columns};
}

ImageFitter::ImageFitter(std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width,
                         Fit fit, const Colour& border)
    : ImageFitter(height, width, to_height, to_width, mapping(height, width, to_height, to_width, fit), border) {}

ImageFitter::ImageFitter(std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width,
                         const Mapping& mapping, const Colour& border)
    : width_(width),
      to_height_(to_height),
      to_width_(to_width),
      border_(border),
      rows_(height, mapping.height, mapping.row_scale),
      columns_(width, mapping.width, mapping.column_scale) {}

void ImageFitter::fit(const std::uint8_t* from, std::int64_t channels, std::uint8_t* to) {
    const std::int64_t to_height = static_cast<std::int64_t>(rows_.first.size());
    const std::int64_t to_width = static_cast<std::int64_t>(columns_.first.size());
    const std::int64_t row_size = to_width * channels;
    const std::int64_t first_row = rows_.first.front(), end_row = rows_.first.back() + rows_.taps;
    narrowed_.resize(static_cast<std::size_t>((end_row - first_row) * row_size));
    if (to_height < to_height_ || to_width < to_width_) {
        const std::uint8_t colour[] = {border_.red, border_.green, border_.blue}, grey = luma(border_);
        for (std::int64_t i = 0; i < to_height_ * to_width_ * channels; ++i)
            to[i] = channels == 1 ? grey : colour[i % channels];
        to += ((to_height_ - to_height) / 2 * to_width_ + (to_width_ - to_width) / 2) * channels;
    }

    float* value = narrowed_.data();
    for (std::int64_t y = first_row; y < end_row; ++y) {
        for (std::int64_t x = 0; x < to_width; ++x) {
            const float* const weight = columns_.weights.data() + x * columns_.taps;
            const std::uint8_t* const pixel =
                from + (y * width_ + columns_.first[static_cast<std::size_t>(x)]) * channels;
            for (std::int64_t c = 0; c < channels; ++c) {
                float sum = 0;
                for (std::int64_t k = 0; k < columns_.taps; ++k)
                    sum += weight[k] * static_cast<float>(pixel[k * channels + c]);
                *value++ = sum;
            }
        }
    }
    for (std::int64_t y = 0; y < to_height; ++y) {
        const float* const weight = rows_.weights.data() + y * rows_.taps;
        const float* const column =
            narrowed_.data() + (rows_.first[static_cast<std::size_t>(y)] - first_row) * row_size;
        for (std::int64_t i = 0; i < row_size; ++i) {
            float sum = 0;
            for (std::int64_t k = 0; k < rows_.taps; ++k) sum += weight[k] * column[k * row_size + i];
            to[i] = static_cast<std::uint8_t>(std::min(sum, 255.0f) + 0.5f);
        }
        to += to_width_ * channels;
    }
}

void convert_channels(const std::uint8_t* from, std::int64_t from_channels, std::uint8_t* to, std::int64_t to_channels,
                      std::int64_t pixels) {
    if (from_channels == to_channels) {
        std::copy_n(from, pixels * from_channels, to);
        return;
    }
    for (std::int64_t i = 0; i < pixels; ++i, from += from_channels, to += to_channels) {
        if (to_channels == 1)
            to[0] = luma({from[0], from[1], from[2]});
        else
            std::fill_n(to, to_channels, *from);
    }
}

}  // namespace sinter
