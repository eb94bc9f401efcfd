// Chooses between the places where data may be, and between the forms in which it may lie there.
#include "core/data/find_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/data/describe.h"
#include "core/data/fit.h"
#include "core/data/formats/amat.h"
#include "core/data/formats/cifar.h"
#include "core/data/formats/digits.h"
#include "core/data/formats/image_folder.h"
#include "core/data/formats/mnist.h"
#include "core/data/known_sets.h"
#include "core/device.h"
#include "core/error.h"
#include "core/files/cache_folder.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

const std::array<PublishedFile, 4> kMnistFiles = {{
    // The small files come first: without a network, the first one finds that out.
    {"t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
    {"train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
    {"t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
    {"train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
}};

constexpr const char* kMnistMirrors[] = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                                         "https://storage.googleapis.com/cvdf-datasets/mnist/"};

/// Fits the images to the request. Returns what the set is, in words.
std::string fit(DataSplits& data, const ImageRequest& request) {
    const std::int64_t height = data.train.height, width = data.train.width;
    fit_images(data, request.with_size_for(height, width));
    if (data.train.height != height || data.train.width != width)
        data.details.push_back(fmt::format("fitted from {} x {}", width, height));
    return describe(data);
}

DataSplits embedded_digits(const ImageRequest& request, const std::string& reason) {
    DataSplits data = make_digits(kTrainDigits, kTestDigits, cpu_threads());
    data.content = content_hash(data);
    const std::string words = fit(data, request);
    data.place = "digits";
    data.source = fmt::format("The embedded set {}, because {}.", words, reason);
    return data;
}

/// A form in which data may lie in a folder: how it is recognised and how it is loaded.
struct DataForm {
    bool (*holds)(const fs::path& folder);
    DataSplits (*load)(const fs::path& folder, const ImageRequest& request, const Say& say);
};

/// The forms, in the order in which they are tried. A folder of no other form is taken for one of images.
constexpr DataForm kForms[] = {
    {holds_mnist, [](const fs::path& folder, const ImageRequest&, const Say&) { return load_mnist(folder); }},
    {holds_amat, [](const fs::path& folder, const ImageRequest&, const Say&) { return load_amat(folder); }},
    {holds_cifar10, [](const fs::path& folder, const ImageRequest&, const Say&) { return load_cifar10(folder); }},
    {[](const fs::path&) { return true; }, load_image_folder},
};

/// Loads a folder in the first form that it shows a file of.
DataSplits load_folder(const fs::path& folder, const ImageRequest& request, const Say& say) {
    const auto form =
        std::find_if(std::begin(kForms), std::end(kForms), [&](const DataForm& f) { return f.holds(folder); });
    return form->load(folder, request, say);
}

std::vector<std::string> texts(const std::vector<fs::path>& paths) {
    std::vector<std::string> found;
    for (const fs::path& path : paths) found.push_back(path.string());
    return found;
}

/// Without dots, and without a slash at its end.
fs::path absolute_path(const fs::path& folder) {
    const fs::path path = fs::absolute(folder).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

std::string because(const std::string& sentence, const std::string& reason) {
    return fmt::format("{} (looked at because {})", sentence, reason);
}

/// Loads a folder; both the sentence and a failure say why this place was tried. `known`: the set that it must be, if
/// any.
DataSplits load_from(const fs::path& folder, const ImageRequest& request, const std::string& reason, const Say& say,
                     const KnownSet* known = nullptr) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        throw DataError(because(
            fmt::format("[data] {}: expected a folder with data, but there is {}; check the path", folder.string(),
                        fs::exists(folder, error) ? "something else by that name" : "no such folder"),
            reason));
    }
    try {
        DataSplits data = load_folder(folder, request, say);
        data.content = content_hash(data);
        if (known) {
            require_known_set(*known, data, folder);
            data.train.name = data.test.name = known->name;
            if (!known->class_names.empty()) data.class_names = known->class_names;
        }
        const std::string words = fit(data, request);
        data.place = known ? known->name : absolute_path(folder).string();
        data.source = fmt::format("The set {}, from {}, because {}.", words, folder.string(), reason);
        return data;
    } catch (const DataError& failure) {
        throw DataError(because(failure.what(), reason));
    }
}

/// Where a set that is asked for by its name may lie.
std::vector<fs::path> places_of(const KnownSet& set) {
    std::vector<fs::path> roots;
    if (const std::string folder = environment("SINTER_DATA_DIR"); !folder.empty() && !is_name_of_set(folder))
        roots.push_back(folder);
    if (const fs::path cache = cache_folder(); !cache.empty()) roots.push_back(cache);
    std::vector<fs::path> places;
    for (const fs::path& root : roots) {
        for (const char* name : set.folders) {
            if (folder_name(root) == name) places.push_back(root);
            places.push_back(root / name);
        }
    }
    return places;
}

/// Why MNIST is not in the cache after a try to download it; nothing where it is.
std::optional<std::string> download_mnist(const fs::path& cache, const Say& say) {
    if (environment("SINTER_OFFLINE") == "1")
        return fmt::format("MNIST is not in the cache {} and SINTER_OFFLINE is 1", cache.string());
    std::vector<std::string> mirrors(std::begin(kMnistMirrors), std::end(kMnistMirrors));
    if (std::string url = environment("SINTER_MNIST_URL"); !url.empty()) mirrors = {std::move(url)};
    const auto failure = download(kMnistFiles, mirrors, cache / "mnist", say);
    if (!failure) return std::nullopt;
    return fmt::format("MNIST is not in the cache {} and could not be downloaded: {}", cache.string(), *failure);
}

DataSplits load_known(const KnownSet& set, const ImageRequest& request, const std::string& reason, const Say& say) {
    const std::vector<fs::path> places = places_of(set);
    const fs::path cache = cache_folder();
    const bool can_be_downloaded = set.name == std::string_view("mnist") && !cache.empty();
    std::error_code error;
    for (const fs::path& place : places) {
        // What a download has left in part is completed below.
        if (can_be_downloaded && place == cache / "mnist" && !is_complete_mnist(place)) continue;
        if (fs::is_directory(place, error) && !fs::is_empty(place, error))
            return load_from(place, request, reason, say, &set);
    }
    std::string why;
    if (can_be_downloaded) {
        const auto failure = download_mnist(cache, say);
        if (!failure) return load_from(cache / "mnist", request, reason, say, &set);
        why = fmt::format("{}; its place there is {}", *failure, (cache / "mnist").string());
    } else {
        why = places.empty() ? fmt::format("no folder is known where {} may be", set.name)
                             : fmt::format("{} is in none of {}", set.name, fmt::join(texts(places), ", "));
    }
    throw DataError(because(
        fmt::format("[data] {}; put its files there, or give the path of its folder, such as ./{}", why, set.name),
        reason));
}

/// Loads `where`: a folder, or the name of a set.
DataSplits load_chosen(const fs::path& where, const ImageRequest& request, const std::string& reason, const Say& say) {
    if (where == "digits") return embedded_digits(request, reason);
    if (const KnownSet* known = find_known_set(where.native())) return load_known(*known, request, reason, say);
    return load_from(where, request, reason, say);
}

}  // namespace

DataSplits find_data(const std::optional<fs::path>& data_option, const ImageRequest& request, const Say& say,
                     const std::string& reason) {
    check_request(request);
    if (data_option) return load_chosen(*data_option, request, reason, say);
    if (const std::string folder = environment("SINTER_DATA_DIR"); !folder.empty())
        return load_chosen(folder, request, "SINTER_DATA_DIR says so", say);

    const auto fall_back_to_digits = [&](const std::string& why) {
        return embedded_digits(request, fmt::format("neither --data nor SINTER_DATA_DIR is given and {}", why));
    };
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
    std::string found = "it is in the cache";
    if (!is_complete_mnist(folder)) {
        if (const auto why_not = download_mnist(cache, say)) return fall_back_to_digits(*why_not);
        found = "it has just been downloaded into the cache";
    }
    DataSplits data = load_from(folder, request, found, say);
    // Of another machine, too, the name finds it.
    if (const KnownSet& mnist = *find_known_set("mnist"); data.content == mnist.content) data.place = mnist.name;
    return data;
}

bool is_data_set(const fs::path& place) {
    if (is_name_of_set(place.native())) return true;
    std::error_code error;
    if (!fs::is_directory(place, error)) return false;
    // Any folder is of the last form, that of pictures.
    return fs::is_directory(place / "train", error) ||
           std::any_of(std::begin(kForms), std::end(kForms) - 1,
                       [&](const DataForm& form) { return form.holds(place); });
}

}  // namespace sinter
