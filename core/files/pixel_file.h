// A file of pixels that is read piece by piece, for a data set that has no room in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "core/files/files.h"

namespace sinter {

/// The checksum (CRC-32) that guards the pixels of an image.
std::uint32_t pixel_checksum(std::span<const std::uint8_t> pixels);

/// An open file. It stays readable when another file takes its name. read() may be called from any thread.
class PixelFile {
public:
    /// Throws DataError where the file cannot be opened.
    explicit PixelFile(std::filesystem::path path);

    std::uint64_t bytes() const { return bytes_; }
    /// Fills `to` from byte `offset` on. Throws DataError where the file cannot be read or ends too early.
    void read(std::uint64_t offset, std::span<std::uint8_t> to) const;
    /// Fills `to` with as many images of equal size as there are checksums. Throws DataError also where one is damaged.
    void read_images(std::uint64_t offset, std::span<std::uint8_t> to, std::span<const std::uint32_t> checksums) const;

private:
    std::filesystem::path path_;
    FileDescriptor file_;
    std::uint64_t bytes_ = 0;
};

}  // namespace sinter
