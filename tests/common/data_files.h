// Writing data files for tests: IDX, .npy and gzip content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace sinter::tests {

using Bytes = std::vector<std::uint8_t>;

/// An IDX file: the magic number (00 00 type rank) and the sizes, big-endian, then the values.
Bytes idx_file(std::uint32_t magic, std::initializer_list<std::int64_t> sizes, std::span<const std::uint8_t> values);

/// An IDX file of `type` whose `count` values are 0, 1, 2, ... modulo `modulus`.
Bytes idx_bytes(std::initializer_list<std::int64_t> sizes, std::size_t count, int modulus = 251, int type = 8);

/// A .npy file of the format `version` with this header as it stands, and these bytes behind it.
Bytes npy_file(std::string_view header, std::span<const std::uint8_t> data, int version = 1);

/// `content` as one gzip member.
Bytes gzip(std::span<const std::uint8_t> content);

/// Writes a file, and the folders above it where they are missing. Returns its path.
std::filesystem::path write_file(const std::filesystem::path& file, const Bytes& bytes);

}  // namespace sinter::tests
