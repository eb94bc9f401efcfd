// Decoding a folder of images, once.
#include "core/data/formats/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/data/class_folders.h"
#include "core/data/describe.h"
#include "core/data/fit.h"
#include "core/data/formats/image_cache.h"
#include "core/data/formats/image_decoding.h"
#include "core/data/formats/image_listing.h"
#include "core/data/formats/packed_images.h"
#include "core/error.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

AppendImages append_to(std::vector<std::uint8_t>& pixels) {
    return [&pixels](std::span<const std::uint8_t> more) { pixels.insert(pixels.end(), more.begin(), more.end()); };
}

/// Decodes the images of a listing into memory and the cache, or where they do not fit in memory into the cache alone.
PackedImages decode_listing(const ImageListing& listing, const ImageRequest& request, const ImageCache& cache,
                            const Say& say) {
    ImageDecoding decoding(listing, request);
    PackedImages decoded;
    DataSplits& data = decoded.data;
    const std::size_t files = listing.train.size() + listing.test.size();
    const std::size_t bytes_per_image = static_cast<std::size_t>(decoding.target().bytes());
    const bool in_memory = belongs_in_memory(static_cast<std::int64_t>(files * bytes_per_image), request.place);
    std::unique_ptr<PackedImagesWriter> writer = cache.open(decoding.target().bytes(), !in_memory);
    say(fmt::format("Decoding {} images of {}{}", files, listing.folder.string(),
                    writer ? fmt::format(", once: they are kept in {}", cache.file().string()) : ""));
    // What goes wrong with the cache costs the next run some time, unless this run needs it.
    const auto try_to = [&](const auto& write) {
        if (!writer) return;
        try {
            write();
        } catch (const Error& error) {
            if (!in_memory) throw;
            writer.reset();
            say(fmt::format("{} The decoded images are not kept for the next run.", error.what()));
        }
    };

    data.class_names = listing.class_names;
    for (const auto& [set, split] : {std::pair{&data.train, &listing.train}, std::pair{&data.test, &listing.test}}) {
        set->classes = static_cast<int>(listing.class_names.size());
        if (in_memory) set->pixels.reserve(split->size() * bytes_per_image);
        const AppendImages keep = append_to(set->pixels);
        decoding.decode(*split, *set, [&](std::span<const std::uint8_t> pixels) {
            if (in_memory) keep(pixels);
            try_to([&] { writer->append(pixels); });
        });
    }
    decoding.expect_images(data.train, "train ");
    decoding.expect_images(data.test, "test ");
    data.skipped = decoding.skipped().count;
    data.range = decoding.range();
    decoded.remarks = decoding.remarks();
    if (decoding.skipped().may_pass && in_memory && writer) {
        writer.reset();
        say("Some files may be read another time: the decoded images are not kept for the next run.");
    }
    try_to([&] {
        writer->finish(data, decoded.remarks, cache.key());
        cache.keep_limit();
    });
    if (!in_memory) decoded = read_own_packed_images(cache.file(), cache.key(), ImageRequest::Place::file);
    return decoded;
}

/// The request with the size that it chooses, by the first image whose header can be read.
ImageRequest with_size(const ImageRequest& request, const ImageListing& listing) {
    if (request.height > 0 || !request.choose_size) return request;
    for (const ListedImage& file : listing.train) {
        try {
            const ImageInfo info = read_image_info(listing.folder / file.path);
            return request.with_size_for(info.height, info.width);
        } catch (const DataError&) {
            // It is named when its turn comes to be decoded.
        }
    }
    return request.with_size_for(1, 1);
}

/// The train images of a listing, in memory.
ImageSet load_train_images(const ImageListing& listing, int classes, const ImageRequest& request, const Say& say) {
    check_request(request);
    ImageDecoding decoding(listing, request);
    ImageSet set;
    set.name = folder_name(listing.folder);
    set.classes = classes;
    decoding.decode(listing.train, set, append_to(set.pixels));
    decoding.expect_images(set, "");
    if (say) {
        for (const std::string& remark : listing.remarks) say(remark);
        for (const std::string& remark : decoding.remarks()) say(remark);
    }
    return set;
}

}  // namespace

DataSplits load_image_folder(const fs::path& folder, const ImageRequest& wished, const Say& say) {
    check_request(wished);
    const Say tell = say ? say : [](const std::string&) {};
    const ImageListing listing = list_images(folder);
    const ImageRequest request = with_size(wished, listing);
    const ImageCache cache(listing, request, tell);
    std::optional<PackedImages> packed = cache.read();
    if (!packed) packed = decode_listing(listing, request, cache, tell);

    for (const std::string& remark : listing.remarks) tell(remark);
    for (const std::string& remark : packed->remarks) tell(remark);
    DataSplits data = std::move(packed->data);
    data.class_names = listing.class_names;  // the cache keeps them in UTF-8
    data.train.name = data.test.name = folder_name(folder);
    data.details.push_back(listing.split);
    if (data.skipped > 0) data.details.push_back(fmt::format("{} unreadable file(s) left out", data.skipped));
    if (data.train.file) data.details.push_back(fmt::format("read as needed from {}", cache.file().string()));
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

ImageSet load_labelled_images(const fs::path& folder, const std::vector<std::string>& class_names,
                              const ImageRequest& request, const Say& say) {
    ImageListing listing = list_class_folders(folder);
    const std::vector<std::string> known = class_folders(class_names);
    std::vector<std::uint8_t> labels;  // by class folder
    for (const std::string& name : listing.class_names) {
        const auto at = std::find(known.begin(), known.end(), name);
        if (at == known.end()) {
            throw DataError(
                fmt::format("[data] {}: expected class folders of the data's classes ({}), found '{}'; "
                            "rename it or take it away",
                            folder.string(), fmt::join(known, ", "), name));
        }
        labels.push_back(static_cast<std::uint8_t>(at - known.begin()));
    }
    for (ListedImage& image : listing.train) image.label = labels[image.label];
    return load_train_images(listing, static_cast<int>(class_names.size()), request, say);
}

ImageSet load_all_images(const fs::path& folder, const ImageRequest& request, const Say& say) {
    return load_train_images(list_all_images(folder), 0, request, say);
}

}  // namespace sinter
