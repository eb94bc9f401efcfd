#include "core/pictures/decoders/jpeg.h"

#include <cstdio>
// libjpeg's header needs FILE.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>

#include "core/pictures/decoders/exif.h"

namespace sinter {
namespace {

constexpr int kMaxScans = 500;  // each goes over the whole image
constexpr char kExif[] = {'E', 'x', 'i', 'f', 0, 0};

/// A decompressor whose errors end step().
class Jpeg {
public:
    explicit Jpeg(FileContent content) {
        info.err = jpeg_std_error(&errors_);
        info.client_data = this;
        errors_.error_exit = [](j_common_ptr common) { of(common).fail(common); };
        errors_.emit_message = [](j_common_ptr common, int level) {
            if (level < 0) of(common).warn(common);
        };
        errors_.output_message = [](j_common_ptr) {};
        progress_.progress_monitor = [](j_common_ptr common) {
            Jpeg& self = of(common);
            if (self.info.input_scan_number <= kMaxScans) return;
            std::snprintf(self.reason_, sizeof self.reason_, "more than %d scans", kMaxScans);
            std::longjmp(self.back_, 1);
        };
        step([&] {
            jpeg_create_decompress(&info);
            info.progress = &progress_;
            jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
            jpeg_mem_src(&info, content.data(), content.size());
        });
    }
    ~Jpeg() { jpeg_destroy_decompress(&info); }
    Jpeg(const Jpeg&) = delete;
    Jpeg& operator=(const Jpeg&) = delete;

    /// Calls `calls`, which are libjpeg's alone: an error leaves them without destroying anything. Throws DecodeError.
    template <class Calls>
    void step(const Calls& calls) {
        if (setjmp(back_) != 0) throw DecodeError(reason_);
        calls();
    }

    /// Throws DecodeError where the library went on over damage.
    void refuse_damage() const {
        if (reason_[0]) throw DecodeError(reason_);
    }
    bool is_cut_off() const { return cut_off_; }

    jpeg_decompress_struct info = {};

private:
    static Jpeg& of(j_common_ptr common) { return *static_cast<Jpeg*>(common->client_data); }

    [[noreturn]] void fail(j_common_ptr common) {
        errors_.format_message(common, reason_);
        std::longjmp(back_, 1);
    }
    void warn(j_common_ptr common) {
        // Odd, but no pixel is lost: bytes between two segments, a transform that Adobe does not have, a new version.
        constexpr int kHarmless[] = {JWRN_EXTRANEOUS_DATA, JWRN_ADOBE_XFORM, JWRN_JFIF_MAJOR};
        const int code = errors_.msg_code;
        if (code == JWRN_JPEG_EOF) cut_off_ = true;
        if (!reason_[0] && std::find(std::begin(kHarmless), std::end(kHarmless), code) == std::end(kHarmless))
            errors_.format_message(common, reason_);
    }

    jpeg_error_mgr errors_ = {};
    jpeg_progress_mgr progress_ = {};
    std::jmp_buf back_ = {};
    char reason_[JMSG_LENGTH_MAX] = {};  ///< the first damage
    bool cut_off_ = false;
};

int orientation_of(const jpeg_decompress_struct& info) {
    for (const jpeg_marker_struct* marker = info.marker_list; marker; marker = marker->next) {
        const FileContent data(marker->data, marker->data_length);
        if (data.size() > sizeof kExif && std::equal(std::begin(kExif), std::end(kExif), data.begin()))
            return exif_orientation(data.subspan(sizeof kExif));
    }
    return 1;
}

/// Chooses what the library makes of its colours: grey, colour, or the four inks as they are.
void choose_colours(jpeg_decompress_struct& info) {
    switch (info.num_components) {
        case 1:
            info.out_color_space = JCS_GRAYSCALE;
            return;
        case 3:
            info.out_color_space = JCS_RGB;
            return;
        case 4:
            info.out_color_space = JCS_CMYK;
            return;
        default:
            throw DecodeError(std::to_string(info.num_components) +
                              " colour components, where 1, 3 or 4 were expected");
    }
}

RawHeader header_of(const jpeg_decompress_struct& info) {
    RawHeader header;
    header.height = info.image_height;
    header.width = info.image_width;
    header.channels = info.num_components == 1 ? 1 : 3;
    header.orientation = orientation_of(info);
    return header;
}

/// Inverted inks to colour: what a paper shows that absorbs by its inks one after the other.
void inks_to_colour(const std::uint8_t* inks, std::uint8_t* colours, std::int64_t pixels) {
    for (std::int64_t i = 0; i < pixels; ++i, inks += 4, colours += 3) {
        const int light = inks[3];
        for (int c = 0; c < 3; ++c) {
            const int absorbed = (255 - inks[c]) * light;
            colours[c] = static_cast<std::uint8_t>(light - (absorbed + 127) / 255);
        }
    }
}

}  // namespace

std::string jpeg_version() {
#ifdef LIBJPEG_TURBO_VERSION_NUMBER
    return "turbo " + std::to_string(LIBJPEG_TURBO_VERSION_NUMBER);
#else
    return "libjpeg " + std::to_string(JPEG_LIB_VERSION);
#endif
}

bool is_jpeg(FileContent content) {
    return content.size() >= 3 && content[0] == 0xFF && content[1] == 0xD8 && content[2] == 0xFF;
}

std::optional<RawHeader> jpeg_header(FileContent content) {
    Jpeg jpeg(content);
    try {
        jpeg.step([&] { jpeg_read_header(&jpeg.info, TRUE); });
    } catch (const DecodeError&) {
        if (jpeg.is_cut_off()) return std::nullopt;
        throw;
    }
    choose_colours(jpeg.info);
    return header_of(jpeg.info);
}

RawImage decode_jpeg(FileContent content) {
    Jpeg jpeg(content);
    jpeg.step([&] { jpeg_read_header(&jpeg.info, TRUE); });
    RawImage image{header_of(jpeg.info), {}};
    choose_colours(jpeg.info);
    jpeg.info.dct_method = JDCT_ISLOW;  // the same bits on every processor
    jpeg.step([&] { jpeg_start_decompress(&jpeg.info); });
    const std::size_t row =
        static_cast<std::size_t>(jpeg.info.output_width) * static_cast<std::size_t>(jpeg.info.output_components);
    std::vector<std::uint8_t> pixels(row * jpeg.info.output_height);
    std::uint8_t* const first = pixels.data();
    jpeg.step([&] {
        while (jpeg.info.output_scanline < jpeg.info.output_height) {
            JSAMPROW next = first + row * jpeg.info.output_scanline;
            jpeg_read_scanlines(&jpeg.info, &next, 1);
        }
        jpeg_finish_decompress(&jpeg.info);
    });
    jpeg.refuse_damage();
    if (jpeg.info.output_components != 4) {
        image.bytes = std::move(pixels);
        return image;
    }
    image.bytes.resize(static_cast<std::size_t>(image.numbers()));
    inks_to_colour(pixels.data(), image.bytes.data(), image.height * image.width);
    return image;
}

}  // namespace sinter
