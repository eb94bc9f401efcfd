// Reads at an offset, without a mapping. A disk that fails is then an error with a sentence, not a signal.
#include "core/files/pixel_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace sinter {
namespace {

DataError read_error(const std::filesystem::path& path, const std::string& reason) {
    return DataError(
        fmt::format("[file] Cannot read {}: {}. Remove it and start again: it is made anew.", path.string(), reason));
}

std::string reason(int error_number) { return std::generic_category().message(error_number); }

}  // namespace

std::uint32_t pixel_checksum(std::span<const std::uint8_t> pixels) {
    return static_cast<std::uint32_t>(::crc32_z(0, pixels.data(), pixels.size()));
}

PixelFile::PixelFile(std::filesystem::path path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    if (!file_.is_open() || ::fstat(file_.get(), &status) != 0) throw read_error(path_, reason(errno));
    bytes_ = static_cast<std::uint64_t>(status.st_size);
}

void PixelFile::read(std::uint64_t offset, std::span<std::uint8_t> to) const {
    constexpr std::size_t kMaxBytesPerCall = std::size_t{1} << 30;  // Linux moves at most 2 GB in one call
    while (!to.empty()) {
        const ssize_t got =
            ::pread(file_.get(), to.data(), std::min(to.size(), kMaxBytesPerCall), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw read_error(path_, reason(errno));
        if (got == 0) throw read_error(path_, fmt::format("it ends at byte {}, {} bytes early", offset, to.size()));
        offset += static_cast<std::uint64_t>(got);
        to = to.subspan(static_cast<std::size_t>(got));
    }
}

void PixelFile::read_images(std::uint64_t offset, std::span<std::uint8_t> to,
                            std::span<const std::uint32_t> checksums) const {
    read(offset, to);
    if (checksums.empty()) return;
    const std::size_t image_bytes = to.size() / checksums.size();
    for (std::size_t i = 0; i < checksums.size(); ++i) {
        if (pixel_checksum(to.subspan(i * image_bytes, image_bytes)) == checksums[i]) continue;
        throw read_error(path_,
                         fmt::format("the checksum of the {} bytes from byte {} on is wrong, the file is damaged",
                                     image_bytes, offset + i * image_bytes));
    }
}

}  // namespace sinter
