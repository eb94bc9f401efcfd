// NumPy's file format for one array (numpy.lib.format, versions 1 to 3).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/files/files.h"

namespace sinter {

/// A row-major array of numbers.
struct NpyArray {
    std::string type;                 ///< "<f4", "<f8", "|u1", "<i4", "<i8", ...: byte order, kind, bytes
    std::vector<std::int64_t> shape;  ///< empty for a single number
    std::vector<std::byte> data;      ///< exactly as many bytes as type and shape need

    std::int64_t count() const;
};

/// Reads such a file. Throws DataError, which says what was expected, what came and what to do, where it cannot be
/// read, is no .npy file, is shorter or longer than its shape says, or holds something else than little-endian numbers
/// (bool, integers, floats) in C order. The shape is checked against the file before memory is taken.
NpyArray read_npy(const std::filesystem::path& file);

/// The type of T in a .npy file.
template <class T>
constexpr std::string_view npy_type() {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> ||
                  std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::uint8_t>);
    if constexpr (std::is_same_v<T, float>)
        return "<f4";
    else if constexpr (std::is_same_v<T, double>)
        return "<f8";
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return "<i8";
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return "<i4";
    else
        return "|u1";
}

/// Writes an array as an AtomicFile does. Throws UsageError where bytes and shape do not agree, Error where the file
/// cannot be written.
void write_npy(const std::filesystem::path& file, std::string_view type, std::span<const std::int64_t> shape,
               Bytes data);

template <class T>
void write_npy(const std::filesystem::path& file, std::span<const T> values, std::vector<std::int64_t> shape) {
    write_npy(file, npy_type<T>(), shape, std::as_bytes(values));
}

}  // namespace sinter
