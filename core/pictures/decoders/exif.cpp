#include "core/pictures/decoders/exif.h"

#include <cstddef>

namespace sinter {
namespace {

/// Numbers of a block in its byte order. What lies outside of it is zero.
class Block {
public:
    explicit Block(FileContent bytes) : bytes_(bytes), little_(byte(0) == 'I') {}

    std::uint32_t byte(std::size_t at) const { return at < bytes_.size() ? bytes_[at] : 0; }
    std::uint32_t two(std::size_t at) const {
        return little_ ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1);
    }
    std::uint32_t four(std::size_t at) const {
        return little_ ? two(at) | two(at + 2) << 16 : two(at) << 16 | two(at + 2);
    }

private:
    FileContent bytes_;
    bool little_;
};

}  // namespace

int exif_orientation(FileContent bytes) {
    constexpr std::uint32_t kVersion = 42, kOrientation = 0x0112, kShort = 3;
    constexpr std::size_t kEntryBytes = 12;
    const Block block(bytes);
    const bool is_tiff = (block.byte(0) == 'I' || block.byte(0) == 'M') && block.byte(1) == block.byte(0);
    if (!is_tiff || block.two(2) != kVersion) return 1;
    const std::size_t directory = block.four(4);
    for (std::uint32_t entry = 0; entry < block.two(directory); ++entry) {
        const std::size_t at = directory + 2 + entry * kEntryBytes;
        if (block.two(at) != kOrientation) continue;
        const std::uint32_t value = block.two(at + 8);
        return block.two(at + 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
    return 1;
}

}  // namespace sinter
