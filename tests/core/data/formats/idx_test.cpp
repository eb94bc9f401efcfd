// Reading IDX files: what is accepted, and one sentence for every way in which a file can be wrong.
#include "core/data/formats/idx.h"

#include <gtest/gtest.h>

#include "tests/common/data_files.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

using namespace tests;

TEST(Idx, ReadsRawAndGzipByContentNotByName) {
    const TemporaryFolder folder;
    const Bytes content = idx_bytes({3, 4, 5}, 60);
    for (const auto& file : {write_file(folder / "raw.gz", content), write_file(folder / "packed", gzip(content))}) {
        const IdxBytes idx = read_idx_bytes(file, 3);
        EXPECT_EQ(idx.shape, (std::vector<std::int64_t>{3, 4, 5}));
        EXPECT_EQ(idx.values, Bytes(content.begin() + 16, content.end()));
    }
}

TEST(Idx, ReadsSizesAsBigEndian) {
    const TemporaryFolder folder;
    const IdxBytes idx = read_idx_bytes(write_file(folder / "labels", idx_bytes({0x00010203}, 0x00010203)), 1);
    EXPECT_EQ(idx.shape, std::vector<std::int64_t>{66051});
    EXPECT_EQ(idx.values.size(), 66051u);
}

TEST(Idx, ReadsAFileWithoutValues) {
    const TemporaryFolder folder;
    EXPECT_TRUE(read_idx_bytes(write_file(folder / "raw", idx_bytes({0}, 0)), 1).values.empty());
    EXPECT_TRUE(read_idx_bytes(write_file(folder / "packed", gzip(idx_bytes({0, 28, 28}, 0))), 3).values.empty());
}

// Two members, cut inside the header and again far inside the values, each with its own stated size: the first
// allocation is too small and must grow.
TEST(Idx, ReadsGzipOfSeveralMembers) {
    const TemporaryFolder folder;
    const Bytes content = idx_bytes({300, 28, 28}, 300 * 28 * 28);
    Bytes packed;
    for (const auto& [begin, end] : {std::pair{0, 7}, {7, 100000}, {100000, static_cast<int>(content.size())}}) {
        const Bytes member = gzip(Bytes(content.begin() + begin, content.begin() + end));
        packed.insert(packed.end(), member.begin(), member.end());
    }
    EXPECT_EQ(read_idx_bytes(write_file(folder / "members.gz", packed), 3).values,
              Bytes(content.begin() + 16, content.end()));
}

class IdxFault : public testing::Test {
protected:
    std::string reading(const Bytes& content, int rank) {
        const auto file = write_file(folder_ / "file", content);
        const std::string sentence = data_error([&] { read_idx_bytes(file, rank); });
        expect_says(sentence, {"[idx] " + file.string() + ": ", "expected"});
        return sentence;
    }
    TemporaryFolder folder_;
};

TEST_F(IdxFault, MissingFileOrFolder) {
    expect_says(data_error([&] { read_idx_bytes(folder_ / "none", 1); }), {"none", "cannot be opened", "No such file"});
    expect_says(data_error([&] { read_idx_bytes(folder_.path(), 1); }), {"this is a folder"});
}

TEST_F(IdxFault, NotIdx) {
    expect_says(reading({0x89, 'P', 'N', 'G', 0, 0, 0, 0}, 3), {"magic 00 00 08 03 at byte 0", "came 89 50 4e 47"});
    expect_says(reading(gzip(Bytes{'h', 'e', 'l', 'l', 'o'}), 1), {"magic 00 00 08 01 at byte 0", "came 68 65 6c 6c"});
    expect_says(reading(idx_bytes({4}, 4, 251, 0x0a), 1), {"element type", "at byte 2, came 0a"});
}

TEST_F(IdxFault, OtherElementTypesAreKnownAndRefused) {
    const std::pair<int, const char*> types[] = {{0x09, "signed bytes (type 09)"},
                                                 {0x0b, "16-bit integers (type 0b)"},
                                                 {0x0c, "32-bit integers (type 0c)"},
                                                 {0x0d, "32-bit floats (type 0d)"},
                                                 {0x0e, "64-bit floats (type 0e)"}};
    for (const auto& [type, name] : types)
        expect_says(reading(idx_bytes({4}, 32, 251, type), 1), {"unsigned bytes (type 08) at byte 2", name});
}

TEST_F(IdxFault, OtherRank) {
    expect_says(reading(idx_bytes({4}, 4), 3), {"expected 3 size(s) at byte 3, came 1"});
    expect_says(reading(idx_bytes({1, 2, 2}, 4), 1), {"expected 1 size(s) at byte 3, came 3"});
}

TEST_F(IdxFault, TruncatedAnywhere) {
    expect_says(reading({}, 1), {"too short", "magic (4 bytes) at byte 0, came 0"});
    const Bytes content = idx_bytes({2, 3, 4}, 24);
    expect_says(reading(Bytes(content.begin(), content.begin() + 10), 3), {"size 2 of 3 (4 bytes) at byte 8, came 2"});
    expect_says(reading(Bytes(content.begin(), content.end() - 1), 3),
                {"2 x 3 x 4 = 24 value(s) from byte 16 on, came 23", "the end at byte 39"});
    expect_says(reading(gzip(Bytes(content.begin(), content.end() - 1)), 3),
                {"came 23", "the end at unpacked byte 39"});
}

TEST_F(IdxFault, TrailingBytes) {
    Bytes content = idx_bytes({2, 3, 4}, 25);
    expect_says(reading(content, 3), {"too long", "its end at byte 40"});
    expect_says(reading(gzip(content), 3), {"too long", "its end at unpacked byte 40"});
    Bytes packed = gzip(idx_bytes({2, 3, 4}, 24));
    const std::size_t end = packed.size();
    packed.push_back(7);
    expect_says(reading(packed, 3), {"too long", "its end at byte " + std::to_string(end), "came 1 more byte(s)"});
}

TEST_F(IdxFault, DamagedGzip) {
    const Bytes packed = gzip(idx_bytes({9, 28, 28}, 9 * 28 * 28));
    Bytes wrong_checksum = packed;
    wrong_checksum[packed.size() - 8] ^= 1;
    expect_says(reading(wrong_checksum, 3), {"damaged", "incorrect data check"});
    Bytes wrong_length = packed;
    wrong_length[packed.size() - 4] ^= 1;
    expect_says(reading(wrong_length, 3), {"damaged", "incorrect length check"});
    Bytes wrong_method = packed;
    wrong_method[2] = 9;
    expect_says(reading(wrong_method, 3), {"damaged", "unknown compression method"});
}

TEST_F(IdxFault, GzipCutOffAtAnyByte) {
    const Bytes packed = gzip(idx_bytes({9, 28, 28}, 9 * 28 * 28));
    for (std::size_t size = 2; size < packed.size(); ++size)
        expect_says(reading(Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)), 3),
                    {"cut off", "its " + std::to_string(size) + " bytes"});
}

// Sizes that promise more than any memory holds must cost none.
TEST_F(IdxFault, ImplausibleSizes) {
    constexpr std::uint32_t kHuge = 0xffffffff;
    expect_says(reading(idx_bytes({kHuge, kHuge, kHuge}, 3), 3), {"63 bits", "4294967295 x 4294967295 at byte 8"});
    const Bytes trillions = idx_bytes({kHuge, 28, 28}, 1000);
    expect_says(reading(trillions, 3), {"too short", "3367254359280 value(s)", "came 1000"});
    Bytes packed = gzip(trillions);
    expect_says(reading(packed, 3), {"too short", "3367254359280 value(s)", "came 1000"});
    for (std::size_t i = 1; i <= 4; ++i) packed[packed.size() - i] = 0xff;  // the stated size lies as well
    expect_says(reading(packed, 3), {"damaged", "incorrect length check"});
}

// Whatever the bytes, reading ends with values or with a sentence.
TEST_F(IdxFault, AnyByteChanged) {
    const Bytes content = idx_bytes({2, 3, 4}, 24);
    for (const Bytes& original : {content, gzip(content)}) {
        for (std::size_t i = 0; i < original.size(); ++i) {
            for (const int change : {0x01, 0x80, 0xff}) {
                Bytes changed = original;
                changed[i] ^= static_cast<std::uint8_t>(change);
                try {
                    EXPECT_EQ(read_idx_bytes(write_file(folder_ / "file", changed), 3).values.size(), 24u);
                } catch (const DataError& error) {
                    expect_says(error.what(), {"[idx] ", "expected"});
                }
            }
        }
    }
}

}  // namespace
}  // namespace sinter
