// Decoding a folder of images, once.
#include "core/data/formats/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/data/describe.h"
#include "core/data/fit.h"
#include "core/data/formats/image_listing.h"
#include "core/data/formats/packed_images.h"
#include "core/device.h"
#include "core/error.h"
#include "core/files/cache_folder.h"
#include "core/files/memory_budget.h"
#include "core/files/sha256.h"
#include "core/pictures/image_file.h"
#include "core/pictures/image_fitter.h"
#include "kernels/machine.h"
#include "kernels/thread_pool.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// The files that could not be read: all are counted, the first few are named.
struct SkippedFiles {
    static constexpr std::int64_t kNamed = 5;

    std::int64_t count = 0;
    std::vector<std::string> sentences;

    void add(const std::string& problem) {
        if (++count <= kNamed) sentences.push_back(problem + "; left out");
    }
    std::vector<std::string> remarks() const {
        std::vector<std::string> all = sentences;
        if (count > kNamed) all.push_back(fmt::format("[data] {} more image files were left out", count - kNamed));
        return all;
    }
};

/// The size and the channels that all images of a set get.
struct Target {
    std::int64_t height = 0, width = 0, channels = 0;

    std::int64_t bytes() const { return height * width * channels; }
};

/// Takes the size and the channels that the request leaves open from the headers of the files.
Target resolve(const ImageRequest& request, const ImageListing& listing, kernels::ThreadPool& pool) {
    Target target{request.height, request.width, request.channels};
    if (target.bytes() > 0) return target;

    std::vector<const ListedImage*> files;
    for (const auto* split : {&listing.train, &listing.test})
        for (const ListedImage& file : *split) files.push_back(&file);
    std::vector<ImageInfo> infos(files.size());
    pool.run(static_cast<std::int64_t>(files.size()), [&](std::int64_t i, int) {
        const std::size_t at = static_cast<std::size_t>(i);
        try {
            infos[at] = read_image_info(listing.folder / files[at]->path);
        } catch (const std::exception&) {
            // A file without a readable header is left out, and named, when its turn comes to be decoded.
        }
    });

    const ListedImage* first = nullptr;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (infos[i].channels == 0) continue;
        if (request.channels == 0) target.channels = std::max(target.channels, infos[i].channels);
        if (request.height > 0) continue;
        if (!first) {
            first = files[i];
            target.height = infos[i].height;
            target.width = infos[i].width;
        } else if (infos[i].height != target.height || infos[i].width != target.width) {
            throw DataError(
                fmt::format("[data] {}: expected images of one size, {} is {} x {}, {} is {} x {}; give the "
                            "size that all should be fitted to (--size)",
                            listing.folder.string(), first->path, target.height, target.width, files[i]->path,
                            infos[i].height, infos[i].width));
        }
    }
    // Without one readable header every file will be named as unreadable; until then any size does.
    for (std::int64_t* size : {&target.height, &target.width, &target.channels})
        *size = std::max<std::int64_t>(*size, 1);
    return target;
}

/// The memory that decoded images of full size may take together, as long as each by itself does not need more.
std::int64_t decoding_budget() {
    constexpr std::int64_t kMinBytes = 64 << 20;
    return std::max(kMinBytes, kernels::available_memory() / 8);
}

/// The memory that decoding an image takes beside its file: the pixels, and what the decoder holds of them in up to two
/// bytes a channel.
std::int64_t decoding_bytes(const fs::path& file) {
    try {
        const ImageInfo info = read_image_info(file);
        return 4 * info.height * info.width * (info.channels + 1);
    } catch (const DataError&) {
        return 0;  // read_image() tells what is wrong with it
    }
}

/// What one thread needs to decode image after image.
struct DecodingThread {
    std::optional<ImageFitter> fitter;
    std::int64_t height = 0, width = 0;  ///< what the fitter is for
    std::vector<std::uint8_t> fitted;
};

void decode(const fs::path& file, const Target& target, MemoryBudget& budget, DecodingThread& thread,
            std::uint8_t* to) {
    const MemoryBudget::Share share(budget, decoding_bytes(file));
    const Picture picture = read_image(file);
    if (!thread.fitter || thread.height != picture.height || thread.width != picture.width) {
        thread.fitter.emplace(picture.height, picture.width, target.height, target.width);
        thread.height = picture.height;
        thread.width = picture.width;
    }
    thread.fitted.resize(static_cast<std::size_t>(target.height * target.width * picture.channels));
    thread.fitter->fit(picture.pixels.data(), picture.channels, thread.fitted.data());
    convert_channels(thread.fitted.data(), picture.channels, to, target.channels, target.height * target.width);
}

/// Takes the pixels of some images, in order.
using Append = std::function<void(std::span<const std::uint8_t>)>;

/// Decodes `files` in order, chunk by chunk; all threads decode the images of a chunk. Fills in what `set` says beside
/// the pixels.
void decode_all(const fs::path& folder, const std::vector<ListedImage>& files, const Target& target, ImageSet& set,
                SkippedFiles& skipped, kernels::ThreadPool& pool, const Append& append) {
    constexpr std::int64_t kChunkBytes = 32 << 20;
    MemoryBudget budget(decoding_budget());
    set.height = target.height;
    set.width = target.width;
    set.channels = target.channels;
    const std::int64_t total = static_cast<std::int64_t>(files.size());
    // Enough images for all threads, if they are not so large that they would not fit in memory.
    const std::int64_t chunk_bytes =
        std::max(kChunkBytes, std::min(decoding_budget(), 4 * pool.threads() * target.bytes()));
    const std::int64_t chunk_size = std::clamp<std::int64_t>(chunk_bytes / target.bytes(), 1, 4096);
    std::vector<std::uint8_t> chunk(static_cast<std::size_t>(std::min(chunk_size, total) * target.bytes()));
    std::vector<std::string> problems(static_cast<std::size_t>(std::min(chunk_size, total)));
    std::vector<DecodingThread> threads(static_cast<std::size_t>(pool.threads()));

    for (std::int64_t first = 0; first < total; first += chunk_size) {
        const std::int64_t count = std::min(chunk_size, total - first);
        pool.run(count, [&](std::int64_t i, int thread) {
            std::string& problem = problems[static_cast<std::size_t>(i)];
            const fs::path file = folder / files[static_cast<std::size_t>(first + i)].path;
            problem.clear();
            try {
                decode(file, target, budget, threads[static_cast<std::size_t>(thread)],
                       chunk.data() + i * target.bytes());
            } catch (const DataError& error) {
                problem = error.what();
            } catch (const std::exception& error) {  // no memory
                problem = fmt::format("[image] {}: {}", file.string(), error.what());
            }
        });
        // The images that were read move together.
        std::int64_t kept = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::string& problem = problems[static_cast<std::size_t>(i)];
            if (!problem.empty()) {
                skipped.add(problem);
                continue;
            }
            if (kept < i)
                std::copy_n(chunk.data() + i * target.bytes(), target.bytes(), chunk.data() + kept * target.bytes());
            if (set.classes > 0) set.labels.push_back(files[static_cast<std::size_t>(first + i)].label);
            ++kept;
        }
        set.count += kept;
        append({chunk.data(), static_cast<std::size_t>(kept * target.bytes())});
    }
}

void expect_images(const ImageSet& set, const ImageListing& listing, const char* split, const SkippedFiles& skipped) {
    if (set.count > 0) return;
    throw DataError(fmt::format("[data] {}: expected readable {}images, but none of the files could be read: {}",
                                listing.folder.string(), split, fmt::join(skipped.sentences, "; ")));
}

Append append_to(std::vector<std::uint8_t>& pixels) {
    return [&pixels](std::span<const std::uint8_t> more) { pixels.insert(pixels.end(), more.begin(), more.end()); };
}

// ---- The file of decoded images ----

/// The version of the code that makes pixels of files: read_image() and ImageFitter. Raise it with every change after
/// which a file gives other pixels, or is no longer read.
constexpr int kDecoderVersion = 1;

/// What the decoded images depend on: change any of it, and they are decoded again.
std::string content_key(const ImageListing& listing, const ImageRequest& request) {
    std::string text =
        fmt::format("decoder {}\n{} {} {}\n", kDecoderVersion, request.height, request.width, request.channels);
    for (const auto* split : {&listing.train, &listing.test}) {
        for (const ListedImage& file : *split)
            text += fmt::format("{} {} {} {}\n", file.path, file.bytes, file.modified, file.label);
        text += '\n';
    }
    for (const std::string& name : listing.class_names) text += name + '\n';
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

/// Where the cache keeps the decoded images of a folder; empty where there is no cache folder.
fs::path packed_file(const fs::path& folder, const ImageRequest& request) {
    const fs::path cache = cache_folder();
    if (cache.empty()) return {};
    const std::string path = fs::absolute(folder).lexically_normal().string();
    const std::string hash = sha256_hex({reinterpret_cast<const std::uint8_t*>(path.data()), path.size()});
    const std::string size = request.height ? fmt::format("{}x{}", request.height, request.width) : "as-is";
    const char* const colour = request.channels == 1 ? "-grey" : request.channels == 3 ? "-colour" : "";
    return cache / "images" / fmt::format("{}-{}{}-{}.packed", folder_name(folder), size, colour, hash.substr(0, 12));
}

/// The decoded images in the cache, if they are there and sound.
std::optional<PackedImages> read_cache(const fs::path& file, const std::string& key, const ImageRequest& request,
                                       const Say& say) {
    if (file.empty()) return std::nullopt;
    try {
        return read_packed_images(file, key, request.place);
    } catch (const DataError& error) {
        say(fmt::format("{}; decoding the images again", error.what()));
        return std::nullopt;
    }
}

/// A writer for the cache. If there can be none, it is null and `say` tells why; if one is needed, that is an Error.
std::unique_ptr<PackedImagesWriter> open_cache(const fs::path& file, std::int64_t bytes_per_image, bool needed,
                                               const Say& say) {
    const char* const no_room =
        "the decoded images do not fit in memory and need a file; set SINTER_CACHE_DIR to a folder "
        "with room";
    if (file.empty()) {
        if (needed) throw Error(fmt::format("[data] no folder for a cache is known, but {}", no_room));
        return nullptr;
    }
    try {
        ensure_folder(file.parent_path());
        remove_left_behind(file.parent_path());
        return std::make_unique<PackedImagesWriter>(file, bytes_per_image);
    } catch (const Error& error) {
        if (needed) throw Error(fmt::format("{} ({})", error.what(), no_room));
        say(fmt::format("{} The decoded images are not kept for the next run.", error.what()));
        return nullptr;
    }
}

/// Decodes the images of a listing into memory and the cache, or where they do not fit in memory into the cache alone.
PackedImages decode_listing(const ImageListing& listing, const ImageRequest& request, const fs::path& cache,
                            const std::string& key, const Say& say) {
    kernels::ThreadPool pool(cpu_threads());
    const Target target = resolve(request, listing, pool);
    PackedImages decoded;
    DataSplits& data = decoded.data;
    const std::size_t files = listing.train.size() + listing.test.size();
    const std::int64_t bytes = static_cast<std::int64_t>(files) * target.bytes();
    const bool in_memory = belongs_in_memory(bytes, request.place);
    std::unique_ptr<PackedImagesWriter> writer = open_cache(cache, target.bytes(), !in_memory, say);
    say(fmt::format("Decoding {} images of {}{}", files, listing.folder.string(),
                    writer ? fmt::format(", once: they are kept in {}", cache.string()) : ""));

    SkippedFiles skipped;
    data.class_names = listing.class_names;
    for (const auto& [set, split] : {std::pair{&data.train, &listing.train}, std::pair{&data.test, &listing.test}}) {
        set->classes = static_cast<int>(listing.class_names.size());
        if (in_memory) set->pixels.reserve(split->size() * static_cast<std::size_t>(target.bytes()));
        const Append keep = append_to(set->pixels);
        decode_all(listing.folder, *split, target, *set, skipped, pool, [&](std::span<const std::uint8_t> pixels) {
            if (in_memory) keep(pixels);
            if (!writer) return;
            try {
                writer->append(pixels);
            } catch (const Error& error) {
                if (!in_memory) throw;
                writer.reset();
                say(fmt::format("{} The decoded images are not kept for the next run.", error.what()));
            }
        });
    }
    expect_images(data.train, listing, "train ", skipped);
    expect_images(data.test, listing, "test ", skipped);
    data.skipped = skipped.count;
    decoded.remarks = skipped.remarks();
    if (writer) {
        try {
            writer->finish(data, decoded.remarks, key);
        } catch (const Error& error) {
            if (!in_memory) throw;
            say(fmt::format("{} The decoded images are not kept for the next run.", error.what()));
        }
    }
    if (!in_memory) decoded = read_own_packed_images(cache, key, ImageRequest::Place::file);
    return decoded;
}

}  // namespace

DataSplits load_image_folder(const fs::path& folder, const ImageRequest& request, const Say& say) {
    check_request(request);
    const Say tell = say ? say : [](const std::string&) {};
    const ImageListing listing = list_images(folder);
    const std::string key = content_key(listing, request);
    const fs::path cache = packed_file(folder, request);
    std::optional<PackedImages> packed = read_cache(cache, key, request, tell);
    if (!packed) packed = decode_listing(listing, request, cache, key, tell);

    for (const std::string& remark : listing.remarks) tell(remark);
    for (const std::string& remark : packed->remarks) tell(remark);
    DataSplits data = std::move(packed->data);
    data.train.name = data.test.name = folder_name(folder);
    data.details.push_back(listing.split);
    if (data.skipped > 0) data.details.push_back(fmt::format("{} unreadable file(s) left out", data.skipped));
    if (data.train.file) data.details.push_back(fmt::format("read as needed from {}", cache.string()));
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

ImageSet load_all_images(const fs::path& folder, const ImageRequest& request, const Say& say) {
    check_request(request);
    const ImageListing listing = list_all_images(folder);
    kernels::ThreadPool pool(cpu_threads());
    ImageSet set;
    SkippedFiles skipped;
    set.name = folder_name(folder);
    decode_all(folder, listing.train, resolve(request, listing, pool), set, skipped, pool, append_to(set.pixels));
    expect_images(set, listing, "", skipped);
    if (say) {
        for (const std::string& remark : listing.remarks) say(remark);
        for (const std::string& remark : skipped.remarks()) say(remark);
    }
    return set;
}

}  // namespace sinter
