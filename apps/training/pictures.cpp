#include "apps/training/pictures.h"

#include <algorithm>
#include <filesystem>

#include "core/console.h"
#include "core/error.h"

namespace sinter {

GridLayout picture_layout(Index count, Index height, Index width, Index channels, Index columns) {
    GridLayout layout;
    layout.count = count;
    layout.height = height;
    layout.width = width;
    layout.channels = channels;
    layout.columns = columns;
    layout.scale = std::max<Index>(1, 56 / std::max(height, width));
    return layout;
}

void draw_or_warn(const std::function<void()>& draw) {
    try {
        draw();
    } catch (const Error& error) {
        if (error.code() == ExitCode::device || error.code() == ExitCode::diverged) throw;
        say("warning: {}\n", error.what());
    } catch (const std::filesystem::filesystem_error& error) {
        say("warning: {}\n", error.what());
    }
}

std::vector<float> read_pixels(const ImageSet& images, Index first, Index count) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * images.bytes_per_image()));
    images.read(first, count, bytes.data());
    std::vector<float> values(bytes.size());
    std::transform(bytes.begin(), bytes.end(), values.begin(),
                   [](std::uint8_t byte) { return static_cast<float>(byte) / 255; });
    return values;
}

}  // namespace sinter
