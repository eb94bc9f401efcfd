// Reading IDX files, the format of MNIST and its relatives, raw or gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace sinter {

/// An IDX file of unsigned bytes: its sizes, slowest first, and its values in that row-major order.
struct IdxBytes {
    std::vector<std::int64_t> shape;
    std::vector<std::uint8_t> values;
};

/// Reads an IDX file of unsigned bytes (type 08) with `rank` sizes: bytes 00 00 type rank, `rank` big-endian u32 sizes,
/// the values. A gzip file is recognised by its first two bytes, whatever its name.
///
/// Throws DataError, with the file, the offset, what was expected and what came, for a file that is missing, is not
/// IDX, has another element type or rank, is shorter or longer than its sizes say, is damaged gzip, or would not fit in
/// memory. Memory grows with what the file really holds, not with what its header claims.
IdxBytes read_idx_bytes(const std::filesystem::path& file, int rank);

/// The first of the columns of a file of 32-bit integers (type 0c) with two sizes, as QMNIST keeps its labels: the
/// class of each image. Throws as read_idx_bytes(), and where such a number is no byte.
IdxBytes read_idx_classes(const std::filesystem::path& file);

}  // namespace sinter
