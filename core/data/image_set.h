// A set of labelled images in host memory, as bytes, the pair of sets that a program trains and tests on, and what it
// may ask of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sinter {

/// `count` images of height x width x channels bytes (0 is black, 255 is white), with their labels.
struct ImageSet {
    std::int64_t count = 0, height = 0, width = 0, channels = 1;
    std::vector<std::uint8_t> pixels;  ///< NHWC: count x height x width x channels
    std::vector<std::uint8_t> labels;  ///< count labels in [0, classes), or empty where there are none
    std::string name;                  ///< what people call the set, for instance "mnist"
    int classes = 0;                   ///< 0 where there are no labels

    std::int64_t bytes_per_image() const { return height * width * channels; }
};

/// What a program asks of its images.
struct ImageRequest {
    std::int64_t height = 0, width = 0;  ///< pixels; both 0: as the data has it
    std::int64_t channels = 0;           ///< 1 (grey) or 3 (colour); 0: as the data has it
};

/// Images to learn from and images to be judged by, of one size and with one set of classes.
struct DataSplits {
    ImageSet train, test;
    std::vector<std::string> class_names;  ///< by label; empty where there are no labels
    std::int64_t skipped = 0;              ///< image files that could not be read and are left out
    std::string source;  ///< one sentence that programs print: which data this is, where it came from and why
};

}  // namespace sinter
