#include "core/data/image_set.h"

#include <algorithm>
#include <span>

#include "core/files/pixel_file.h"

namespace sinter {

void ImageSet::read(std::int64_t first, std::int64_t images, std::uint8_t* to) const {
    const std::int64_t offset = first * bytes_per_image(), bytes = images * bytes_per_image();
    if (file) {
        file->read_images(
            file_offset + static_cast<std::uint64_t>(offset), {to, static_cast<std::size_t>(bytes)},
            std::span(checksums).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(images)));
    } else {
        std::copy_n(pixels.data() + offset, bytes, to);
    }
}

}  // namespace sinter
