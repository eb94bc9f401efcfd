// Loading the four files of an MNIST-like set, and choosing between the places where data may be.
#include "core/data/mnist.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <future>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/data/digits.h"
#include "core/data/idx.h"
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
    for (const char* place : {"", "MNIST/raw", "raw", "FashionMNIST/raw"}) {
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

/// mnist for .../mnist, FashionMNIST for .../FashionMNIST/raw.
std::string name_of(const fs::path& folder) {
    fs::path path = fs::absolute(folder).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // .../mnist/
    if (path.filename() == "raw") path = path.parent_path();
    return path.filename().string();
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

// ---- The search ----

const std::array<PublishedFile, kFileRoles> kMnistFiles = {{
    // The small ones first: where there is no network, the first file is the one that finds out.
    {"t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
    {"train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
    {"t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
    {"train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
}};

constexpr const char* kMnistMirrors[] = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                                         "https://storage.googleapis.com/cvdf-datasets/mnist/"};

/// The value of an environment variable; empty where it is unset.
std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// The folder that keeps downloads; empty where the environment names none.
fs::path cache_folder() {
    if (const std::string folder = environment("SINTER_CACHE_DIR"); !folder.empty()) return folder;
    // The XDG base directory specification has relative paths ignored.
    if (const fs::path folder = environment("XDG_CACHE_HOME"); folder.is_absolute()) return folder / "sinter";
    if (const fs::path home = environment("HOME"); !home.empty()) return home / ".cache" / "sinter";
    return {};
}

std::string describe(const DataSplits& data) {
    return fmt::format("{}, {} + {} images of {} x {}", data.train.name, data.train.count, data.test.count,
                       data.train.height, data.train.width);
}

/// Loads `where`, a folder or the word digits; both the sentence and a failure say why it was looked at.
DataSplits load_chosen(const fs::path& where, const std::string& reason) {
    if (where == "digits") {
        DataSplits data = make_digits();
        data.source = fmt::format("The embedded set {}, because {}.", describe(data), reason);
        return data;
    }
    try {
        DataSplits data = load_mnist(where);
        data.source = fmt::format("The set {}, from {}, because {}.", describe(data), where.string(), reason);
        return data;
    } catch (const DataError& error) {
        throw DataError(fmt::format("{} (looked at because {})", error.what(), reason));
    }
}

DataSplits fall_back_to_digits(const std::string& reason) {
    DataSplits data = make_digits();
    data.source = fmt::format("The embedded set {}, because neither --data nor SINTER_DATA_DIR is given and {}.",
                              describe(data), reason);
    return data;
}

}  // namespace

DataSplits load_mnist(const fs::path& folder) {
    const FileSet files = find_files(folder);
    // The two image files are nearly all of the work, and unpacking has no parallelism inside one file.
    std::future<IdxBytes> train_pixels =
        std::async(std::launch::async, [&] { return read_idx_bytes(files[train_images], 3); });
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
    data.train.name = data.test.name = name_of(files[train_images].parent_path());
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

DataSplits find_data(const std::optional<fs::path>& data_option, const Say& say) {
    if (data_option) return load_chosen(*data_option, "--data says so");
    if (const std::string folder = environment("SINTER_DATA_DIR"); !folder.empty())
        return load_chosen(folder, "SINTER_DATA_DIR says so");

    const fs::path cache = cache_folder();
    if (cache.empty()) return fall_back_to_digits("neither SINTER_CACHE_DIR nor HOME names a cache folder");
    std::error_code error;
    if (fs::exists(cache, error) && !fs::is_directory(cache, error)) {
        throw DataError(
            fmt::format("[data] {}: expected a folder for the cache, came something else by that name; set "
                        "SINTER_CACHE_DIR to a folder",
                        cache.string()));
    }
    const fs::path folder = cache / "mnist";
    if (is_complete(files_in(folder))) return load_chosen(folder, "it is in the cache");
    if (environment("SINTER_OFFLINE") == "1")
        return fall_back_to_digits(fmt::format("MNIST is not in the cache {} and SINTER_OFFLINE is 1", cache.string()));

    std::vector<std::string> mirrors(std::begin(kMnistMirrors), std::end(kMnistMirrors));
    if (std::string url = environment("SINTER_MNIST_URL"); !url.empty()) mirrors = {std::move(url)};
    if (const auto failure = download(kMnistFiles, mirrors, folder, say)) {
        return fall_back_to_digits(
            fmt::format("MNIST is not in the cache {} and could not be downloaded: {}", cache.string(), *failure));
    }
    return load_chosen(folder, "it has just been downloaded into the cache");
}

}  // namespace sinter
