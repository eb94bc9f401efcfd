// Decoding the image files of a folder to one size, on all threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/data/formats/image_listing.h"
#include "core/data/image_set.h"
#include "core/pictures/image_file.h"
#include "kernels/runtime/thread_pool.h"

namespace sinter {

/// The files that could not be read: all are counted, the first few are named.
struct SkippedFiles {
    static constexpr std::int64_t kNamed = 5;

    std::int64_t count = 0;
    bool may_pass = false;  ///< whether some of them may be read another time
    std::vector<std::string> sentences;

    void add(const std::string& problem) {
        if (++count <= kNamed) sentences.push_back(problem + "; left out");
    }
    std::vector<std::string> remarks() const;
};

/// What all images of a set become.
struct DecodingTarget {
    std::int64_t height = 0, width = 0, channels = 0;
    Fit fit = Fit::crop;
    Colour border = kBlack;
    ReadingOptions reading;

    std::int64_t bytes() const { return height * width * channels; }
};

/// Takes the images of some files, in order.
using AppendImages = std::function<void(std::span<const std::uint8_t>)>;

/// Decodes the files of a listing.
class ImageDecoding {
public:
    /// Takes what the request leaves open (size, channels, the range of 16 bits) from the files. Throws DataError where
    /// their sizes differ, or are larger than a network takes, and the request has none.
    ImageDecoding(const ImageListing& listing, const ImageRequest& request);

    const DecodingTarget& target() const { return target_; }

    /// Decodes the files of a split of the listing in order; all threads decode the images of a chunk, which `append`
    /// then gets. Fills in what `set` says beside the pixels.
    void decode(const std::vector<ListedImage>& files, ImageSet& set, const AppendImages& append);

    /// Throws DataError if no image of a set could be read. `split`: "train ", or empty.
    void expect_images(const ImageSet& set, const char* split) const;

    const SkippedFiles& skipped() const { return skipped_; }
    /// The number of 16 bits that is white; 0 where no image has 16 bits.
    int range() const { return has_16_bits_ ? target_.reading.range : 0; }
    /// Sentences on what is odd about the files, and about all images that were decoded.
    std::vector<std::string> remarks() const;

private:
    /// What the images are, all together, to tell a set from which nothing can be learned.
    struct Totals {
        std::int64_t images = 0, numbers = 0;
        std::uint64_t sum = 0, squares = 0;
        bool all_equal = true;
        std::vector<std::uint8_t> first;

        void add(std::span<const std::uint8_t> image);
    };

    void read_headers();
    void take_size_and_channels(const ImageRequest& request);
    void take_range(const ImageRequest& request);

    const ImageListing& listing_;
    kernels::ThreadPool pool_;
    std::vector<const ListedImage*> files_;  // of both splits, in order
    std::vector<ImageInfo> infos_;           // of each; no channels where it cannot be read
    DecodingTarget target_;
    bool show_progress_;
    SkippedFiles skipped_;
    Totals totals_;
    bool has_16_bits_ = false;
    std::vector<std::string> range_remark_;
};

}  // namespace sinter
