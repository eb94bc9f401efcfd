// Brings an image to another size and number of channels: resampling, centre crop, grey and colour.
#pragma once

#include <cstdint>
#include <vector>

namespace sinter {

/// Fits images of one size to another: the largest centred part that has the proportions of the target, resampled to
/// it. (That is: scaled until the shorter side fits, then cropped in the middle.) Shrinking takes the mean over the
/// area of each new pixel. Growing interpolates between the four nearest pixels. An image of the right scale is copied.
/// Values are rounded to the nearest byte and are the same on every machine.
class ImageFitter {
public:
    /// For images of height x width pixels. All sizes are at least 1.
    ImageFitter(std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width);

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

    std::int64_t width_;
    double scale_;  // pixels of the source per pixel of the target, on both axes
    Axis rows_, columns_;
    std::vector<float> narrowed_;  // the rows of the source that are needed, resampled along x
};

/// Writes `pixels` pixels with another number of channels. Grey becomes colour by repetition; colour becomes grey as
/// luma by the weights of Rec. 601 (0.299 red, 0.587 green, 0.114 blue). A second or fourth channel is opacity; such an
/// image is laid on white.
void convert_channels(const std::uint8_t* from, std::int64_t from_channels, std::uint8_t* to, std::int64_t to_channels,
                      std::int64_t pixels);

}  // namespace sinter
