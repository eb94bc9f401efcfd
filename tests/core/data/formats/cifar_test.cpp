// CIFAR-10's binary files: planes become pixels, names are read, and other files are refused with file and offset.
#include "core/data/formats/cifar.h"

#include <gtest/gtest.h>

#include "core/data/find_data.h"
#include "tests/common/data_files.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;
namespace fs = std::filesystem;

/// Records whose image n has red n, green n + 100 and blue equal to the pixel's column.
Bytes records(int count, int first = 0) {
    Bytes bytes;
    for (int n = first; n < first + count; ++n) {
        bytes.push_back(static_cast<std::uint8_t>(n % 10));
        bytes.insert(bytes.end(), 1024, static_cast<std::uint8_t>(n));
        bytes.insert(bytes.end(), 1024, static_cast<std::uint8_t>(n + 100));
        for (int i = 0; i < 1024; ++i) bytes.push_back(static_cast<std::uint8_t>(i % 32));
    }
    return bytes;
}

void write_cifar(const fs::path& folder) {
    for (int i = 1; i <= 5; ++i)
        write_file(folder / ("data_batch_" + std::to_string(i) + ".bin"), records(2, 2 * (i - 1)));
    write_file(folder / "test_batch.bin", records(3, 50));
}

TEST(Cifar10, PlanesBecomePixels) {
    const TemporaryFolder folder;
    write_cifar(folder / "set");
    ASSERT_TRUE(holds_cifar10(folder / "set"));
    const DataSplits data = load_cifar10(folder / "set");
    EXPECT_EQ(data.train.count, 10);
    EXPECT_EQ(data.test.count, 3);
    EXPECT_EQ(data.train.height, 32);
    EXPECT_EQ(data.train.width, 32);
    EXPECT_EQ(data.train.channels, 3);
    EXPECT_EQ(data.train.classes, 10);
    EXPECT_EQ(data.train.labels, (Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_EQ(data.test.labels, (Bytes{0, 1, 2}));
    ASSERT_EQ(data.train.pixels.size(), 10u * 3072);
    for (std::size_t n = 0; n < 10; ++n) {
        for (std::size_t i = 0; i < 1024; ++i) {
            const std::uint8_t* pixel = data.train.pixels.data() + (n * 1024 + i) * 3;
            ASSERT_EQ(pixel[0], n);
            ASSERT_EQ(pixel[1], n + 100);
            ASSERT_EQ(pixel[2], i % 32);
        }
    }
    EXPECT_EQ(data.class_names[9], "9");
}

TEST(Cifar10, NamesOfClassesComeFromTheirFile) {
    const TemporaryFolder folder;
    write_cifar(folder / "cifar-10-batches-bin");
    const std::string names = "airplane\r\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    write_file(folder / "cifar-10-batches-bin/batches.meta.txt", Bytes(names.begin(), names.end()));
    const DataSplits data = find_data(folder.path(), {.height = 16, .width = 16, .channels = 1}, {});
    EXPECT_EQ(data.class_names.front(), "airplane");
    EXPECT_EQ(data.class_names.back(), "truck");
    EXPECT_EQ(data.train.pixels.size(), 10u * 256);
    expect_says(data.source, {"cifar10, 10 + 3 images of 16 x 16", "fitted from 32 x 32"});
}

TEST(Cifar10, OtherFilesAreRefusedWithTheOffset) {
    const TemporaryFolder folder;
    EXPECT_FALSE(holds_cifar10(folder.path()));
    write_cifar(folder.path());
    const fs::path third = folder / "data_batch_3.bin";
    const auto refused = [&](const Bytes& content, std::initializer_list<std::string> parts) {
        write_file(third, content);
        const std::string sentence = data_error([&] { load_cifar10(folder.path()); });
        expect_says(sentence, {third.string()});
        expect_says(sentence, parts);
    };
    refused({}, {"0 bytes"});
    Bytes cut = records(2);
    cut.pop_back();
    refused(cut, {"records of 3073 bytes", "6145 bytes", "record 1", "byte 3073"});
    Bytes label = records(2);
    label[3073] = 10;
    refused(label, {"label of 0 to 9 at byte 3073", "came 10"});
    fs::remove(third);
    expect_says(data_error([&] { load_cifar10(folder.path()); }), {third.string(), "No such file"});
}

}  // namespace
}  // namespace sinter
