// Brings an image to another size and number of channels: resampling, centre crop, grey and colour.
#pragma once

#include <cstdint>
#include <vector>

#include "core/pictures/picture.h"

namespace sinter {

/// How an image comes to a size of other proportions.
enum class Fit : std::uint8_t {
    crop,     ///< scaled until the shorter side fits, then cropped in the middle
    pad,      ///< scaled until the longer side fits, then framed in the border's colour
    stretch,  ///< each side by itself
};

/// Fits images of one size to another. Shrinking takes the mean over the area of each new pixel. Growing interpolates
/// between the four nearest pixels. An image of the right scale is copied. Values are rounded to the nearest byte and
/// are the same on every machine.
class ImageFitter {
public:
    /// For images of height x width pixels. All sizes are at least 1.
    ImageFitter(std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width,
                Fit fit = Fit::crop, const Colour& border = kBlack);

    /// Writes the fitted image to `to`. Both images have `channels` interleaved channels.
    void fit(const std::uint8_t* from, std::int64_t channels, std::uint8_t* to);

private:
    /// How one axis is resampled: element i of the target is the sum over k < taps of weights[i * taps + k] times
    /// element first[i] + k.
    struct Axis {
        std::int64_t taps = 1;
        std::vector<std::int64_t> first;
        std::vector<float> weights;

        Axis(std::int64_t size, std::int64_t to_size, double scale);
    };

    /// What of the target the image covers, all of it unless it is framed, and its pixels per pixel of that.
    struct Mapping {
        std::int64_t height, width;
        double row_scale, column_scale;
    };
    static Mapping mapping(std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width,
                           Fit fit);
    ImageFitter(std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width,
                const Mapping& mapping, const Colour& border);

    std::int64_t width_, to_height_, to_width_;
    Colour border_;
    Axis rows_, columns_;
    std::vector<float> narrowed_;  // the rows of the source that are needed, resampled along x
};

/// Writes `pixels` pixels with 1 or 3 channels as such with 1 or 3. Grey becomes colour by repetition, colour grey as
/// luma().
void convert_channels(const std::uint8_t* from, std::int64_t from_channels, std::uint8_t* to, std::int64_t to_channels,
                      std::int64_t pixels);

}  // namespace sinter
