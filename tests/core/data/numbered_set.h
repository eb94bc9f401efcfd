// A tiny set whose images are numbers, in memory or in a file.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/data/formats/packed_images.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {

/// `count` images of 2 x 3 bytes; the first byte of each is its number.
inline ImageSet numbered(std::int64_t count) {
    ImageSet set;
    set.count = count;
    set.height = 2;
    set.width = 3;
    set.name = "numbered";
    for (std::int64_t i = 0; i < count; ++i) {
        for (int pixel = 0; pixel < 6; ++pixel) set.pixels.push_back(static_cast<std::uint8_t>(i + 31 * pixel));
    }
    return set;
}

/// The same with a label for each seven images, of 20 classes.
inline ImageSet labelled(std::int64_t count) {
    ImageSet images = numbered(count);
    for (std::int64_t i = 0; i < count; ++i) images.labels.push_back(static_cast<std::uint8_t>(i / 7));
    images.classes = 20;
    return images;
}

/// The same set with its pixels in a file of `folder`.
inline ImageSet in_file(const ImageSet& images, const TemporaryFolder& folder) {
    const std::filesystem::path path = folder.path() / "set.packed";
    PackedImagesWriter writer(path, images.bytes_per_image());
    writer.append(images.pixels);
    DataSplits data;
    data.train = images;
    data.test.height = images.height;
    data.test.width = images.width;
    data.class_names.assign(static_cast<std::size_t>(images.classes), "some name");
    writer.finish(data, {}, "key");
    return read_packed_images(path, "key", ImageRequest::Place::file).value().data.train;
}

}  // namespace sinter::tests
