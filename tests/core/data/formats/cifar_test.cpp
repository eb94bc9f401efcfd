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

/// The same as Python 2 pickled it: {'batch_label': ..., 'labels': [...], 'data': numpy array, 'filenames': [...]}.
Bytes pickled(int count, int first = 0) {
    Bytes bytes;
    const auto add = [&](std::initializer_list<int> codes) {
        for (const int code : codes) bytes.push_back(static_cast<std::uint8_t>(code));
    };
    const auto add_text = [&](const std::string& text) { bytes.insert(bytes.end(), text.begin(), text.end()); };
    const auto add_short = [&](const std::string& text) {
        add({'U', static_cast<int>(text.size())});
        add_text(text);
        add({'q', 1});
    };
    add({0x80, 2, '}', 'q', 1, '('});
    add_short("batch_label");
    add_short("training batch 1 of 5");
    add_short("labels");
    add({']', 'q', 5, '('});
    for (int n = first; n < first + count; ++n) add({'K', n % 10});
    add({'e'});
    add_short("data");
    add_text("cnumpy.core.multiarray\n_reconstruct\n");
    add({'q', 7});
    add_text("cnumpy\nndarray\n");
    add({'q', 8, 'K', 0, 0x85, 'q', 9});
    add_short("b");
    add({0x87, 'q', 11, 'R', 'q', 12, '(', 'K', 1, 'M', 2, 0, 'M', 0, 12, 0x86});
    add_text("cnumpy\ndtype\n");
    add_short("u1");
    add({'K', 0, 'K', 1, 0x87, 'R', '(', 'K', 3});
    add_short("|");
    add({'N', 'N', 'N', 'J', 255, 255, 255, 255, 'J', 255, 255, 255, 255, 'K', 0, 't', 'b', 0x89, 'T'});
    for (int i = 0; i < 4; ++i) add({count * 3072 >> 8 * i & 255});
    const Bytes images = records(count, first);
    for (int n = 0; n < count; ++n)
        bytes.insert(bytes.end(), images.begin() + n * 3073 + 1, images.begin() + (n + 1) * 3073);
    add({'t', 'b'});
    add_short("filenames");
    add({']', '('});
    add_short("one.png");
    add({'e', 'u', '.'});
    return bytes;
}

TEST(Cifar10, PythonsPicklesHoldTheSame) {
    const TemporaryFolder folder;
    write_cifar(folder / "binary");
    const fs::path place = folder / "root" / "cifar-10-batches-py";
    for (int i = 1; i <= 5; ++i) write_file(place / ("data_batch_" + std::to_string(i)), pickled(2, 2 * (i - 1)));
    write_file(place / "test_batch", pickled(3, 50));
    ASSERT_TRUE(holds_cifar10(folder / "root"));
    const DataSplits binary = load_cifar10(folder / "binary"), python = load_cifar10(folder / "root");
    EXPECT_EQ(python.train.pixels, binary.train.pixels);
    EXPECT_EQ(python.train.labels, binary.train.labels);
    EXPECT_EQ(python.test.pixels, binary.test.pixels);

    const Bytes whole = pickled(2);
    for (std::size_t size = 0; size < whole.size(); size += size % 3072 < 300 ? 7 : 501) {
        write_file(place / "data_batch_1", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
        expect_says(data_error([&] { load_cifar10(folder / "root"); }), {"data_batch_1", "as Python pickles it"});
    }
    Bytes runs = whole;
    runs[5] = 'i';
    write_file(place / "data_batch_1", runs);
    expect_says(data_error([&] { load_cifar10(folder / "root"); }), {"instruction 69 at byte 5"});
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
