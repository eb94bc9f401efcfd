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

TEST(Mnist, ImagesWithoutLabelsAreASetWithoutClasses) {
    const TemporaryFolder folder;
    for (const char* name : {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"})
        write_file(folder / "set" / name, idx_bytes({3, 2, 2}, 12));
    const DataSplits data = load_mnist(folder / "set");
    EXPECT_EQ(data.train.count, 3);
    EXPECT_TRUE(data.train.labels.empty());
    EXPECT_EQ(data.train.classes, 0);
    EXPECT_TRUE(data.class_names.empty());
    write_file(folder / "set" / "train-labels-idx1-ubyte", idx_bytes({3}, 3));
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"lacks", "t10k-labels-idx1-ubyte"});
}

// An image of EMNIST lies on its side; its letters are numbered from 1.
TEST(Mnist, EmnistIsTurnedUprightAndItsLettersNamed) {
    const TemporaryFolder folder;
    const auto raw = folder / "set/EMNIST/raw";
    for (const char* split : {"train", "test"}) {
        const std::string stem = std::string("emnist-letters-") + split;
        write_file(raw / (stem + "-images-idx3-ubyte"), idx_bytes({2, 2, 3}, 12));
        write_file(raw / (stem + "-labels-idx1-ubyte"), idx_file(0x801, {2}, Bytes{1, 3}));
    }
    const std::string mapping = "1 65 97\n2 66 98\n3 67 99\n";
    write_file(raw / "emnist-letters-mapping.txt", Bytes(mapping.begin(), mapping.end()));
    DataSplits data = load_mnist(folder / "set");
    EXPECT_EQ(data.train.height, 3);
    EXPECT_EQ(data.train.width, 2);
    EXPECT_EQ(Bytes(data.train.pixels.begin(), data.train.pixels.begin() + 6), (Bytes{0, 3, 1, 4, 2, 5}));
    EXPECT_EQ(data.train.labels, (Bytes{0, 2}));
    EXPECT_EQ(data.class_names, (std::vector<std::string>{"A", "B", "C"}));
    for (const char* split : {"train", "test"}) {
        for (const char* file : {"images-idx3-ubyte", "labels-idx1-ubyte"}) {
            std::filesystem::copy_file(raw / (std::string("emnist-letters-") + split + "-" + file),
                                       raw / (std::string("emnist-digits-") + split + "-" + file));
        }
    }
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"of one set", "EMNIST letters, EMNIST digits"});
}

TEST(Mnist, QmnistsLabelsAreTheFirstOfTheirColumns) {
    const TemporaryFolder folder;
    for (const char* split : {"train", "test"}) {
        const std::string stem = std::string("qmnist-") + split;
        write_file(folder / "set" / (stem + "-images-idx3-ubyte"), idx_bytes({2, 2, 2}, 8));
        write_file(folder / "set" / (stem + "-labels-idx2-int"),
                   idx_file(0xC02, {2, 2}, Bytes{0, 0, 0, 7, 0, 1, 2, 3, 0, 0, 0, 4, 9, 9, 9, 9}));
    }
    EXPECT_EQ(load_mnist(folder / "set").train.labels, (Bytes{7, 4}));
    write_file(folder / "set/qmnist-test-labels-idx2-int", idx_file(0xC02, {2, 1}, Bytes{0, 0, 0, 7, 0, 0, 1, 0}));
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"a class of 0 to 255", "row 1", "00000100"});
}

TEST(Mnist, RefusesFilesThatDoNotBelongTogether) {
    const TemporaryFolder folder;
    write_set(folder / "set", false);
    write_file(folder / "set/t10k-labels-idx1-ubyte", idx_bytes({6}, 6));
    expect_says(data_error([&] { load_mnist(folder / "set"); }),
                {"t10k-labels-idx1-ubyte holds 6 labels", "t10k-images-idx3-ubyte holds 5 images"});
    write_set(folder / "set", false);
    write_file(folder / "set/t10k-images-idx3-ubyte", idx_bytes({5, 4, 6}, 120));
    expect_says(data_error([&] { load_mnist(folder / "set"); }), {"images of 4 x 6", "of 6 x 4", "expected one size"});
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
