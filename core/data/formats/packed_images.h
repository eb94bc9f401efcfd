// Decoded images in one file, so that a folder of images is decoded once.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/data/image_set.h"
#include "core/files/files.h"

namespace sinter {

/// Writes such a file. It holds the pixels of the train images, those of the test images, both sets' labels, the
/// checksum of each image, a description in JSON, and a footer. The description has the checksum of labels and
/// checksums; the footer has the length and the checksum of the description. The description comes last because the
/// counts are known only when all images are decoded.
class PackedImagesWriter {
public:
    /// Throws Error, as all members do, where the file cannot be written.
    PackedImagesWriter(const std::filesystem::path& file, std::int64_t bytes_per_image);

    /// The pixels of the next images: first the train images, then the test images.
    void append(std::span<const std::uint8_t> pixels);
    /// Writes what `data` holds beside the pixels, with a key that later tells whether the file is still the one that
    /// is wanted.
    void finish(const DataSplits& data, const std::vector<std::string>& remarks, const std::string& key);

private:
    AtomicFile file_;
    std::size_t bytes_per_image_;
    std::vector<std::uint32_t> checksums_;
};

struct PackedImages {
    DataSplits data;
    std::vector<std::string> remarks;  ///< sentences on what was odd when the images were decoded
};

/// Reads a file of PackedImagesWriter. Returns nothing where there is no file, or one of another key. Pixels that stay
/// in the file are checked when they are read, everything else at once. Throws DataError for a damaged file.
std::optional<PackedImages> read_packed_images(const std::filesystem::path& file, const std::string& key,
                                               ImageRequest::Place place);

/// The same for a file that has just been written with this key. Throws DataError also where the file is not found any
/// more, because another process has put its own in its place.
PackedImages read_own_packed_images(const std::filesystem::path& file, const std::string& key,
                                    ImageRequest::Place place);

/// Whether `place` puts this many bytes of pixels in memory, instead of in a file.
bool belongs_in_memory(std::int64_t bytes, ImageRequest::Place place);

}  // namespace sinter
