// .npy files: what is written is read back and is what NumPy writes, its spellings of the header are understood, and
// nothing damaged or foreign is believed.
#include "core/files/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "tests/common/data_files.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;
using tests::data_error;
using tests::expect_says;
using tests::npy_file;
using tests::write_file;
using Octets = tests::Bytes;
using Sizes = std::vector<std::int64_t>;

class NpyFile : public testing::Test {
protected:
    NpyArray reading(const Octets& content) const { return read_npy(write_file(path_, content)); }
    /// The sentence of the refusal, which names the file.
    std::string refusal(const Octets& content) const {
        const std::string sentence = data_error([&] { reading(content); });
        expect_says(sentence, {path_.string() + ": expected"});
        return sentence;
    }
    /// Writes values of T and reads them back.
    template <class T>
    void expect_round_trip(const std::vector<T>& values, const Sizes& shape, const std::string& type) const {
        write_npy<T>(path_, values, shape);
        const NpyArray array = read_npy(path_);
        EXPECT_EQ(array.type, type);
        EXPECT_EQ(array.shape, shape);
        EXPECT_EQ(array.count(), std::ssize(values));
        ASSERT_EQ(array.data.size(), values.size() * sizeof(T));
        if (values.empty()) return;
        EXPECT_EQ(std::memcmp(array.data.data(), values.data(), array.data.size()), 0) << type;
    }

    const TemporaryFolder folder_;
    const fs::path path_ = folder_ / "array.npy";
};

/// Six bytes for arrays of six.
const Octets kSix{1, 2, 3, 4, 5, 6};

TEST_F(NpyFile, EveryTypeComesBack) {
    expect_round_trip<float>({1.5F, -2.25F, 1e-40F, 3e38F, 0, -0.0F}, {2, 3}, "<f4");
    expect_round_trip<double>({1.5, -2.25, 1e-310, 1e308, 0, -0.0}, {3, 2}, "<f8");
    expect_round_trip<std::int64_t>({1, -2, INT64_MAX, INT64_MIN}, {4}, "<i8");
    expect_round_trip<std::int32_t>({1, -2, INT32_MAX, INT32_MIN}, {2, 2}, "<i4");
    expect_round_trip<std::uint8_t>({0, 1, 128, 255}, {1, 4}, "|u1");
}

TEST_F(NpyFile, EveryShapeComesBack) {
    const std::vector<float> values(24, 0.5F);
    for (const Sizes& shape : {Sizes{24}, {4, 6}, {2, 3, 4}, {1, 2, 3, 4}, {24, 1, 1, 1, 1}})
        expect_round_trip<float>(values, shape, "<f4");
    expect_round_trip<float>({7}, {}, "<f4");
    for (const Sizes& shape : {Sizes{0}, {0, 5}, {3, 0, 2, 1}}) expect_round_trip<float>({}, shape, "<f4");
    expect_round_trip<float>({2}, Sizes(32, 1), "<f4");
}

TEST_F(NpyFile, IsLaidOutAsNumpyDoes) {
    // What numpy.save() of version 2 writes, but for the spaces, of which there may be any number.
    const auto header_of = [&](const Sizes& shape) {
        const std::vector<std::uint8_t> values(6, 9);
        write_npy<std::uint8_t>(path_, values, shape);
        const std::vector<std::byte> content = read_whole_file(path_);
        const std::string text(reinterpret_cast<const char*>(content.data()), content.size());
        EXPECT_EQ(text.substr(0, 8), std::string("\x93NUMPY\1\0", 8));
        const std::size_t length = static_cast<unsigned char>(text[8]) + 256 * static_cast<unsigned char>(text[9]);
        EXPECT_EQ((10 + length) % 64, 0u);
        EXPECT_EQ(text.size(), 10 + length + 6);
        EXPECT_EQ(text[10 + length - 1], '\n');
        std::string header = text.substr(10, length - 1);
        header.erase(header.find_last_not_of(' ') + 1);
        return header;
    };
    EXPECT_EQ(header_of({6}), "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }");
    EXPECT_EQ(header_of({2, 3}), "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }");
    EXPECT_EQ(header_of({6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}).size(),
              std::string("{'descr': '|u1', 'fortran_order': False, 'shape': (6, ), }").size() + 19 * 3 - 2);
}

TEST_F(NpyFile, OfAnyVersionIsRead) {
    const std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n";
    for (const int version : {1, 2, 3}) {
        const NpyArray array = reading(npy_file(header, kSix, version));
        EXPECT_EQ(array.type, "|u1");
        EXPECT_EQ(array.shape, (Sizes{2, 3}));
        EXPECT_EQ(array.data.back(), std::byte{6});
    }
    for (const int version : {0, 4, 255})
        expect_says(refusal(npy_file(header, kSix, version)),
                    {"version 1, 2 or 3", "came " + std::to_string(version), "numpy.save()"});
}

TEST_F(NpyFile, HeadersAreReadHoweverPythonSpellsThem) {
    for (const char* header : {
             "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}",    // without the last comma
             "{'descr':'|u1','fortran_order':False,'shape':(2,3),}",         // without spaces
             "{'shape': (2, 3), 'fortran_order': False, 'descr': '|u1', }",  // in another order
             "  { \"descr\" : \"|u1\" , 'fortran_order' : False,\n 'shape' : ( 2 , 3 , ) , }  \n",  // in other quotes
         }) {
        const NpyArray array = reading(npy_file(header, kSix));
        EXPECT_EQ(array.type, "|u1") << header;
        EXPECT_EQ(array.shape, (Sizes{2, 3})) << header;
        EXPECT_EQ(array.data.size(), 6u) << header;
    }
    EXPECT_EQ(reading(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }", kSix)).shape, Sizes{6});
    EXPECT_EQ(reading(npy_file("{'descr': '|b1', 'fortran_order': False, 'shape': (), }", Octets{1})).shape, Sizes{});
    // A one-byte type has no byte order, and may be written with one.
    EXPECT_EQ(reading(npy_file("{'descr': '<u1', 'fortran_order': False, 'shape': (6,), }", kSix)).type, "<u1");
}

TEST_F(NpyFile, EveryTypeOfNumbersHasItsSize) {
    for (const auto& [type, size] : {std::pair<const char*, std::size_t>{"<f2", 2},
                                     {"<f4", 4},
                                     {"<f8", 8},
                                     {"<i2", 2},
                                     {"<u2", 2},
                                     {"<u4", 4},
                                     {"<i8", 8},
                                     {"<u8", 8},
                                     {"|i1", 1},
                                     {"|b1", 1}}) {
        const std::string header = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (3,), }";
        EXPECT_EQ(reading(npy_file(header, Octets(3 * size, 1))).count(), 3) << type;
        expect_says(refusal(npy_file(header, Octets(3 * size - 1, 1))),
                    {"3 number(s) of " + std::to_string(size) + " byte(s)",
                     "came " + std::to_string(3 * size - 1) + " byte(s)"});
    }
}

TEST_F(NpyFile, OtherTypesAreRefusedWithWhatToDo) {
    for (const char* type : {">f4", ">i8", "|O", "<c8", "<U3", "|S1", "<M8[ns]", "<f16", "|f4", "=f4", "<f1", "<b8", "",
                             "<i3", "f4", "|V6"}) {
        const std::string header = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (6,), }";
        expect_says(refusal(npy_file(header, kSix)),
                    {"little-endian numbers", "'" + std::string(type) + "'", "array.astype('<f4')"});
    }
    expect_says(
        refusal(npy_file("{'descr': [('x', '<f4'), ('y', '<i4')], 'fortran_order': False, 'shape': (6,), }", kSix)),
        {"named fields", "array['name']"});
}

TEST_F(NpyFile, FortranOrderIsRefusedWithWhatToDo) {
    expect_says(refusal(npy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", kSix)),
                {"Fortran order", "numpy.ascontiguousarray"});
}

TEST_F(NpyFile, HeadersThatAreNoneAreRefused) {
    for (const char* header : {
             "",
             "{",
             "{}",
             "()",
             "{'descr': '|u1'}",
             "{'descr': '|u1', 'fortran_order': False}",
             "{'fortran_order': False, 'shape': (6,)}",
             "{'descr': '|u1', 'shape': (6,)}",
             "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (6,)}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'shape': (6,)}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'more': 1}",
             "{'descr': '|u1', 'fortran_order': Falsehood, 'shape': (6,)}",
             "{'descr': '|u1', 'fortran_order': 0, 'shape': (6,)}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': 6}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': [6]}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,)}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (6.0,)}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (6 6)}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (6",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)",
             "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)} and more",
             "{'descr': '|u\\x31', 'fortran_order': False, 'shape': (6,)}",
             "{'descr': '|u1, 'fortran_order': False, 'shape': (6,)}",
             "{'descr': u1, 'fortran_order': False, 'shape': (6,)}",
             "{'descr': '|u1' 'fortran_order': False, 'shape': (6,)}",
         }) {
        expect_says(refusal(npy_file(header, kSix)), {"descr, fortran_order and shape", "save the array again"});
    }
    std::string many = "{'descr': '|u1', 'fortran_order': False, 'shape': (6";
    for (int i = 0; i < 32; ++i) many += ", 1";
    refusal(npy_file(many + "), }", kSix));
}

TEST_F(NpyFile, ShapesThatNoMemoryHoldsAreRefusedBeforeItIsTaken) {
    for (const char* shape :
         {"(4294967296, 4294967296)", "(281474976710656, 65536)", "(999999999999999,)",
          "(65536, 65536, 65536, 65536, 6)", "(9223372036854775807, 2)", "(18446744073709551622,)"}) {
        refusal(npy_file("{'descr': '<f8', 'fortran_order': False, 'shape': " + std::string(shape) + ", }", kSix));
    }
    // A product that wraps around to the number of bytes there are.
    refusal(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", {}));
    // A size of 0 makes an empty array, whatever the others are.
    EXPECT_EQ(
        reading(npy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 999999999999999), }", {})).count(), 0);
}

TEST_F(NpyFile, CutOffAtAnyByteOrLongerThanItsShapeIsRefused) {
    for (const int version : {1, 2}) {
        const Octets whole = npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", kSix, version);
        for (std::size_t size = 0; size < whole.size(); ++size)
            refusal(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
        Octets longer = whole;
        longer.push_back(0);
        expect_says(refusal(longer), {"2 x 3 number(s)", "came 7 byte(s)", "damaged"});
    }
    expect_says(refusal({}), {"at least 10 bytes", "came 0", "cut short"});
    expect_says(refusal(npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (), }", {})),
                {"expected 1 number(s) of 4 byte(s)", "came 0"});
}

TEST_F(NpyFile, HeaderLongerThanTheFileIsRefused) {
    Octets content = npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }\n", kSix);
    content[9] = 1;  // 256 bytes more than there are
    expect_says(refusal(content), {"cut short", "came " + std::to_string(content.size())});
    Octets large = npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }\n", kSix, 2);
    large[11] = 0xff;  // 4 GB
    expect_says(refusal(large), {"a header of at most 65536 bytes", "damaged"});
}

TEST_F(NpyFile, OtherFilesAreRefused) {
    for (const char* text : {"1.0, 2.0, 3.0\n4.0, 5.0, 6.0\n", "x\n", "\x93NUMPX123456"})
        expect_says(refusal(Octets(text, text + std::strlen(text))), {"begins with \\x93NUMPY", "numpy.save()"});
    EXPECT_EQ(data_error([&] { read_npy(folder_ / "missing.npy"); }).find((folder_ / "missing.npy").string()) ==
                  std::string::npos,
              false);
    data_error([&] { read_npy(folder_.path()); });
}

// Whatever the bytes, reading ends with an array that is sound or with a sentence.
TEST_F(NpyFile, AnyByteChanged) {
    const Octets original = npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n", kSix);
    int accepted = 0;
    for (std::size_t i = 0; i < original.size(); ++i) {
        for (const int change : {0x01, 0x10, 0x80, 0xff}) {
            Octets changed = original;
            changed[i] ^= static_cast<std::uint8_t>(change);
            try {
                const NpyArray array = reading(changed);
                EXPECT_EQ(array.count(), std::accumulate(array.shape.begin(), array.shape.end(), std::int64_t{1},
                                                         std::multiplies<>()));
                EXPECT_EQ(array.data.size(), 6u);
                ++accepted;
            } catch (const DataError& error) {
                expect_says(error.what(), {path_.string(), "expected"});
            }
        }
    }
    EXPECT_GE(accepted, 6 * 4) << "a change of the data alone is no damage that a reader can see";
}

TEST_F(NpyFile, ArraysThatDoNotHoldTogetherAreNotWritten) {
    const std::vector<float> values(6);
    const auto write = [&](std::string_view type, const Sizes& shape) {
        return [&, type, shape] { write_npy(path_, type, shape, std::as_bytes(std::span(values))); };
    };
    tests::expect_usage_error(write("<f4", {2, 4}), {"[npy]", "2 x 4", "<f4", "24 bytes"});
    tests::expect_usage_error(write("<f4", {}), {"[npy]", "<f4", "24 bytes"});
    tests::expect_usage_error(write("<f8", {6}), {"[npy]", "6 numbers", "<f8"});
    tests::expect_usage_error(write(">f4", {6}), {"[npy]", ">f4"});
    tests::expect_usage_error(write("<f4", {-2, -3}), {"[npy]", "-2 x -3"});
    EXPECT_FALSE(fs::exists(path_));
    write("<f4", {6})();
    EXPECT_EQ(read_npy(path_).count(), 6);
}

}  // namespace
}  // namespace sinter
