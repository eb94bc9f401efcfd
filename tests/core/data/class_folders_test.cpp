// The folders of classes: every name makes one that the reader of image folders takes for a class.
#include "core/data/class_folders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/data/formats/image_listing.h"
#include "core/error.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using Names = std::vector<std::string>;

TEST(ClassFolders, AreTheNamesWhereThoseCanBeFolders) {
    const Names plain = {"0", "airplane", "T-shirt", "a b", "100% cotton", "Größe", "train", "100%", "-", "a.b", "_a"};
    EXPECT_EQ(class_folders(plain), plain);
}

TEST(ClassFolders, EscapeWhatHasAnotherMeaning) {
    const auto folder = [](const std::string& name) { return class_folders({name}).front(); };
    EXPECT_EQ(folder("T-shirt/top"), "T-shirt%2Ftop");
    EXPECT_EQ(folder(".."), "%2E.");
    EXPECT_EQ(folder("."), "%2E");
    EXPECT_EQ(folder(".hidden"), "%2Ehidden");
    EXPECT_EQ(folder("__pycache__"), "%5F_pycache__");
    EXPECT_EQ(folder("a\nb"), "a%0Ab");
    EXPECT_EQ(folder(std::string("a\0b", 3)), "a%00b");
    EXPECT_EQ(folder("test"), "%74est");
    EXPECT_EQ(folder("valid"), "%76alid");
    EXPECT_EQ(folder(""), "%");
}

TEST(ClassFolders, DifferentNamesHaveDifferentFolders) {
    const Names names = {"a/b", "a%2Fb", "a%252Fb", "test", "%74est", "", "%", "%25", ".", "%2E", "%2", "2F"};
    const Names folders = class_folders(names);
    EXPECT_EQ(std::set<std::string>(folders.begin(), folders.end()).size(), names.size());
    EXPECT_THROW(class_folders({"a", "b", "a"}), DataError);
}

TEST(ClassFolders, AreReadAsClasses) {
    const TemporaryFolder folder;
    Names folders = class_folders({"train", "test", "val", ".x", "__y", "a/b", "..", "\t"});
    for (const std::string& name : folders) {
        std::filesystem::create_directories(folder.path() / name);
        std::ofstream(folder.path() / name / "0.png") << "listed, not read";
    }
    std::sort(folders.begin(), folders.end());
    EXPECT_EQ(list_images(folder.path()).class_names, folders);
}

}  // namespace
}  // namespace sinter
