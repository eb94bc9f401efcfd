// What the tests of data files share: writing IDX and gzip content, a folder of one's own, environment variables.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"

namespace sinter::testing_data {

using Bytes = std::vector<std::uint8_t>;

/// The IDX header 00 00 type rank sizes, followed by `count` values 0, 1, 2, ... modulo `modulus`.
inline Bytes idx_bytes(std::initializer_list<std::uint32_t> sizes, std::size_t count, int modulus = 251, int type = 8) {
    Bytes bytes = {0, 0, static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(sizes.size())};
    for (const std::uint32_t size : sizes)
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(size >> shift));
    for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(i % modulus));
    return bytes;
}

/// `content` as one gzip member.
inline Bytes gzip(const Bytes& content) {
    z_stream deflater{};
    deflateInit2(&deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes packed(deflateBound(&deflater, content.size()));
    Bytes input = content;
    deflater.next_in = input.data();
    deflater.avail_in = static_cast<uInt>(input.size());
    deflater.next_out = packed.data();
    deflater.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&deflater, Z_FINISH), Z_STREAM_END);
    packed.resize(deflater.total_out);
    deflateEnd(&deflater);
    return packed;
}

inline std::filesystem::path write_file(const std::filesystem::path& file, const Bytes& bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file;
}

/// An empty folder named after the running test; removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        const auto* test = testing::UnitTest::GetInstance()->current_test_info();
        path_ = std::filesystem::path(testing::TempDir()) /
                (std::string("sinter_") + test->test_suite_name() + "_" + test->name());
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// Sets (or with nullopt unsets) an environment variable for the life of this object.
class ScopedEnvironment {
public:
    ScopedEnvironment(const char* name, const std::optional<std::string>& value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        set(value);
    }
    ScopedEnvironment(const ScopedEnvironment&) = delete;
    ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;
    ~ScopedEnvironment() { set(old_); }

private:
    void set(const std::optional<std::string>& value) {
        if (value) {
            setenv(name_.c_str(), value->c_str(), 1);
        } else {
            unsetenv(name_.c_str());
        }
    }

    std::string name_;
    std::optional<std::string> old_;
};

/// The sentence of the DataError that `call` throws; a failure of the test if it throws none.
template <class Call>
std::string data_error(const Call& call) {
    try {
        call();
    } catch (const DataError& error) {
        return error.what();
    }
    ADD_FAILURE() << "expected a DataError, none was thrown";
    return "";
}

/// Expects that `sentence` holds every one of `parts`.
inline void expect_says(const std::string& sentence, std::initializer_list<std::string> parts) {
    for (const std::string& part : parts) {
        EXPECT_NE(sentence.find(part), std::string::npos)
            << "expected \"" << part << "\" in the sentence \"" << sentence << "\"";
    }
}

}  // namespace sinter::testing_data
