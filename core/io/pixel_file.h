// A file of pixels that is read piece by piece, where a data set has no room in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "core/io/files.h"

namespace sinter {

/// An open file. It stays readable when another takes its name. read() may be called from any thread.
class PixelFile {
public:
    /// Throws DataError where the file cannot be opened.
    explicit PixelFile(std::filesystem::path path);

    std::uint64_t bytes() const { return bytes_; }
    /// Fills `to` from byte `offset` on. Throws DataError where the file cannot be read or ends before.
    void read(std::uint64_t offset, std::span<std::uint8_t> to) const;

private:
    std::filesystem::path path_;
    FileDescriptor file_;
    std::uint64_t bytes_ = 0;
};

}  // namespace sinter
