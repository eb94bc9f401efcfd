#include "tests/common/data_files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

namespace sinter::tests {

Bytes idx_file(std::uint32_t magic, std::initializer_list<std::int64_t> sizes, std::span<const std::uint8_t> values) {
    Bytes bytes;
    const auto append = [&](std::uint32_t value) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    append(magic);
    for (const std::int64_t size : sizes) append(static_cast<std::uint32_t>(size));
    bytes.insert(bytes.end(), values.begin(), values.end());
    return bytes;
}

Bytes idx_bytes(std::initializer_list<std::int64_t> sizes, std::size_t count, int modulus, int type) {
    Bytes values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::uint8_t>(i % static_cast<unsigned>(modulus));
    return idx_file(static_cast<std::uint32_t>(type) << 8 | static_cast<std::uint32_t>(sizes.size()), sizes, values);
}

Bytes npy_file(std::string_view header, std::span<const std::uint8_t> data, int version) {
    Bytes bytes{0x93, 'N', 'U', 'M', 'P', 'Y', static_cast<std::uint8_t>(version), 0};
    for (int byte = 0; byte < (version == 1 ? 2 : 4); ++byte)
        bytes.push_back(static_cast<std::uint8_t>(header.size() >> 8 * byte));
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), data.begin(), data.end());
    return bytes;
}

Bytes gzip(std::span<const std::uint8_t> content) {
    z_stream deflater{};
    deflateInit2(&deflater, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes packed(deflateBound(&deflater, content.size()));
    deflater.next_in = const_cast<Bytef*>(content.data());  // which zlib reads, without saying so
    deflater.avail_in = static_cast<uInt>(content.size());
    deflater.next_out = packed.data();
    deflater.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&deflater, Z_FINISH), Z_STREAM_END);
    packed.resize(deflater.total_out);
    deflateEnd(&deflater);
    return packed;
}

std::filesystem::path write_file(const std::filesystem::path& file, const Bytes& bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file;
}

}  // namespace sinter::tests
