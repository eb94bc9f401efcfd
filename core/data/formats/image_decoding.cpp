#include "core/data/formats/image_decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <utility>

#include "core/count_progress.h"
#include "core/device.h"
#include "core/error.h"
#include "core/files/memory_budget.h"
#include "core/pictures/image_fitter.h"
#include "kernels/runtime/machine.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// The longest side of images that are learned from as they are, without --size.
constexpr std::int64_t kMaxSideAsIs = 1024;

/// The ranges of numbers that cameras and scanners write into 16 bits.
constexpr int kRanges[] = {255, 1023, 4095, 16383, kWholeRange};

/// The memory that decoded images of full size may take together, as long as each by itself does not need more.
std::int64_t decoding_budget() {
    constexpr std::int64_t kMinBytes = 64 << 20;
    return std::max(kMinBytes, kernels::available_memory() / 8);
}

/// The memory that decoding an image takes: its file, of which a decoder may hold blocks a second time, the pixels with
/// opacity, and what the decoder holds of them in two bytes a channel. Of a header that could not be read the worst is
/// thought.
std::int64_t decoding_bytes(const ListedImage& file, const ImageInfo& info) {
    constexpr std::int64_t kAll = std::int64_t{1} << 60;
    if (info.channels == 0) return kAll;
    return 2 * static_cast<std::int64_t>(file.bytes) +
           (2 + info.bits / 8) * info.height * info.width * (info.channels + 1);
}

/// What one thread needs to decode image after image.
struct DecodingThread {
    std::optional<ImageFitter> fitter;
    std::int64_t height = 0, width = 0;  ///< what the fitter is for
    std::vector<std::uint8_t> fitted;
};

void decode_one(const fs::path& file, const DecodingTarget& target, DecodingThread& thread, std::uint8_t* to) {
    const Picture picture = read_image(file, target.reading);
    if (!thread.fitter || thread.height != picture.height || thread.width != picture.width) {
        thread.fitter.emplace(picture.height, picture.width, target.height, target.width, target.fit, target.border);
        thread.height = picture.height;
        thread.width = picture.width;
    }
    thread.fitted.resize(static_cast<std::size_t>(target.height * target.width * picture.channels));
    thread.fitter->fit(picture.pixels.data(), picture.channels, thread.fitted.data());
    convert_channels(thread.fitted.data(), picture.channels, to, target.channels, target.height * target.width);
}

}  // namespace

std::vector<std::string> SkippedFiles::remarks() const {
    std::vector<std::string> all = sentences;
    if (count > kNamed) all.push_back(fmt::format("[data] {} more image files were left out", count - kNamed));
    return all;
}

void ImageDecoding::Totals::add(std::span<const std::uint8_t> image) {
    if (images++ == 0)
        first.assign(image.begin(), image.end());
    else
        all_equal = all_equal && std::equal(image.begin(), image.end(), first.begin(), first.end());
    numbers += std::ssize(image);
    for (const std::uint8_t value : image) {
        sum += value;
        squares += std::uint64_t{value} * value;
    }
}

ImageDecoding::ImageDecoding(const ImageListing& listing, const ImageRequest& request)
    : listing_(listing), pool_(cpu_threads()), show_progress_(request.show_progress) {
    for (const auto* split : {&listing.train, &listing.test})
        for (const ListedImage& file : *split) files_.push_back(&file);
    target_.fit = request.fitting.fit;
    target_.border = request.fitting.background.value_or(kBlack);
    target_.reading.background = request.fitting.background.value_or(kWhite);
    read_headers();
    take_size_and_channels(request);
    take_range(request);
}

void ImageDecoding::read_headers() {
    infos_.resize(files_.size());
    pool_.run(std::ssize(files_), [&](std::int64_t i, int) {
        const std::size_t at = static_cast<std::size_t>(i);
        try {
            infos_[at] = read_image_info(listing_.folder / files_[at]->path);
        } catch (const std::exception&) {
            // A file without a readable header is left out, and named, when its turn comes to be decoded.
        }
    });
}

void ImageDecoding::take_size_and_channels(const ImageRequest& request) {
    target_.height = request.height;
    target_.width = request.width;
    target_.channels = request.channels;
    const ListedImage* first = nullptr;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        const ImageInfo& info = infos_[i];
        if (info.channels == 0) continue;
        if (request.channels == 0) target_.channels = std::max(target_.channels, info.channels);
        if (request.height > 0) continue;
        if (!first) {
            first = files_[i];
            target_.height = info.height;
            target_.width = info.width;
        } else if (info.height != target_.height || info.width != target_.width) {
            throw DataError(
                fmt::format("[data] {}: expected images of one size, {} is {} x {}, {} is {} x {}; give the "
                            "size that all should be fitted to (--size)",
                            listing_.folder.string(), first->path, target_.width, target_.height, files_[i]->path,
                            info.width, info.height));
        }
    }
    if (std::max(target_.height, target_.width) > kMaxSideAsIs && request.height == 0) {
        throw DataError(
            fmt::format("[data] {}: expected images of at most {} pixels a side to learn from as they are, "
                        "{} is {} x {}; give the size that all should be fitted to (--size)",
                        listing_.folder.string(), kMaxSideAsIs, first->path, target_.width, target_.height));
    }
    // Without one readable header every file will be named as unreadable; until then any size does.
    for (std::int64_t* size : {&target_.height, &target_.width, &target_.channels})
        *size = std::max<std::int64_t>(*size, 1);
}

void ImageDecoding::take_range(const ImageRequest& request) {
    std::vector<std::int64_t> wide;
    for (std::size_t i = 0; i < infos_.size(); ++i)
        if (infos_[i].bits == 16) wide.push_back(static_cast<std::int64_t>(i));
    has_16_bits_ = !wide.empty();
    target_.reading.range = request.fitting.range > 0 ? request.fitting.range : kWholeRange;
    if (wide.empty() || request.fitting.range > 0) return;

    MemoryBudget budget(decoding_budget());
    CountProgress progress("Looking at 16 bits", "images", std::ssize(wide), show_progress_);
    std::vector<int> largest(static_cast<std::size_t>(pool_.threads()));
    pool_.run(std::ssize(wide), [&](std::int64_t i, int thread) {
        const std::size_t at = static_cast<std::size_t>(wide[static_cast<std::size_t>(i)]);
        const MemoryBudget::Share share(budget, decoding_bytes(*files_[at], infos_[at]));
        try {
            int& most = largest[static_cast<std::size_t>(thread)];
            most = std::max(most, largest_number(listing_.folder / files_[at]->path));
        } catch (const std::exception&) {
            // As with headers.
        }
        progress.count();
    });
    const int most = *std::max_element(largest.begin(), largest.end());
    target_.reading.range = *std::lower_bound(std::begin(kRanges), std::end(kRanges), most);
    range_remark_.push_back(
        fmt::format("[data] {}: the numbers of {} image(s) of 16 bits go up to {}: 0 is black and {} is white (another "
                    "white is given with --range)",
                    listing_.folder.string(), wide.size(), most, target_.reading.range));
}

void ImageDecoding::decode(const std::vector<ListedImage>& files, ImageSet& set, const AppendImages& append) {
    constexpr std::int64_t kChunkBytes = 32 << 20;
    MemoryBudget budget(decoding_budget());
    set.height = target_.height;
    set.width = target_.width;
    set.channels = target_.channels;
    const std::int64_t total = std::ssize(files), bytes = target_.bytes();
    const std::size_t first_info = &files == &listing_.test ? listing_.train.size() : 0;
    // Enough images for all threads, if they are not so large that they would not fit in memory.
    const std::int64_t chunk_bytes = std::max(kChunkBytes, std::min(decoding_budget(), 4 * pool_.threads() * bytes));
    const std::int64_t chunk_size = std::clamp<std::int64_t>(chunk_bytes / bytes, 1, 4096);
    std::vector<std::uint8_t> chunk(static_cast<std::size_t>(std::min(chunk_size, total) * bytes));
    std::vector<std::string> problems(static_cast<std::size_t>(std::min(chunk_size, total)));
    std::vector<char> lasting(problems.size());  // whether the problem is the file's own; char: threads write it
    std::vector<DecodingThread> threads(static_cast<std::size_t>(pool_.threads()));
    CountProgress progress("Decoding", "images", total, show_progress_);

    for (std::int64_t first = 0; first < total; first += chunk_size) {
        const std::int64_t count = std::min(chunk_size, total - first);
        pool_.run(count, [&](std::int64_t i, int thread) {
            std::string& problem = problems[static_cast<std::size_t>(i)];
            const std::size_t at = static_cast<std::size_t>(first + i);
            const fs::path file = listing_.folder / files[at].path;
            problem.clear();
            lasting[static_cast<std::size_t>(i)] = true;
            try {
                const MemoryBudget::Share share(budget, decoding_bytes(files[at], infos_[first_info + at]));
                decode_one(file, target_, threads[static_cast<std::size_t>(thread)], chunk.data() + i * bytes);
            } catch (const ImageError& error) {
                problem = error.what();
            } catch (const DataError& error) {
                problem = error.what();
                std::error_code ignored;
                lasting[static_cast<std::size_t>(i)] = !fs::exists(file, ignored);  // a link that leads nowhere
            } catch (const std::exception& error) {                                 // no memory
                problem = fmt::format("[image] {}: {}", file.string(), error.what());
                lasting[static_cast<std::size_t>(i)] = false;
            }
            progress.count();
        });
        // The images that were read move together.
        std::int64_t kept = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::string& problem = problems[static_cast<std::size_t>(i)];
            if (!problem.empty()) {
                skipped_.add(problem);
                skipped_.may_pass = skipped_.may_pass || !lasting[static_cast<std::size_t>(i)];
                continue;
            }
            if (kept < i) std::copy_n(chunk.data() + i * bytes, bytes, chunk.data() + kept * bytes);
            totals_.add({chunk.data() + kept * bytes, static_cast<std::size_t>(bytes)});
            if (set.classes > 0) set.labels.push_back(files[static_cast<std::size_t>(first + i)].label);
            ++kept;
        }
        set.count += kept;
        append({chunk.data(), static_cast<std::size_t>(kept * bytes)});
    }
}

void ImageDecoding::expect_images(const ImageSet& set, const char* split) const {
    if (set.count > 0) return;
    throw DataError(fmt::format("[data] {}: expected readable {}images, but none of the files could be read: {}",
                                listing_.folder.string(), split, fmt::join(skipped_.sentences, "; ")));
}

std::vector<std::string> ImageDecoding::remarks() const {
    constexpr double kFaint = 4;  // a deviation, of 255
    std::vector<std::string> all = range_remark_;
    for (std::string& remark : skipped_.remarks()) all.push_back(std::move(remark));
    if (totals_.numbers == 0) return all;
    const double mean = static_cast<double>(totals_.sum) / static_cast<double>(totals_.numbers);
    const double variance = static_cast<double>(totals_.squares) / static_cast<double>(totals_.numbers) - mean * mean;
    const double deviation = std::sqrt(std::max(variance, 0.0));
    const std::string folder = listing_.folder.string();
    if (totals_.all_equal && totals_.images > 1)
        all.push_back(fmt::format("[data] {}: warning: all {} images are equal", folder, totals_.images));
    if (deviation < kFaint) {
        const char* const tone = mean > 250 ? "white" : mean < 5 ? "black" : "of one grey";
        const char* hint = "look at some of them";
        if (has_16_bits_) hint = "the number that is white in images of 16 bits is given with --range";
        if (mean > 250 && !has_16_bits_) hint = "what is transparent shows on --background black";
        all.push_back(
            fmt::format("[data] {}: warning: the images are nearly {} all over (mean {:.1f} of 255, standard "
                        "deviation {:.1f}); {}",
                        folder, tone, mean, deviation, hint));
    }
    return all;
}

}  // namespace sinter
