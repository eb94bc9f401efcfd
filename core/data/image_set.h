// A set of labelled images as bytes, in host memory or in a file; the pair of sets that a program trains and tests on;
// and what it may ask of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/pictures/image_fitter.h"

namespace sinter {

class PixelFile;

/// The largest side that programs fit their images to, and that a checkpoint's model may have.
inline constexpr std::int64_t kMaxPixelsPerSide = 1 << 12;
inline constexpr std::int64_t kMaxClasses = 256;  ///< labels are bytes

/// `count` images of height x width x channels bytes (0 is black, 255 is white), with their labels.
struct ImageSet {
    std::int64_t count = 0, height = 0, width = 0, channels = 1;
    std::vector<std::uint8_t> pixels;       ///< NHWC: count x height x width x channels; empty where they are in `file`
    std::shared_ptr<const PixelFile> file;  ///< where the pixels are if there is no room for them in memory, ...
    std::uint64_t file_offset = 0;          ///< ... where in it they begin, ...
    std::vector<std::uint32_t> checksums;   ///< ... and the pixel_checksum() of each image there
    std::vector<std::uint8_t> labels;       ///< count labels in [0, classes), or empty where there are none
    std::string name;                       ///< what people call the set, for instance "mnist"
    int classes = 0;                        ///< 0 where there are no labels

    std::int64_t bytes_per_image() const { return height * width * channels; }
    /// Copies the pixels of images [first, first + images) to `to`, from memory or file; for any number of threads.
    /// Throws DataError where the file cannot be read, or an image in it is damaged.
    void read(std::int64_t first, std::int64_t images, std::uint8_t* to) const;
};

/// How images are taken from files and brought to a size. What differs in it makes other pixels.
struct Fitting {
    Fit fit = Fit::crop;  ///< how images of other proportions come to that size
    /// What shows through transparent pixels, else white, and what Fit::pad frames images with, else black.
    std::optional<Colour> background = {};
    /// The number of 16 bits that is white. 0: the largest that a set has, rounded up to 8, 10, 12, 14 or 16 bits.
    int range = 0;

    bool operator==(const Fitting&) const = default;
};

/// Chooses the size that images are fitted to, in pixels a side, by the size that they have.
using ChooseSize = std::function<std::int64_t(std::int64_t height, std::int64_t width)>;

/// What a program asks of its images.
struct ImageRequest {
    std::int64_t height = 0, width = 0;  ///< pixels; both 0: as the data has it, or as choose_size says
    ChooseSize choose_size = {};
    std::int64_t channels = 0;  ///< 1 (grey) or 3 (colour); 0: as the data has it
    Fitting fitting = {};
    bool show_progress = false;  ///< on stderr, while image files are decoded

    /// The same with a size, if it has none and chooses one.
    ImageRequest with_size_for(std::int64_t data_height, std::int64_t data_width) const {
        ImageRequest request = *this;
        if (height == 0 && choose_size) request.height = request.width = choose_size(data_height, data_width);
        return request;
    }
    /// Whether the pixels of an image folder are loaded into memory or stay in the file of decoded images, to be read
    /// as they are needed. Automatic: in memory if they fit.
    enum class Place { automatic, memory, file } place = Place::automatic;
};

/// Images to learn from and images to be judged by, of one size and with one set of classes.
struct DataSplits {
    ImageSet train, test;
    std::vector<std::string> class_names;  ///< by label; empty where there are no labels
    std::int64_t skipped = 0;              ///< image files that could not be read and are left out
    int range = 0;                         ///< the number of 16 bits that is white; 0 where no image has 16 bits
    std::vector<std::string> details;      ///< what else a reader of `source` should know, as clauses
    std::string place;    ///< what --data would be to find it again: the path of its folder, or its name
    std::string content;  ///< content_hash() before images were fitted; of pictures, as they were decoded
    std::string source;   ///< one sentence that programs print: which data this is, where it came from and why
};

}  // namespace sinter
