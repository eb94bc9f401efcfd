// safetensors: what is written is read back, and no damaged or hostile file is believed.
#include "core/files/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>

#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

std::vector<std::byte> to_bytes(std::string_view text) {
    const Bytes bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

/// A file with this header and `data_bytes` zero bytes behind it.
std::vector<std::byte> file_with(const std::string& header, std::size_t data_bytes) {
    const std::uint64_t length = header.size();
    std::string text(sizeof length, '\0');
    std::memcpy(text.data(), &length, sizeof length);
    return to_bytes(text + header + std::string(data_bytes, '\0'));
}

/// The sentence with which the file is refused, or "" where it is accepted.
std::string refusal(std::vector<std::byte> content) {
    try {
        SafetensorsFile::parse(std::move(content), "model.safetensors");
    } catch (const DataError& error) {
        return error.what();
    }
    return "";
}

void expect_refused(const std::string& header, std::size_t data_bytes, const std::string& part_of_sentence) {
    const std::string sentence = refusal(file_with(header, data_bytes));
    EXPECT_NE(sentence.find(part_of_sentence), std::string::npos) << header << "\n" << sentence;
    EXPECT_NE(sentence.find("model.safetensors"), std::string::npos) << sentence;
}

/// What must hold for every file that the reader accepts, counted without its help.
void expect_sound(const SafetensorsFile& file, std::size_t data_bytes) {
    std::size_t covered = 0;
    for (const SafetensorsEntry& entry : file.entries()) {
        const std::int64_t count =
            std::accumulate(entry.shape.begin(), entry.shape.end(), std::int64_t{1}, std::multiplies<>());
        EXPECT_EQ(entry.data.size(), static_cast<std::size_t>(count) * safetensors_element_size(entry.dtype));
        covered += entry.data.size();
    }
    EXPECT_EQ(covered, data_bytes);
}

class SafetensorsFileTest : public testing::Test {
protected:
    const TemporaryFolder temporary_;
    const fs::path& folder_ = temporary_.path();
    const fs::path path_ = folder_ / "model.safetensors";
};

const std::vector<float> kWeight{1, 2, 3, 4, 5, 6};
const std::vector<double> kMoment{0.5};
const std::vector<std::uint8_t> kMask{7, 8, 9};
const std::vector<std::int64_t> kSteps{-1, 1};

std::vector<SafetensorsEntry> sample_entries() {
    return {{"mask", "U8", {3}, std::as_bytes(std::span(kMask))},
            {"weight", "F32", {2, 3}, std::as_bytes(std::span(kWeight))},
            {"none", "F32", {0, 5}, {}},
            {"moment", "F64", {}, std::as_bytes(std::span(kMoment))},
            {"steps", "I64", {2}, std::as_bytes(std::span(kSteps))}};
}

TEST_F(SafetensorsFileTest, EntriesAndMetadataComeBack) {
    const SafetensorsMetadata metadata{{"format", "pt"}, {"quote", "\"\n\xC3\xA9"}};
    write_safetensors(path_, sample_entries(), metadata);
    const SafetensorsFile file = SafetensorsFile::open(path_);
    EXPECT_EQ(file.metadata(), metadata);
    ASSERT_EQ(file.entries().size(), 5u);
    for (const SafetensorsEntry& written : sample_entries()) {
        const SafetensorsEntry& read = file.at(written.name);
        EXPECT_EQ(read.dtype, written.dtype);
        EXPECT_EQ(read.shape, written.shape);
        EXPECT_TRUE(std::ranges::equal(read.data, written.data)) << written.name;
    }
}

TEST_F(SafetensorsFileTest, FileIsLaidOutAsTheFormatSays) {
    write_safetensors(path_, sample_entries(), {{"k", "v"}});
    const std::vector<std::byte> content = read_whole_file(path_);
    std::uint64_t length = 0;
    std::memcpy(&length, content.data(), sizeof length);
    std::string header(reinterpret_cast<const char*>(content.data()) + 8, length);
    EXPECT_EQ((8 + length) % 64, 0u);
    header.erase(header.find_last_not_of(' ') + 1);
    EXPECT_EQ(header, R"({"__metadata__":{"k":"v"},)"
                      R"("moment":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
                      R"("steps":{"dtype":"I64","shape":[2],"data_offsets":[8,24]},)"
                      R"("none":{"dtype":"F32","shape":[0,5],"data_offsets":[24,24]},)"
                      R"("weight":{"dtype":"F32","shape":[2,3],"data_offsets":[24,48]},)"
                      R"("mask":{"dtype":"U8","shape":[3],"data_offsets":[48,51]}})");
    EXPECT_EQ(content.size(), 8 + length + 51);
    EXPECT_EQ(std::memcmp(content.data() + 8 + length + 24, kWeight.data(), 24), 0);
}

TEST_F(SafetensorsFileTest, OrderOfEntriesDoesNotChangeTheFile) {
    write_safetensors(path_, sample_entries());
    std::vector<SafetensorsEntry> turned = sample_entries();
    std::reverse(turned.begin(), turned.end());
    write_safetensors(folder_ / "turned", turned);
    EXPECT_EQ(read_whole_file(path_), read_whole_file(folder_ / "turned"));
}

TEST_F(SafetensorsFileTest, FileWithoutEntriesIsValid) {
    write_safetensors(path_, {});
    EXPECT_TRUE(SafetensorsFile::open(path_).entries().empty());
}

TEST_F(SafetensorsFileTest, EntriesOutliveAMoveOfTheFile) {
    write_safetensors(path_, sample_entries());
    SafetensorsFile first = SafetensorsFile::open(path_);
    const SafetensorsFile second = std::move(first);
    EXPECT_EQ(second.at("mask").data[2], std::byte{9});
}

TEST_F(SafetensorsFileTest, MissingEntryIsNamedWithWhatIsThere) {
    write_safetensors(path_, sample_entries());
    const SafetensorsFile file = SafetensorsFile::open(path_);
    EXPECT_EQ(file.find("wieght"), nullptr);
    try {
        file.at("wieght");
        FAIL() << "an entry that does not exist was found";
    } catch (const DataError& error) {
        const std::string sentence = error.what();
        EXPECT_NE(sentence.find(R"(no entry "wieght"; it holds "mask", "moment", "none", "steps", "weight")"),
                  std::string::npos)
            << sentence;
    }
}

TEST_F(SafetensorsFileTest, EntriesThatDoNotHoldTogetherAreNotWritten) {
    const Bytes six = std::as_bytes(std::span(kWeight));
    const std::vector<std::vector<SafetensorsEntry>> wrong{
        {{"a", "F32", {7}, six}},
        {{"a", "F33", {6}, six}},
        {{"a", "F32", {-6}, six}},
        {{"a", "F32", {-2, -3}, six}},
        {{"a", "F32", {std::int64_t{1} << 62, 4}, {}}},
        {{"__metadata__", "F32", {6}, six}},
        {{"\xFF", "F32", {6}, six}},
        {{"a", "F32", {6}, six}, {"a", "F64", {3}, six}},
    };
    for (const std::vector<SafetensorsEntry>& entries : wrong) {
        EXPECT_THROW(write_safetensors(path_, entries), UsageError) << entries.front().name;
    }
    EXPECT_THROW(write_safetensors(path_, {}, {{"k", "\xFF"}}), UsageError);
    EXPECT_FALSE(fs::exists(path_));
}

TEST(Safetensors, HeaderLengthIsChecked) {
    EXPECT_NE(refusal(to_bytes("seven!!")).find("the file ends after 7"), std::string::npos);
    EXPECT_NE(refusal(to_bytes("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}")).find("the format allows 100000000"),
              std::string::npos);
    EXPECT_NE(refusal(to_bytes(std::string_view("\x03\0\0\0\0\0\0\0{}", 10))).find("3 bytes from offset 8, only 2"),
              std::string::npos);
    EXPECT_NE(refusal(file_with("", 0)).find("it is empty"), std::string::npos);
}

TEST(Safetensors, HeaderMustBeOneJsonObject) {
    expect_refused(" {}", 0, "should begin with '{'");
    expect_refused("[]", 0, "should begin with '{'");
    expect_refused("\xEF\xBB\xBF{}", 0, "should begin with '{'");
    expect_refused("{", 0, "not valid JSON at offset 9");
    expect_refused("{}x", 0, "not valid JSON at offset 10");
    expect_refused("{}{}", 0, "not valid JSON");
    expect_refused(R"({"a":1e999})", 0, "out of range");
    expect_refused("{\"\xFF\":1}", 0, "not valid JSON");
    expect_refused(std::string("{}\0 hidden", 10), 0, "a zero byte at offset 10");
    EXPECT_EQ(refusal(file_with("{}     ", 0)), "");
}

TEST(Safetensors, NestingIsBounded) {
    expect_refused(R"({"a":)" + std::string(1'000'000, '['), 0, "nests deeper");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
    expect_refused(objects, 0, "nests deeper");
}

TEST(Safetensors, RepeatedKeysAreRefused) {
    const std::string entry = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
    expect_refused(R"({"a":)" + entry + R"(,"a":)" + entry + "}", 1, R"(has "a" twice)");
    expect_refused(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1, R"(has "dtype" twice)");
    expect_refused(R"({"__metadata__":{"k":"1","k":"2"}})", 0, R"(has "k" twice)");
}

TEST(Safetensors, MetadataMapsStringsToStrings) {
    expect_refused(R"({"__metadata__":[]})", 0, "should be an object");
    expect_refused(R"({"__metadata__":{"k":1}})", 0, R"("k" is number)");
    expect_refused(R"({"__metadata__":{"k":{}}})", 0, R"("k" is object)");
}

TEST(Safetensors, EntriesHaveTheirThreeFields) {
    expect_refused(R"({"a":1})", 0, R"(entry "a" should be an object)");
    expect_refused(R"({"a":{"dtype":"U8","shape":[1]}})", 1, "should be an object of dtype, shape and data_offsets");
    expect_refused(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}})", 1, "should be an object of");
    expect_refused(R"({"a":{"dtype":"U9","shape":[1],"data_offsets":[0,1]}})", 1,
                   R"(has dtype "U9", expected one of F64)");
    expect_refused(R"({"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}})", 1, "has dtype number");
}

TEST(Safetensors, ShapesAndOffsetsAreNonNegativeIntegers) {
    for (const char* shape : {"[-1]", "[1.0]", "[\"1\"]", "[null]", "[[]]", "[{}]", "[9223372036854775808]",
                              "[99999999999999999999]", "1", "{}"}) {
        expect_refused(std::string(R"({"a":{"dtype":"U8","shape":)") + shape + R"(,"data_offsets":[0,1]}})", 1,
                       "shape should");
    }
    for (const char* offsets : {"[-1,1]", "[0,1.5]", "[\"0\",1]", "[0,[]]", "0", "{}"}) {
        expect_refused(std::string(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":)") + offsets + "}}", 1,
                       "data_offsets should");
    }
    for (const char* offsets : {"[]", "[0]", "[0,1,2]"}) {
        expect_refused(std::string(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":)") + offsets + "}}", 1,
                       "should be [begin, end]");
    }
}

TEST(Safetensors, OffsetsStayInsideTheDataAndFitTheShape) {
    const auto entry = [](const std::string& shape, const std::string& offsets) {
        return R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
    };
    expect_refused(entry("[2]", "[0,8]"), 7, "do not lie within the 7 bytes");
    expect_refused(entry("[2]", "[8,0]"), 8, "do not lie within");
    expect_refused(entry("[2]", "[9223372036854775800,9223372036854775807]"), 8, "do not lie within");
    expect_refused(entry("[3]", "[0,8]"), 8, "F32 of shape [3] takes 12 bytes, data_offsets [0, 8] give 8");
    expect_refused(entry("[4294967296,4294967296]", "[0,8]"), 8, "is too large");  // 2^66 bytes: 0 when it wraps
    expect_refused(entry("[4611686018427387904,4]", "[0,0]"), 0, "is too large");
}

TEST(Safetensors, DataIsCoveredExactlyOnce) {
    const auto two = [](const std::string& first, const std::string& second) {
        return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
               R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
    };
    EXPECT_EQ(refusal(file_with(two("[4,8]", "[0,4]"), 8)), "");
    expect_refused(two("[0,4]", "[2,6]"), 6,
                   R"(entry "b" begins at byte 2 of the data, inside an array that ends at 4)");
    expect_refused(two("[0,4]", "[0,4]"), 4, "inside an array");
    expect_refused(two("[0,4]", "[5,9]"), 9, R"(entry "b" begins at byte 5 of the data, leaving a hole from 4)");
    expect_refused(two("[1,5]", "[5,9]"), 9, "leaving a hole from 0");
    expect_refused(two("[0,4]", "[4,8]"), 10, "2 bytes follow the last array");
    expect_refused("{}", 1, "1 bytes follow the last array");
    expect_refused(
        R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}})",
        4, "inside an array");
}

TEST(Safetensors, HostileNamesAreShownPrintableAndShort) {
    const std::string sentence = refusal(file_with(R"({"\u001b[31m)" + std::string(10'000, 'x') + R"(":1})", 0));
    EXPECT_EQ(sentence.find('\x1b'), std::string::npos);
    EXPECT_LT(sentence.size(), 400u);
}

TEST(SafetensorsHeader, ManyEntriesTakeNoLongerThanTheirText) {
    // Were each compared with each, this would take longer than any test may.
#ifdef __SANITIZE_ADDRESS__
    constexpr int kEntries = 30'000;  // the other builds take the larger file
#else
    constexpr int kEntries = 300'000;
#endif
    std::string header = "{";
    for (int i = 0; i < kEntries; ++i) {
        header += (i > 0 ? ",\"" : "\"") + std::to_string(i);
        header += R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    }
    EXPECT_EQ(refusal(file_with(header + "}", 0)), "");
}

/// A small valid file with one entry of every kind of field that a header can have.
const std::string kSmallHeader = R"({"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                                 R"("b":{"dtype":"U8","shape":[10],"data_offsets":[8,18]}}   )";

TEST(SafetensorsFuzz, EveryTruncationIsRefused) {
    const std::vector<std::byte> whole = file_with(kSmallHeader, 18);
    ASSERT_EQ(refusal(whole), "");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_NE(refusal({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}), "") << length;
    }
}

TEST(SafetensorsFuzz, EveryChangedHeaderByteIsRefusedOrReadSoundly) {
    const std::vector<std::byte> whole = file_with(kSmallHeader, 18);
    int accepted = 0, refused = 0;
    for (std::size_t position = 0; position < 8 + kSmallHeader.size(); ++position) {
        for (unsigned change = 1; change < 256; ++change) {
            std::vector<std::byte> changed = whole;
            changed[position] ^= static_cast<std::byte>(change);
            try {
                const SafetensorsFile file = SafetensorsFile::parse(std::move(changed), "changed");
                // A changed length moves the border between header and data.
                expect_sound(file, position == 0 ? whole.size() - 8 - (kSmallHeader.size() ^ change) : 18);
                ++accepted;
            } catch (const DataError&) {
                ++refused;
            }
        }
    }
    // A few changes are harmless (a letter of a name, a blank for a blank); most break the file.
    EXPECT_GT(accepted, 100);
    EXPECT_GT(refused, 20 * accepted);
}

}  // namespace
}  // namespace sinter
