// Animated GIF files: the same picture as it changes over a training run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "core/pictures/png.h"

namespace sinter {

/// How long frames are shown, in hundredths of a second: 1 to 65,535. Many viewers show anything below 2 as 10.
struct GifTiming {
    int frame = 20;
    int last = 200;  ///< the last frame, before the animation starts again
};

/// The frames as the bytes of a GIF file that plays them forever. Grey pixels are kept exactly. Colours are kept where
/// a frame has at most 256 shades of 5 bits a channel. Otherwise the frame gets the 256 colours of a median cut
/// (Heckbert, 1982). Throws UsageError where there is no frame, where frames differ in size, or where a frame is empty
/// or has more than 65,535 pixels a side.
std::vector<std::byte> encode_gif(std::span<const Picture> frames, const GifTiming& timing = {});

/// Encodes and writes with write_file_atomically.
void write_gif(const std::filesystem::path& path, std::span<const Picture> frames, const GifTiming& timing = {});

}  // namespace sinter
