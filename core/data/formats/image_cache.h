// The cache of decoded images: a file for each folder and request, in images/ of the cache folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/data/formats/image_listing.h"
#include "core/data/formats/packed_images.h"
#include "core/files/download.h"

namespace sinter {

/// The file for the images of a listing, fitted to a request.
class ImageCache {
public:
    /// There is none where no cache folder is known.
    ImageCache(const ImageListing& listing, const ImageRequest& request, const Say& say);

    const std::filesystem::path& file() const { return file_; }
    /// What the decoded images depend on: change any of it, and they are decoded again.
    const std::string& key() const { return key_; }

    /// The decoded images, if they are there and sound. They then count as the last that were used.
    std::optional<PackedImages> read() const;

    /// A writer for the file. If there can be none, it is null and `say` tells why; if one is `needed`, because the
    /// images don't fit in memory, that is an Error.
    std::unique_ptr<PackedImagesWriter> open(std::int64_t bytes_per_image, bool needed) const;

    /// Removes the files that were not used for longest, until all together take no more than $SINTER_CACHE_LIMIT
    /// (bytes, or with K, M, G or T behind them; 20G where it is unset). This file stays.
    void keep_limit() const;

private:
    const ImageRequest::Place place_;
    const Say& say_;
    std::filesystem::path file_;
    std::string key_;
};

}  // namespace sinter
