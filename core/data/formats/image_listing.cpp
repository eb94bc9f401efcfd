// Walking through the folders of an image set.
#include "core/data/formats/image_listing.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "core/data/image_set.h"
#include "core/error.h"
#include "core/pictures/image_file.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTestShare = 10;  // one in so many images, where the folder does not say

bool is_passed_over(const std::string& name) { return name.starts_with('.') || name.starts_with("__"); }

[[noreturn]] void refuse_folder(const fs::path& folder, const std::error_code& error) {
    throw DataError(fmt::format("[data] {}: cannot be read as a folder: {}; check the path and that you may read it",
                                folder.string(), error.message()));
}

/// The entries of one folder: names of folders, and image files by name.
struct Entries {
    std::vector<std::string> folders;
    std::vector<ListedImage> images;
};

/// A way through the folders of a set, along links too.
struct Walk {
    using Identity = std::pair<dev_t, ino_t>;

    fs::path root;
    std::vector<Identity> open = {};           ///< the folder where the walk is, after those that it came through
    std::vector<std::string> links_back = {};  ///< sentences on what was passed over because it would never end
    std::map<std::string, std::int64_t> others = {};  ///< files that are no images, by their endings
};

Walk::Identity identity(const struct stat& status) { return {status.st_dev, status.st_ino}; }

/// Goes into root/below. Links back to where the walk came through are not among the entries.
Entries enter(Walk& walk, const std::string& below) {
    const fs::path folder = walk.root / below;
    Entries entries;
    std::error_code error;
    struct stat own {};
    if (::stat(folder.c_str(), &own) != 0) refuse_folder(folder, {errno, std::generic_category()});
    walk.open.push_back(identity(own));
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        std::string name = entry->path().filename().string();
        if (is_passed_over(name)) continue;
        struct stat status {};
        // A link that leads nowhere may be named like an image. It shows up as a file that cannot be read.
        if (::stat(entry->path().c_str(), &status) != 0) status.st_mode = S_IFREG;
        if (S_ISDIR(status.st_mode)) {
            if (std::find(walk.open.begin(), walk.open.end(), identity(status)) != walk.open.end()) {
                walk.links_back.push_back(fmt::format(
                    "[data] {}: passed over, it leads back to a folder that it lies in", entry->path().string()));
                continue;
            }
            entries.folders.push_back(std::move(name));
        } else if (S_ISREG(status.st_mode) && has_image_name(name)) {
            entries.images.push_back(
                {std::move(name), static_cast<std::uint64_t>(status.st_size),
                 static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec});
        } else {
            ++walk.others[ending_of(name)];
        }
    }
    if (error) refuse_folder(folder, error);
    std::sort(entries.folders.begin(), entries.folders.end());
    return entries;
}

void leave(Walk& walk) { walk.open.pop_back(); }

/// Appends the images of root/below and of all folders in it to `images`.
void add_images(Walk& walk, const std::string& below, std::vector<ListedImage>& images) {
    Entries entries = enter(walk, below);
    const std::string prefix = below.empty() ? "" : below + "/";
    for (ListedImage& image : entries.images) {
        image.path = prefix + image.path;
        images.push_back(std::move(image));
    }
    for (const std::string& folder : entries.folders) add_images(walk, prefix + folder, images);
    leave(walk);
}

std::vector<ListedImage> images_below(Walk& walk, const std::string& below) {
    std::vector<ListedImage> images;
    add_images(walk, below, images);
    std::sort(images.begin(), images.end(), [](const ListedImage& a, const ListedImage& b) { return a.path < b.path; });
    return images;
}

/// "12 .bmp, 1 .txt, 1 without an ending"
std::string count_by_ending(const std::map<std::string, std::int64_t>& files) {
    std::vector<std::pair<std::int64_t, std::string>> counts;
    for (const auto& [ending, count] : files)
        counts.emplace_back(-count, ending.empty() ? "without an ending" : ending);
    std::sort(counts.begin(), counts.end());
    constexpr std::size_t kNamed = 8;
    std::string text;
    std::int64_t rest = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (i < kNamed)
            text += fmt::format("{}{} {}", i == 0 ? "" : ", ", -counts[i].first, counts[i].second);
        else
            rest -= counts[i].first;
    }
    return rest > 0 ? fmt::format("{}, {} others", text, rest) : text;
}

/// Sentences on what was passed over.
std::vector<std::string> remarks_of(const Walk& walk) {
    std::vector<std::string> remarks = walk.links_back;
    if (!walk.others.empty())
        remarks.push_back(fmt::format("[data] {}: passed over what is not named like an image: {}", walk.root.string(),
                                      count_by_ending(walk.others)));
    return remarks;
}

/// The images of a split, by the folder under it in which they lie; "" for those directly in it.
using Groups = std::map<std::string, std::vector<ListedImage>>;

/// The groups of root/below, into which the walk went for `entries`.
Groups groups_of(Walk& walk, const std::string& below, Entries entries) {
    Groups groups;
    const std::string prefix = below.empty() ? "" : below + "/";
    for (ListedImage& image : entries.images) image.path = prefix + image.path;
    std::sort(entries.images.begin(), entries.images.end(),
              [](const ListedImage& a, const ListedImage& b) { return a.path < b.path; });
    groups[""] = std::move(entries.images);
    for (const std::string& folder : entries.folders) groups[folder] = images_below(walk, prefix + folder);
    return groups;
}

std::size_t count_images(const Groups& groups) {
    std::size_t count = 0;
    for (const auto& [name, images] : groups) count += images.size();
    return count;
}

/// Labels the images of `groups` by their folders and appends them to `images`.
void add_labelled(const Groups& groups, const std::vector<std::string>& class_names, std::vector<ListedImage>& images) {
    for (const auto& [name, members] : groups) {
        const auto at = std::lower_bound(class_names.begin(), class_names.end(), name);
        if (at == class_names.end() || *at != name) continue;
        for (ListedImage image : members) {
            image.label = static_cast<std::uint8_t>(at - class_names.begin());
            images.push_back(std::move(image));
        }
    }
}

/// Moves every tenth train image to the test images. Of fewer than ten it moves the last one. A single image is in
/// both.
void split_off_test(ImageListing& listing) {
    std::vector<ListedImage> train;
    const std::size_t count = listing.train.size();
    for (std::size_t i = 0; i < count; ++i) {
        const bool for_test = count < kTestShare ? i + 1 == count : i % kTestShare == kTestShare - 1;
        if (for_test) listing.test.push_back(listing.train[i]);
        if (!for_test || count == 1) train.push_back(std::move(listing.train[i]));
    }
    listing.train = std::move(train);
    listing.split = count == 1 ? "the single image is also the test image"
                               : fmt::format("every {}th image of the sorted list is a test image", kTestShare);
}

/// Folders with images are classes, and images beside them belong to none.
void leave_out_images_beside(Groups& groups, ImageListing& listing) {
    std::vector<ListedImage>& beside = groups[""];
    if (beside.empty()) return;
    listing.remarks.push_back(
        fmt::format("[data] {}: left out {} image(s) that lie beside the class folders, the first is {}",
                    listing.folder.string(), beside.size(), beside.front().path));
    beside.clear();
}

void add_class(ImageListing& listing, const std::string& name, bool has_images) {
    listing.class_names.push_back(name);
    if (has_images) return;
    listing.remarks.push_back(
        fmt::format("[data] {}: the class folder {} holds no images; it keeps its number among the classes",
                    listing.folder.string(), name));
}

void require_few_classes(const ImageListing& listing) {
    if (std::ssize(listing.class_names) <= kMaxClasses) return;
    throw DataError(
        fmt::format("[data] {}: expected at most {} class folders, came {}; put the images into one folder to learn "
                    "from them without classes",
                    listing.folder.string(), kMaxClasses, listing.class_names.size()));
}

/// Remarks classes with images for training or for tests alone.
void remark_classes_of_one_set(ImageListing& listing) {
    const auto without = [&](const std::vector<ListedImage>& images, const std::vector<ListedImage>& others,
                             const char* kind) {
        std::vector<std::string> names;
        for (std::size_t label = 0; label < listing.class_names.size(); ++label) {
            const auto has = [&](const std::vector<ListedImage>& set) {
                return std::any_of(set.begin(), set.end(), [&](const ListedImage& i) { return i.label == label; });
            };
            if (!has(images) && has(others)) names.push_back(listing.class_names[label]);
        }
        if (names.empty()) return;
        const std::size_t named = std::min<std::size_t>(names.size(), 5);
        listing.remarks.push_back(
            fmt::format("[data] {}: {} of {} classes have no {} images: {}{}", listing.folder.string(), names.size(),
                        listing.class_names.size(), kind,
                        fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(named), ", "),
                        named < names.size() ? ", ..." : ""));
    };
    without(listing.train, listing.test, "train");
    without(listing.test, listing.train, "test");
}

}  // namespace

ImageListing list_images(const fs::path& folder) {
    ImageListing listing;
    listing.folder = folder;
    Walk walk{folder};
    Entries entries = enter(walk, "");
    const std::vector<std::string> top = entries.folders;
    const auto has = [&](const char* name) { return std::binary_search(top.begin(), top.end(), name); };

    // Trains are also a class. Beside other folders, train/ is a split only if there is one for tests.
    constexpr const char* kTestFolders[] = {"test", "val", "valid"};
    const bool has_splits =
        has("train") && (top.size() == 1 || std::any_of(std::begin(kTestFolders), std::end(kTestFolders), has));

    const auto split_of = [&](const char* name) {
        Groups groups = groups_of(walk, name, enter(walk, name));
        leave(walk);
        return groups;
    };

    Groups train, test;
    if (has_splits) {
        train = split_of("train");
        for (const char* name : kTestFolders) {
            if (!has(name) || !listing.split.empty()) continue;
            test = split_of(name);
            if (count_images(test) > 0) listing.split = fmt::format("the test images are those in {}/", name);
        }
    } else {
        train = groups_of(walk, "", std::move(entries));
    }
    if (count_images(train) == 0) {
        throw DataError(
            fmt::format("[data] {}: expected the four files of MNIST (train-images-idx3-ubyte, ...), those of "
                        "binarised MNIST (binarized_mnist_train.amat, ...), the batches of "
                        "CIFAR-10 (data_batch_1.bin, ...) or image files ({}) in train/<class>/ and "
                        "test/<class>/, in <class>/ or directly, found none of them{}{}; give another folder",
                        folder.string(), image_endings(), has_splits ? ", and train/ has no image" : "",
                        walk.others.empty() ? "" : fmt::format(" among {}", count_by_ending(walk.others))));
    }

    listing.remarks = remarks_of(walk);

    const bool classes = count_images(train) > train[""].size();
    if (classes) {
        leave_out_images_beside(train, listing);
        leave_out_images_beside(test, listing);
        Groups all = train;
        all.insert(test.begin(), test.end());
        all.erase("");
        for (const auto& [name, images] : all) add_class(listing, name, !train[name].empty() || !test[name].empty());
        require_few_classes(listing);
        add_labelled(train, listing.class_names, listing.train);
        add_labelled(test, listing.class_names, listing.test);
    } else {
        listing.train = std::move(train[""]);
        for (auto& [name, images] : test)
            listing.test.insert(listing.test.end(), std::make_move_iterator(images.begin()),
                                std::make_move_iterator(images.end()));
    }
    if (listing.test.empty()) split_off_test(listing);
    remark_classes_of_one_set(listing);
    return listing;
}

ImageListing list_class_folders(const fs::path& folder) {
    ImageListing listing;
    listing.folder = folder;
    Walk walk{folder};
    Entries entries = enter(walk, "");
    Groups groups = groups_of(walk, "", std::move(entries));
    listing.remarks = remarks_of(walk);
    leave_out_images_beside(groups, listing);
    if (count_images(groups) == 0) {
        throw DataError(fmt::format("[data] {}: expected a folder of image files ({}) for each class, found none",
                                    folder.string(), image_endings()));
    }
    groups.erase("");
    for (const auto& [name, images] : groups) add_class(listing, name, !images.empty());
    require_few_classes(listing);
    add_labelled(groups, listing.class_names, listing.train);
    return listing;
}

ImageListing list_all_images(const fs::path& folder) {
    ImageListing listing;
    listing.folder = folder;
    Walk walk{folder};
    listing.train = images_below(walk, "");
    listing.remarks = remarks_of(walk);
    if (listing.train.empty()) {
        throw DataError(
            fmt::format("[data] {}: expected image files ({}), found none", folder.string(), image_endings()));
    }
    return listing;
}

}  // namespace sinter
