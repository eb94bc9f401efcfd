// Loading the four files of an MNIST-like set.
#include "core/data/formats/mnist.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <sstream>
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

/// A family of sets in this form: how its files are called, and what is peculiar to them.
struct Family {
    const char* name;
    const char* stems[2];        ///< of train and test files
    const char* label_ending;    ///< behind -labels
    bool is_transposed = false;  ///< each image lies on its side, mirrored
    bool is_table = false;       ///< labels are the first of several columns of integers
};
const std::vector<Family>& families() {
    static const std::vector<Family> all = [] {
        std::vector<Family> found = {{"MNIST", {"train", "t10k"}, "idx1-ubyte"},
                                     {"QMNIST", {"qmnist-train", "qmnist-test"}, "idx2-int", false, true}};
        // EMNIST's six sets, whose files lie in one folder.
        static constexpr const char* kSplits[][3] = {
            {"EMNIST balanced", "emnist-balanced-train", "emnist-balanced-test"},
            {"EMNIST letters", "emnist-letters-train", "emnist-letters-test"},
            {"EMNIST digits", "emnist-digits-train", "emnist-digits-test"},
            {"EMNIST mnist", "emnist-mnist-train", "emnist-mnist-test"},
            {"EMNIST byclass", "emnist-byclass-train", "emnist-byclass-test"},
            {"EMNIST bymerge", "emnist-bymerge-train", "emnist-bymerge-test"}};
        for (const auto& split : kSplits) found.push_back({split[0], {split[1], split[2]}, "idx1-ubyte", true});
        return found;
    }();
    return all;
}

/// The names that one of the four files goes by, raw before packed because raw loads faster.
std::vector<std::string> file_names(const Family& family, int role) {
    const std::string stem = family.stems[role == train_images || role == train_labels ? 0 : 1];
    const bool images = role == train_images || role == test_images;
    std::vector<std::string> names;
    for (const char* packing : {"", ".gz"})
        for (const char* separator : {"-", "."})
            names.push_back(fmt::format("{}-{}{}{}{}", stem, images ? "images" : "labels", separator,
                                        images ? "idx3-ubyte" : family.label_ending, packing));
    return names;
}

struct FileSet {
    const Family* family = nullptr;
    std::array<fs::path, kFileRoles> files = {};  ///< the path is empty for one that is not there

    bool has(int role) const { return !files[static_cast<std::size_t>(role)].empty(); }
    const fs::path& operator[](int role) const { return files[static_cast<std::size_t>(role)]; }
    bool is_empty() const { return !has(train_images) && !has(train_labels) && !has(test_images) && !has(test_labels); }
    /// Whether it can be loaded: labels may be missing, for both sets.
    bool is_complete() const { return has(train_images) && has(test_images) && has(train_labels) == has(test_labels); }
    bool has_all() const { return is_complete() && has(train_labels); }
};

/// The files of a family in `folder`.
FileSet files_in(const fs::path& folder, const Family& family) {
    FileSet set{&family};
    for (int role = 0; role < kFileRoles; ++role) {
        fs::path& file = set.files[static_cast<std::size_t>(role)];
        for (const std::string& name : file_names(family, role)) {
            std::error_code error;
            if (file.empty() && fs::exists(folder / name, error)) file = folder / name;
        }
    }
    return set;
}

/// Where the files may lie, as seen from the folder that is given.
constexpr const char* kPlaces[] = {"",           "MNIST/raw",  "raw",       "FashionMNIST/raw",
                                   "KMNIST/raw", "EMNIST/raw", "QMNIST/raw"};

/// The files in `folder` or below it, as torchvision lays them out.
FileSet find_files(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        throw DataError(
            fmt::format("[data] {}: expected a folder with the files of MNIST, but there is {}; check the path",
                        folder.string(), fs::exists(folder, error) ? "something else by that name" : "no such folder"));
    }
    FileSet partial = files_in(folder, families().front());
    fs::path partial_folder = folder;
    for (const char* place : kPlaces) {
        std::vector<FileSet> complete;
        for (const Family& family : families()) {
            const FileSet files = files_in(folder / place, family);
            if (files.is_complete()) complete.push_back(files);
            if (partial.is_empty() && !files.is_empty()) partial = files, partial_folder = folder / place;
        }
        if (complete.size() == 1) return complete.front();
        if (complete.size() > 1) {
            std::string names;
            for (const FileSet& files : complete)
                names += fmt::format("{}{}", names.empty() ? "" : ", ", files.family->name);
            throw DataError(
                fmt::format("[data] {}: expected the files of one set, found those of {}; move the files of "
                            "the one that you mean into a folder of their own",
                            (folder / place).string(), names));
        }
    }
    std::string lacking;
    for (int role = 0; role < kFileRoles; ++role) {
        if (!partial.has(role))
            lacking +=
                fmt::format("{}{}", lacking.empty() ? "" : "; ", fmt::join(file_names(*partial.family, role), ", "));
    }
    throw DataError(fmt::format(
        "[data] {}: expected the four files of MNIST, or its two files of images, here or where torchvision "
        "puts them (MNIST/raw and the like), but {} lacks, under any of these names: {}; complete the folder "
        "or give another",
        folder.string(), partial_folder.string(), lacking));
}

/// Turns every image upright: its rows are columns.
void transpose(ImageSet& set) {
    std::vector<std::uint8_t> upright(set.pixels.size());
    const std::int64_t height = set.height, width = set.width;
    for (std::int64_t n = 0; n < set.count; ++n) {
        const std::uint8_t* const from = set.pixels.data() + n * height * width;
        std::uint8_t* const to = upright.data() + n * height * width;
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x) to[x * height + y] = from[y * width + x];
    }
    set.pixels = std::move(upright);
    std::swap(set.height, set.width);
}

/// `labels`: nothing where the set has none.
ImageSet combine(IdxBytes images, std::optional<IdxBytes> labels, const fs::path& images_file,
                 const fs::path& labels_file) {
    if (labels && images.shape[0] != labels->shape[0]) {
        throw DataError(
            fmt::format("[data] {} holds {} labels (byte 4), {} holds {} images (byte 4): expected as many labels "
                        "as images; take both files from one set",
                        labels_file.string(), labels->shape[0], images_file.string(), images.shape[0]));
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
    if (labels) set.labels = std::move(labels->values);
    return set;
}

std::optional<IdxBytes> read_labels(const FileSet& files, int role) {
    if (!files.has(role)) return std::nullopt;
    return files.family->is_table ? read_idx_classes(files[role]) : read_idx_bytes(files[role], 1);
}

/// Numbers the classes from 0 and names them by their numbers in the files, or as a mapping beside them says: a line
/// for each class with its number and the code of its letter.
void name_classes(const FileSet& files, DataSplits& data) {
    std::uint8_t least = 255, most = 0;
    for (const ImageSet* set : {&data.train, &data.test}) {
        for (const std::uint8_t label : set->labels) {
            least = std::min(least, label);
            most = std::max(most, label);
        }
    }
    if (least > most) return;
    // EMNIST's letters are numbered from 1.
    const std::uint8_t first = files.family->is_transposed ? least : std::uint8_t{0};
    std::vector<std::string> names;
    for (int label = first; label <= most; ++label) names.push_back(std::to_string(label));
    const std::string stem = files.family->stems[0];
    std::ifstream mapping(files[train_images].parent_path() / (stem.substr(0, stem.rfind('-')) + "-mapping.txt"));
    for (std::string line; std::getline(mapping, line);) {
        int label = -1, code = 0;
        std::istringstream(line) >> label >> code;
        if (label >= first && label <= most && code > ' ' && code < 127)
            names[static_cast<std::size_t>(label - first)] = static_cast<char>(code);
    }
    for (ImageSet* set : {&data.train, &data.test}) {
        set->classes = most - first + 1;
        for (std::uint8_t& label : set->labels) label = static_cast<std::uint8_t>(label - first);
    }
    data.class_names = std::move(names);
}

}  // namespace

bool holds_mnist(const fs::path& folder) {
    return std::any_of(std::begin(kPlaces), std::end(kPlaces), [&](const char* place) {
        return std::any_of(families().begin(), families().end(),
                           [&](const Family& family) { return !files_in(folder / place, family).is_empty(); });
    });
}

bool is_complete_mnist(const fs::path& folder) { return files_in(folder, families().front()).has_all(); }

DataSplits load_mnist(const fs::path& folder) {
    const FileSet files = find_files(folder);
    // The two image files are nearly all of the work, and unpacking has no parallelism inside one file. Deferred: where
    // no thread can be started.
    std::future<IdxBytes> train_pixels =
        std::async(std::launch::async | std::launch::deferred, [&] { return read_idx_bytes(files[train_images], 3); });
    IdxBytes test_pixels = read_idx_bytes(files[test_images], 3);

    DataSplits data;
    data.test =
        combine(std::move(test_pixels), read_labels(files, test_labels), files[test_images], files[test_labels]);
    std::optional<IdxBytes> labels = read_labels(files, train_labels);
    data.train = combine(train_pixels.get(), std::move(labels), files[train_images], files[train_labels]);
    if (data.train.height != data.test.height || data.train.width != data.test.width) {
        throw DataError(
            fmt::format("[data] {} holds images of {} x {} (bytes 12 and 8), {} of {} x {}: expected one size; take "
                        "both files from one set",
                        files[train_images].string(), data.train.width, data.train.height, files[test_images].string(),
                        data.test.width, data.test.height));
    }
    if (files.family->is_transposed)
        for (ImageSet* set : {&data.train, &data.test}) transpose(*set);
    name_classes(files, data);
    data.train.name = data.test.name = folder_name(files[train_images].parent_path());
    data.source = fmt::format("The set {}, from {}.", describe(data), folder.string());
    return data;
}

}  // namespace sinter
