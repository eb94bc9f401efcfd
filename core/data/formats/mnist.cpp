// Loading the four files of an MNIST-like set.
#include "core/data/formats/mnist.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/data/describe.h"
#include "core/data/formats/idx.h"
#include "core/error.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

// ---- One folder ----

enum FileRole { train_images, train_labels, test_images, test_labels, kFileRoles };

/// The names that one of the four files goes by, raw before packed because raw loads faster.
std::vector<std::string> file_names(int role) {
    const std::string stem = role == train_images || role == train_labels ? "train" : "t10k";
    const bool images = role == train_images || role == test_images;
    std::vector<std::string> names;
    for (const char* packing : {"", ".gz"})
        for (const char* separator : {"-", "."})
            names.push_back(fmt::format("{}-{}{}{}-ubyte{}", stem, images ? "images" : "labels", separator,
                                        images ? "idx3" : "idx1", packing));
    return names;
}

using FileSet = std::array<fs::path, kFileRoles>;

/// The four files in `folder`; the path is empty for one that is not there.
FileSet files_in(const fs::path& folder) {
    FileSet files;
    for (int role = 0; role < kFileRoles; ++role) {
        for (const std::string& name : file_names(role)) {
            std::error_code error;
            if (files[role].empty() && fs::exists(folder / name, error)) files[role] = folder / name;
        }
    }
    return files;
}

bool is_complete(const FileSet& files) {
    return std::none_of(files.begin(), files.end(), [](const fs::path& file) { return file.empty(); });
}

bool is_empty(const FileSet& files) {
    return std::all_of(files.begin(), files.end(), [](const fs::path& file) { return file.empty(); });
}

/// Where the files may lie, as seen from the folder that is given.
constexpr const char* kPlaces[] = {"", "MNIST/raw", "raw", "FashionMNIST/raw"};

/// The four files in `folder` or below it, as torchvision lays them out.
FileSet find_files(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        throw DataError(
            fmt::format("[data] {}: expected a folder with the files of MNIST, but there is {}; check the path",
                        folder.string(), fs::exists(folder, error) ? "something else by that name" : "no such folder"));
    }
    FileSet partial = files_in(folder);
    fs::path partial_folder = folder;
    for (const char* place : kPlaces) {
        const FileSet files = files_in(folder / place);
        if (is_complete(files)) return files;
        if (is_empty(partial) && !is_empty(files)) partial = files, partial_folder = folder / place;
    }
    std::string lacking;
    for (int role = 0; role < kFileRoles; ++role) {
        if (partial[role].empty())
            lacking += fmt::format("{}{}", lacking.empty() ? "" : "; ", fmt::join(file_names(role), ", "));
    }
    throw DataError(
        fmt::format("[data] {}: expected the four files of MNIST here, in MNIST/raw, raw or FashionMNIST/raw, but "
                    "{} lacks, under any of these names: {}; complete the folder or give another",
                    folder.string(), partial_folder.string(), lacking));
}

ImageSet combine(IdxBytes images, IdxBytes labels, const fs::path& images_file, const fs::path& labels_file) {
    if (images.shape[0] != labels.shape[0]) {
        throw DataError(
            fmt::format("[data] {} holds {} labels (byte 4), {} holds {} images (byte 4): expected as many labels "
                        "as images; take both files from one set",
                        labels_file.string(), labels.shape[0], images_file.string(), images.shape[0]));
    }
    if (images.values.empty()) {
        throw DataError(fmt::format("[data] {}: expected at least one image of at least one pixel, came {}",
                                    images_file.string(), fmt::join(images.shape, " x ")));
    }
    ImageSet set;
    set.count = images.shape[0];
    set.height = images.shape[1];
    set.width = images.shape[2];
    set.pixels = std::move(images.values);
    set.labels = std::move(labels.values);
    set.classes = 1 + *std::max_element(set.labels.begin(), set.labels.end());
    return set;
}

}  // namespace

bool holds_mnist(const fs::path& folder) {
    return std::any_of(std::begin(kPlaces), std::end(kPlaces),
                       [&](const char* place) { return !is_empty(files_in(folder / place)); });
}

bool is_complete_mnist(const fs::path& folder) { return is_complete(files_in(folder)); }

DataSplits load_mnist(const fs::path& folder) {
    const FileSet files = find_files(folder);
    // The two image files are nearly all of the work, and unpacking has no parallelism inside one file. Deferred: where
    // no thread can be started.
    std::future<IdxBytes> train_pixels =
        std::async(std::launch::async | std::launch::deferred, [&] { return read_idx_bytes(files[train_images], 3); });
    IdxBytes test_pixels = read_idx_bytes(files[test_images], 3);

    DataSplits data;
    data.test =
        combine(std::move(test_pixels), read_idx_bytes(files[test_labels], 1), files[test_images], files[test_labels]);
    IdxBytes labels = read_idx_bytes(files[train_labels], 1);
    data.train = combine(train_pixels.get(), std::move(labels), files[train_images], files[train_labels]);
    if (data.train.height != data.test.height || data.train.width != data.test.width) {
        throw DataError(
            fmt::format("[data] {} holds images of {} x {} (bytes 8 and 12), {} of {} x {}: expected one size; take "
                        "both files from one set",
                        files[train_images].string(), data.train.height, data.train.width, files[test_images].string(),
                        data.test.height, data.test.width));
    }
    data.train.classes = data.test.classes = std::max(data.train.classes, data.test.classes);
    data.train.name = data.test.name = folder_name(files[train_images].parent_path());
    data.class_names = numbered_classes(data.train.classes);
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

}  // namespace sinter
