#include "core/data/formats/image_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "core/data/describe.h"
#include "core/error.h"
#include "core/files/cache_folder.h"
#include "core/files/sha256.h"
#include "core/pictures/image_file.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLimit = "SINTER_CACHE_LIMIT";
constexpr std::uintmax_t kUsualLimit = std::uintmax_t{20} << 30;

/// The version of the code that makes pixels of files: read_image() and ImageFitter. Raise it with every change after
/// which a file gives other pixels, is no longer read, or is read for the first time, as with a new format.
constexpr int kDecoderVersion = 2;

std::string hash_of(const std::string& text) {
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// All of a request that shapes pixels, for the name of the file and its key.
std::string how(const ImageRequest& request) {
    const auto& [fit, background, range] = request.fitting;
    std::string text = request.height ? fmt::format("{}x{}", request.width, request.height) : "as-is";
    if (request.channels > 0) text += request.channels == 1 ? "-grey" : "-colour";
    if (fit != Fit::crop) text += fit == Fit::pad ? "-pad" : "-stretch";
    if (background) text += fmt::format("-{:02x}{:02x}{:02x}", background->red, background->green, background->blue);
    if (range > 0) text += fmt::format("-{}", range);
    return text;
}

std::string content_key(const ImageListing& listing, const ImageRequest& request) {
    std::string text = fmt::format("decoder {}, {}\n{}\n", kDecoderVersion, decoder_versions(), how(request));
    for (const auto* split : {&listing.train, &listing.test}) {
        for (const ListedImage& file : *split)
            text += fmt::format("{} {} {} {}\n", file.path, file.bytes, file.modified, file.label);
        text += '\n';
    }
    for (const std::string& name : listing.class_names) text += name + '\n';
    return hash_of(text);
}

/// "20G" as bytes; nothing where it is no such number.
std::optional<std::uintmax_t> bytes_of(std::string text) {
    int shift = 0;
    if (!text.empty() && !std::isdigit(static_cast<unsigned char>(text.back()))) {
        const std::size_t unit =
            std::string_view("KMGT").find(static_cast<char>(std::toupper(static_cast<unsigned char>(text.back()))));
        if (unit == std::string_view::npos) return std::nullopt;
        shift = 10 * static_cast<int>(unit + 1);
        text.pop_back();
    }
    std::uintmax_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number > UINTMAX_MAX >> shift) return std::nullopt;
    return number << shift;
}

}  // namespace

ImageCache::ImageCache(const ImageListing& listing, const ImageRequest& request, const Say& say)
    : place_(request.place), say_(say), key_(content_key(listing, request)) {
    const fs::path cache = cache_folder();
    if (cache.empty()) return;
    const std::string path = fs::absolute(listing.folder).lexically_normal().string();
    file_ = cache / "images" /
            fmt::format("{}-{}-{}.packed", folder_name(listing.folder), how(request), hash_of(path).substr(0, 12));
}

std::optional<PackedImages> ImageCache::read() const {
    if (file_.empty()) return std::nullopt;
    try {
        std::optional<PackedImages> packed = read_packed_images(file_, key_, place_);
        std::error_code ignored;
        if (packed) fs::last_write_time(file_, fs::file_time_type::clock::now(), ignored);
        return packed;
    } catch (const DataError& error) {
        say_(fmt::format("{}; decoding the images again", error.what()));
        return std::nullopt;
    }
}

std::unique_ptr<PackedImagesWriter> ImageCache::open(std::int64_t bytes_per_image, bool needed) const {
    const char* const no_room =
        "the decoded images do not fit in memory and need a file; set SINTER_CACHE_DIR to a folder "
        "with room";
    if (file_.empty()) {
        if (needed) throw Error(fmt::format("[data] no folder for a cache is known, but {}", no_room));
        return nullptr;
    }
    try {
        ensure_folder(file_.parent_path());
        remove_left_behind(file_.parent_path());
        return std::make_unique<PackedImagesWriter>(file_, bytes_per_image);
    } catch (const Error& error) {
        if (needed) throw Error(fmt::format("{} ({})", error.what(), no_room));
        say_(fmt::format("{} The decoded images are not kept for the next run.", error.what()));
        return nullptr;
    }
}

void ImageCache::keep_limit() const {
    std::uintmax_t limit = kUsualLimit;
    if (const std::string text = environment(kLimit); !text.empty()) {
        const std::optional<std::uintmax_t> given = bytes_of(text);
        if (!given)
            say_(fmt::format("[data] {}: expected bytes, such as 500M or 20G, got '{}'; taken as 20G", kLimit, text));
        limit = given.value_or(kUsualLimit);
    }
    struct Kept {
        fs::file_time_type used;
        std::uintmax_t bytes;
        fs::path file;
    };
    std::vector<Kept> files;
    std::uintmax_t total = 0;
    std::error_code error;
    for (fs::directory_iterator entry(file_.parent_path(), error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        if (entry->path().extension() != ".packed") continue;
        std::error_code gone;
        const Kept kept{entry->last_write_time(gone), entry->file_size(gone), entry->path()};
        if (gone) continue;
        total += kept.bytes;
        if (kept.file != file_) files.push_back(kept);
    }
    std::sort(files.begin(), files.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
    for (const Kept& oldest : files) {
        if (total <= limit) return;
        if (!fs::remove(oldest.file, error)) continue;
        total -= oldest.bytes;
        say_(fmt::format("[data] {}: removed, because decoded images take more than {} ({})", oldest.file.string(),
                         environment(kLimit).empty() ? "20G" : environment(kLimit), kLimit));
    }
}

}  // namespace sinter
