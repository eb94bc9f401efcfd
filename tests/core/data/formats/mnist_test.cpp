// Loading MNIST-like folders.
#include "core/data/formats/mnist.h"

#include <gtest/gtest.h>

#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/core/data/mnist_set.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

TEST(Mnist, LoadsRawAndGzipUnderBothKindsOfNames) {
    const TemporaryFolder folder;
    for (const bool packed : {false, true}) {
        for (const char separator : {'-', '.'}) {
            const fs::path set = folder / (std::string(packed ? "packed" : "raw") + "_files" + separator);
            write_set(set, packed, separator);
            expect_set(load_mnist(set), set.filename().string());
        }
    }
}

TEST(Mnist, FindsTorchvisionsFolders) {
    const TemporaryFolder folder;
    write_set(folder / "MNIST/raw");
    expect_set(load_mnist(folder.path()), "MNIST");
    expect_set(load_mnist(folder / "MNIST"), "MNIST");
    expect_set(load_mnist(folder / "MNIST/raw"), "MNIST");
    expect_set(load_mnist(folder / "MNIST/raw/"), "MNIST");
    write_set(folder / "fashion/FashionMNIST/raw");
    expect_set(load_mnist(folder / "fashion"), "FashionMNIST");
}

TEST(Mnist, SaysWhichNamesItLookedFor) {
    const TemporaryFolder folder;
    write_set(folder / "set");
    fs::remove(folder / "set/t10k-labels-idx1-ubyte.gz");
    const std::string sentence = data_error([&] { load_mnist(folder / "set"); });
    expect_says(sentence, {"[data] ", "set lacks",
                           "t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte, t10k-labels-idx1-ubyte.gz, "
                           "t10k-labels.idx1-ubyte.gz"});
    EXPECT_EQ(sentence.find("train-images"), std::string::npos) << "names a file that is there: " << sentence;
    expect_says(data_error([&] { load_mnist(folder / "none"); }), {"none", "no such folder"});
    expect_says(data_error([&] { load_mnist(folder / "set/train-images-idx3-ubyte.gz"); }), {"something else"});
}

TEST(Mnist, RefusesFilesThatDoNotBelongTogether) {
    const TemporaryFolder folder;
    write_set(folder / "set", false);
    write_file(folder / "set/t10k-labels-idx1-ubyte", idx_bytes({6}, 6));
    expect_says(data_error([&] { load_mnist(folder / "set"); }),
                {"t10k-labels-idx1-ubyte holds 6 labels", "t10k-images-idx3-ubyte holds 5 images"});
    write_set(folder / "set", false);
    write_file(folder / "set/t10k-images-idx3-ubyte", idx_bytes({5, 4, 6}, 120));
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"images of 6 x 4", "of 4 x 6", "expected one size"});
    write_set(folder / "set", false);
    write_file(folder / "set/train-images-idx3-ubyte", idx_bytes({0, 6, 4}, 0));
    write_file(folder / "set/train-labels-idx1-ubyte", idx_bytes({0}, 0));
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"at least one image", "0 x 6 x 4"});
}

TEST(Mnist, PassesOnWhatIsWrongWithAFile) {
    const TemporaryFolder folder;
    write_set(folder / "set", false);
    write_file(folder / "set/train-images-idx3-ubyte", {1, 2, 3, 4});
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"train-images-idx3-ubyte", "IDX magic"});
}

}  // namespace
}  // namespace sinter
