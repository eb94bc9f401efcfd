// Which image files a folder holds, and what the folders around them mean: splits and classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sinter {

/// An image file of a data set, not opened yet.
struct ListedImage {
    std::string path;           ///< below the folder of the set, with / between its parts
    std::uint64_t bytes = 0;    ///< its size
    std::int64_t modified = 0;  ///< when its content was last changed, in nanoseconds since 1970
    std::uint8_t label = 0;     ///< into class_names; 0 where there are no classes
};

/// The image files of a folder. Each split is sorted by class and then by path, compared byte by byte, so the order is
/// the same on every machine.
struct ImageListing {
    std::filesystem::path folder;
    std::vector<ListedImage> train, test;
    std::vector<std::string> class_names;  ///< sorted; empty where the images lie in no class folders
    std::string split;                     ///< a clause that says where the test images come from
    std::vector<std::string> remarks;      ///< sentences on what is odd, such as a class without images
};

/// Lists the images (by their names, see has_image_name) in one of these arrangements:
///   train/<class>/... and test/<class>/...   (val/ and valid/ count as test/, and train/ may be the only folder)
///   train/... and test/...                   without classes
///   <class>/...                              one in ten, by position in the sorted list, becomes a test image
///   the images themselves                    the same, without classes
/// A class is a folder; images may lie at any depth in it. A class folder without images is remarked and still counts,
/// so that emptying one does not renumber the others. Links are followed. A link that leads back to a folder that it
/// lies in, at any depth, is remarked and passed over. Names that begin with a dot or __ are passed over, and so is
/// every file that is not named like an image; those are counted in a remark, by their endings.
///
/// Throws DataError where a folder cannot be read, or holds no image, or more than 256 classes.
ImageListing list_images(const std::filesystem::path& folder);

/// The images in the folders of `folder`, labelled by these as train images; none become test images. A class folder
/// without images is remarked. Throws DataError where no folder holds images, or one cannot be read, or there are more
/// than 256.
ImageListing list_class_folders(const std::filesystem::path& folder);

/// Every image in `folder` and below as the train images of a listing without classes; none become test images.
ImageListing list_all_images(const std::filesystem::path& folder);

}  // namespace sinter
