// A tiny set in MNIST's form, written and recognised.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/data/image_set.h"
#include "tests/common/data_files.h"

namespace sinter::tests {

inline constexpr int kTrain = 12, kTest = 5;

/// Four files of 6 x 4 images with labels of four classes; `separator` is '-' or '.'.
inline void write_set(const std::filesystem::path& folder, bool packed = true, char separator = '-',
                      std::uint32_t height = 6) {
    const auto write = [&](std::string name, const Bytes& content) {
        for (std::size_t at = name.find('_'); at != std::string::npos; at = name.find('_')) name[at] = separator;
        write_file(folder / (name + (packed ? ".gz" : "")), packed ? gzip(content) : content);
    };
    write("train-images_idx3-ubyte", idx_bytes({kTrain, height, 4}, kTrain * height * 4));
    write("train-labels_idx1-ubyte", idx_bytes({kTrain}, kTrain, 4));
    write("t10k-images_idx3-ubyte", idx_bytes({kTest, height, 4}, kTest * height * 4, 7));
    write("t10k-labels_idx1-ubyte", idx_bytes({kTest}, kTest, 3));
}

inline void expect_set(const DataSplits& data, const std::string& name) {
    for (const ImageSet* set : {&data.train, &data.test}) {
        EXPECT_EQ(set->height, 6);
        EXPECT_EQ(set->width, 4);
        EXPECT_EQ(set->channels, 1);
        EXPECT_EQ(set->classes, 4);
        EXPECT_EQ(set->name, name);
    }
    EXPECT_EQ(data.train.count, kTrain);
    EXPECT_EQ(data.train.pixels.size(), kTrain * 24u);
    EXPECT_EQ(data.train.pixels[250], 250);
    EXPECT_EQ(data.train.labels, (Bytes{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}));
    EXPECT_EQ(data.test.count, kTest);
    EXPECT_EQ(data.test.pixels[8], 1);
    EXPECT_EQ(data.test.labels, (Bytes{0, 1, 2, 0, 1}));
}

}  // namespace sinter::tests
