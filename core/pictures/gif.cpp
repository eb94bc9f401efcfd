// GIF89a: frames of up to 256 colours, compressed by Lempel, Ziv and Welch's method with codes of 9 to 12 bits.
#include "core/pictures/gif.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/check.h"
#include "core/pictures/median_cut.h"

namespace sinter {
namespace {

constexpr int kPixelBits = 8;
constexpr int kClear = 1 << kPixelBits, kEnd = kClear + 1;
constexpr int kMaxCodeBits = 12, kCodes = 1 << kMaxCodeBits;
constexpr std::int64_t kMaxPixelsPerSide = 65535;

void append(std::vector<std::byte>& file, std::initializer_list<int> bytes) {
    for (const int byte : bytes) file.push_back(static_cast<std::byte>(byte));
}

void append_text(std::vector<std::byte>& file, std::string_view text) {
    for (const char letter : text) file.push_back(static_cast<std::byte>(letter));
}

void append_number(std::vector<std::byte>& file, std::int64_t number) {
    append(file, {static_cast<int>(number & 0xff), static_cast<int>(number >> 8)});
}

/// Packs codes into bytes from the lowest bit on, and bytes into blocks of up to 255 with their length in front.
class CodeStream {
public:
    explicit CodeStream(std::vector<std::byte>& file) : file_(file) {}

    void write(int code, int bits) {
        waiting_ |= static_cast<std::uint32_t>(code) << waiting_bits_;
        for (waiting_bits_ += bits; waiting_bits_ >= 8; waiting_bits_ -= 8, waiting_ >>= 8) write_byte();
    }
    void finish() {
        if (waiting_bits_ > 0) write_byte();
        write_block();
        append(file_, {0});  // the block of length 0 ends the frame
    }

private:
    void write_byte() {
        block_[filled_++] = static_cast<std::byte>(waiting_ & 0xff);
        if (filled_ == block_.size()) write_block();
    }
    void write_block() {
        if (filled_ == 0) return;
        append(file_, {static_cast<int>(filled_)});
        file_.insert(file_.end(), block_.begin(), block_.begin() + static_cast<std::ptrdiff_t>(filled_));
        filled_ = 0;
    }

    std::vector<std::byte>& file_;
    std::uint32_t waiting_ = 0;
    int waiting_bits_ = 0;
    std::array<std::byte, 255> block_{};
    std::size_t filled_ = 0;
};

/// The dictionary of strings met so far: the code of a string and one more pixel.
class Dictionary {
public:
    /// The code of the string `code` followed by `pixel`, or 0, which no longer string has.
    int find(int code, int pixel) const { return longer_[index(code, pixel)]; }
    /// Enters that string under the next code. False where all codes are taken.
    bool enter(int code, int pixel) {
        if (last_ == kCodes - 1) return false;
        longer_[index(code, pixel)] = static_cast<std::uint16_t>(++last_);
        if (last_ == 1 << bits_) ++bits_;
        return true;
    }
    void clear() {
        std::fill(longer_.begin(), longer_.end(), std::uint16_t{0});
        last_ = kEnd;
        bits_ = kPixelBits + 1;
    }
    /// The length of codes at this moment.
    int bits() const { return bits_; }

private:
    static std::size_t index(int code, int pixel) {
        return static_cast<std::size_t>(code) << kPixelBits | static_cast<std::size_t>(pixel);
    }

    std::vector<std::uint16_t> longer_ = std::vector<std::uint16_t>(std::size_t{kCodes} << kPixelBits);
    int last_ = kEnd;
    int bits_ = kPixelBits + 1;
};

void append_compressed(std::vector<std::byte>& file, std::span<const std::uint8_t> pixels, Dictionary& dictionary) {
    append(file, {kPixelBits});
    CodeStream codes(file);
    dictionary.clear();
    codes.write(kClear, dictionary.bits());
    int string = pixels[0];
    for (const int pixel : pixels.subspan(1)) {
        if (const int longer = dictionary.find(string, pixel)) {
            string = longer;
            continue;
        }
        codes.write(string, dictionary.bits());
        if (!dictionary.enter(string, pixel)) {
            codes.write(kClear, dictionary.bits());
            dictionary.clear();
        }
        string = pixel;
    }
    codes.write(string, dictionary.bits());
    // The reader enters a string after this code as after any other; its codes may become longer by that.
    dictionary.enter(string, 0);
    codes.write(kEnd, dictionary.bits());
    codes.finish();
}

void check(std::span<const Picture> frames) {
    require(!frames.empty(), "[gif] Expected at least one frame, got none.");
    const Picture& first = frames.front();
    require(std::min(first.height, first.width) >= 1 && std::max(first.height, first.width) <= kMaxPixelsPerSide &&
                (first.channels == 1 || first.channels == 3),
            "[gif] Expected frames of 1 to {} pixels a side and 1 or 3 channels, got {}x{}x{}. Show fewer or smaller "
            "images.",
            kMaxPixelsPerSide, first.height, first.width, first.channels);
    for (const Picture& frame : frames) {
        require(frame.height == first.height && frame.width == first.width && frame.channels == first.channels,
                "[gif] Expected frames of one size, got {}x{}x{} and {}x{}x{}.", first.height, first.width,
                first.channels, frame.height, frame.width, frame.channels);
        require(frame.height * frame.width * frame.channels == static_cast<std::int64_t>(frame.pixels.size()),
                "[gif] Expected {} bytes for a frame of {}x{}x{}, got {}.", frame.height * frame.width * frame.channels,
                frame.height, frame.width, frame.channels, frame.pixels.size());
    }
}

void append_palette(std::vector<std::byte>& file, const Palette& palette) {
    for (const auto& [red, green, blue] : palette) append(file, {red, green, blue});
}

}  // namespace

std::vector<std::byte> encode_gif(std::span<const Picture> frames, const GifTiming& timing) {
    check(frames);
    require(std::min(timing.frame, timing.last) >= 1 && std::max(timing.frame, timing.last) <= 65535,
            "[gif] Expected times of 1 to 65535 hundredths of a second, got {} and {}.", timing.frame, timing.last);
    const Picture& first = frames.front();
    const bool grey = first.channels == 1;
    std::vector<std::byte> file;
    append_text(file, "GIF89a");
    append_number(file, first.width);
    append_number(file, first.height);
    append(file, {grey ? 0xf7 : 0x70, 0, 0});  // with or without a palette for all frames; 8 bits a channel
    if (grey) append_palette(file, grey_palette());
    append(file, {0x21, 0xff, 11});
    append_text(file, "NETSCAPE2.0");
    append(file, {3, 1, 0, 0, 0});  // again and again, without end

    Dictionary dictionary;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        append(file, {0x21, 0xf9, 4, 0});
        append_number(file, i + 1 == frames.size() ? timing.last : timing.frame);
        append(file, {0, 0});
        append(file, {0x2c, 0, 0, 0, 0});
        append_number(file, first.width);
        append_number(file, first.height);
        if (grey) {
            append(file, {0});
            append_compressed(file, frames[i].pixels, dictionary);
        } else {
            const IndexedPicture indexed = median_cut(frames[i].pixels);
            append(file, {0x87});  // a palette of 256 colours of its own
            append_palette(file, indexed.palette);
            append_compressed(file, indexed.pixels, dictionary);
        }
    }
    append(file, {0x3b});
    return file;
}

void write_gif(const std::filesystem::path& path, std::span<const Picture> frames, const GifTiming& timing) {
    write_file_atomically(path, encode_gif(frames, timing));
}

}  // namespace sinter
