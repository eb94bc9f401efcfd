// Reads IDX files. It reads a gzip file whole and inflates it straight into the values, in one call if possible.
#include "core/data/formats/idx.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include "core/error.h"
#include "kernels/runtime/machine.h"

namespace sinter {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& sentence) {
    throw DataError(fmt::format("[idx] {}: {}", file.string(), sentence));
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A file's content from its start to its end.
class RawStream {
public:
    explicit RawStream(const std::filesystem::path& path) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
        if (!file_) {
            fail(path, fmt::format("expected an IDX file, raw or gzip, but it cannot be opened ({}); check the path",
                                   std::strerror(errno)));
        }
        struct stat status {};
        if (fstat(fileno(file_.get()), &status) != 0 || !S_ISREG(status.st_mode))
            fail(path, "expected an IDX file, raw or gzip, but this is a folder or a device; give the path of a file");
        size_ = static_cast<std::uint64_t>(status.st_size);
        // Large reads go straight to their destination; buffering would copy them once more.
        std::setvbuf(file_.get(), nullptr, _IONBF, 0);
    }

    std::uint64_t size() const { return size_; }
    std::uint64_t offset() const { return offset_; }
    /// About how many bytes are left: a hint for allocation.
    std::uint64_t remaining_hint() const { return size_ > offset_ ? size_ - offset_ : 0; }
    static const char* where() { return "byte"; }

    /// Fills `to`, or as much of it as there is; returns how much that was.
    std::size_t read(std::uint8_t* to, std::size_t count) {
        const std::size_t got = std::fread(to, 1, count, file_.get());
        if (got < count && std::ferror(file_.get())) {
            fail(path_, fmt::format("reading failed at byte {} ({}); copy the file again or check the disk",
                                    offset_ + got, std::strerror(errno)));
        }
        offset_ += got;
        return got;
    }

    void rewind() {
        std::rewind(file_.get());
        offset_ = 0;
    }

private:
    std::filesystem::path path_;
    std::unique_ptr<std::FILE, CloseFile> file_;
    std::uint64_t size_ = 0, offset_ = 0;
};

/// The unpacked content of a gzip file of one or more members (RFC 1952), checksums verified.
class GzipStream {
public:
    GzipStream(const std::filesystem::path& path, RawStream& raw) : path_(path), packed_(raw.size()) {
        packed_.resize(raw.read(packed_.data(), packed_.size()));
        // 15 bits of window; + 16 asks for a gzip wrapper.
        if (inflateInit2(&inflater_, 15 + 16) != Z_OK) throw std::bad_alloc();
        inflater_.next_in = packed_.data();
    }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;
    ~GzipStream() { inflateEnd(&inflater_); }

    std::uint64_t offset() const { return offset_; }
    static const char* where() { return "unpacked byte"; }

    /// The last member's stated size (its last four bytes), but no more than deflate's best ratio of 1032 makes
    /// possible.
    std::uint64_t remaining_hint() const {
        std::uint64_t stated = 0;
        for (std::size_t i = 1; i <= std::min<std::size_t>(4, packed_.size()); ++i)
            stated = stated << 8 | packed_[packed_.size() - i];
        stated = std::min<std::uint64_t>(stated, 1032 * std::uint64_t{packed_.size()});
        return stated > offset_ ? stated - offset_ : 0;
    }

    /// Fills `to`, or as much of it as there is; returns how much that was.
    std::size_t read(std::uint8_t* to, std::size_t count) {
        constexpr std::size_t kMaxChunk = std::numeric_limits<uInt>::max();
        std::size_t got = 0;
        while (got < count && !ended_) {
            const auto room = static_cast<uInt>(std::min(count - got, kMaxChunk));
            const auto input = static_cast<uInt>(std::min(packed_left(), kMaxChunk));
            inflater_.next_out = to + got;
            inflater_.avail_out = room;
            inflater_.avail_in = input;
            const int status = inflate(&inflater_, Z_NO_FLUSH);
            got += room - inflater_.avail_out;
            offset_ += room - inflater_.avail_out;
            if (status == Z_STREAM_END) {
                next_member();
            } else if (status == Z_MEM_ERROR) {
                throw std::bad_alloc();
            } else if (status == Z_BUF_ERROR || (status == Z_OK && inflater_.avail_out > 0 && packed_left() == 0)) {
                fail(path_,
                     fmt::format("the gzip data is cut off: expected more after its {} bytes (unpacked byte {}), "
                                 "came the end of the file; fetch the file again",
                                 packed_.size(), offset_));
            } else if (status != Z_OK) {
                fail(path_, fmt::format("the gzip data is damaged: expected valid data near byte {} of the file "
                                        "(unpacked byte {}), came '{}'; fetch the file again",
                                        packed_.size() - packed_left(), offset_,
                                        inflater_.msg ? inflater_.msg : zError(status)));
            }
        }
        return got;
    }

private:
    std::size_t packed_left() const {
        return packed_.size() - static_cast<std::size_t>(inflater_.next_in - packed_.data());
    }

    void next_member() {
        const std::size_t left = packed_left();
        ended_ = left == 0;
        if (ended_) return;
        if (left < 2 || inflater_.next_in[0] != 0x1f || inflater_.next_in[1] != 0x8b) {
            fail(path_,
                 fmt::format("the file is too long: expected its end at byte {}, after the gzip data, came {} more "
                             "byte(s); fetch the file again",
                             packed_.size() - left, left));
        }
        inflateReset(&inflater_);
    }

    std::filesystem::path path_;
    std::vector<std::uint8_t> packed_;
    z_stream inflater_{};
    std::uint64_t offset_ = 0;
    bool ended_ = false;
};

constexpr int kUnsignedByte = 0x08, kInt32 = 0x0c;

const char* element_type_name(int type) {
    switch (type) {
        case kUnsignedByte:
            return "unsigned bytes";
        case 0x09:
            return "signed bytes";
        case 0x0b:
            return "16-bit integers";
        case 0x0c:
            return "32-bit integers";
        case 0x0d:
            return "32-bit floats";
        case 0x0e:
            return "64-bit floats";
        default:
            return nullptr;
    }
}

/// Checks the first four bytes: 00 00 type rank.
void check_magic(const std::filesystem::path& file, const std::array<std::uint8_t, 4>& magic, int wanted, int rank) {
    if (magic[0] != 0 || magic[1] != 0) {
        fail(file,
             fmt::format("expected the IDX magic 00 00 {:02x} {:02x} at byte 0, came {:02x} {:02x} {:02x} {:02x}; "
                         "this is a file of another kind",
                         wanted, rank, magic[0], magic[1], magic[2], magic[3]));
    }
    const char* type = element_type_name(magic[2]);
    if (type == nullptr) {
        fail(file,
             fmt::format("expected an IDX element type (08, 09, 0b, 0c, 0d or 0e) at byte 2, came {:02x}; this is a "
                         "file of another kind",
                         magic[2]));
    }
    if (magic[2] != wanted) {
        fail(file,
             fmt::format("expected {} (type {:02x}) at byte 2, came {} (type {:02x}); convert the values to these",
                         element_type_name(wanted), wanted, type, magic[2]));
    }
    if (magic[3] != rank) {
        fail(file,
             fmt::format("expected {} size(s) at byte 3, came {}; images have 3 (count, height, width), labels have 1",
                         rank, magic[3]));
    }
}

/// Reads the whole file from `stream`, which stands at byte 0.
template <class Stream>
IdxBytes read_from(const std::filesystem::path& file, Stream& stream, int type, int rank) {
    const auto read_header = [&](std::uint8_t* to, std::size_t count, const std::string& what) {
        const std::uint64_t start = stream.offset();
        const std::size_t got = stream.read(to, count);
        if (got < count) {
            fail(file,
                 fmt::format("the file is too short: expected {} ({} bytes) at {} {}, came {} byte(s); fetch the file "
                             "again",
                             what, count, stream.where(), start, got));
        }
    };
    std::array<std::uint8_t, 4> magic{};
    read_header(magic.data(), magic.size(), "the IDX magic");
    check_magic(file, magic, type, rank);

    IdxBytes idx;
    std::uint64_t total = type == kInt32 ? 4 : 1;  // bytes
    for (int i = 0; i < rank; ++i) {
        std::array<std::uint8_t, 4> bytes{};
        read_header(bytes.data(), bytes.size(), fmt::format("size {} of {}", i + 1, rank));
        const std::uint32_t size = std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                                   std::uint32_t{bytes[2]} << 8 | std::uint32_t{bytes[3]};
        idx.shape.push_back(size);
        if (size != 0 && total > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / size) {
            fail(file,
                 fmt::format("expected sizes whose product fits 63 bits, came {} at byte {}; the header is damaged",
                             fmt::join(idx.shape, " x "), 4 + 4 * i));
        }
        total *= size;
    }

    // The stream's own estimate sets the first allocation, so a header that lies costs no memory. Where the estimate is
    // too low (several gzip members), the values grow with what really comes.
    const std::uint64_t header = stream.offset();
    const auto room = static_cast<std::uint64_t>(kernels::available_memory());
    std::uint64_t filled = 0;
    while (filled < total) {
        constexpr std::uint64_t kMinGrowth = 1 << 16;
        const std::uint64_t growth = filled == 0 ? stream.remaining_hint() : filled;
        const std::uint64_t next = std::min(total, filled + std::max(growth, kMinGrowth));
        if (room > 0 && next > room) {
            fail(file,
                 fmt::format("expected values that fit in memory, which has room for {} bytes, came {} = {} bytes",
                             room, fmt::join(idx.shape, " x "), total));
        }
        idx.values.resize(next);
        const std::size_t got = stream.read(idx.values.data() + filled, idx.values.size() - filled);
        filled += got;
        if (filled < idx.values.size()) {
            fail(file,
                 fmt::format("the file is too short: expected {} = {} value(s) from byte {} on, came {}, and the end "
                             "at {} {}; fetch the file again",
                             fmt::join(idx.shape, " x "), total, header, filled, stream.where(), stream.offset()));
        }
    }
    std::uint8_t extra = 0;
    if (stream.read(&extra, 1) != 0) {
        fail(file,
             fmt::format("the file is too long: expected its end at {} {}, after {} = {} value(s), came more data; "
                         "fetch the file again",
                         stream.where(), header + total, fmt::join(idx.shape, " x "), total));
    }
    return idx;
}

}  // namespace

namespace {

/// The bytes of the values, whatever their type.
IdxBytes read_idx(const std::filesystem::path& file, int type, int rank) {
    RawStream raw(file);
    std::array<std::uint8_t, 2> start{};
    const bool is_gzip = raw.read(start.data(), start.size()) == 2 && start[0] == 0x1f && start[1] == 0x8b;
    raw.rewind();
    if (!is_gzip) return read_from(file, raw, type, rank);
    GzipStream gzip(file, raw);
    return read_from(file, gzip, type, rank);
}

}  // namespace

IdxBytes read_idx_bytes(const std::filesystem::path& file, int rank) { return read_idx(file, kUnsignedByte, rank); }

IdxBytes read_idx_classes(const std::filesystem::path& file) {
    const IdxBytes table = read_idx(file, kInt32, 2);
    const std::int64_t rows = table.shape[0], columns = table.shape[1];
    if (columns == 0 && rows > 0) fail(file, "expected a column of classes, came none; take another file");
    IdxBytes classes{{rows}, {}};
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::uint8_t* const number = table.values.data() + 4 * row * columns;
        if (number[0] != 0 || number[1] != 0 || number[2] != 0) {
            fail(file, fmt::format(
                           "expected a class of 0 to 255 as the first number of row {}, came {:02x}{:02x}{:02x}{:02x} "
                           "(hexadecimal); take another file",
                           row, number[0], number[1], number[2], number[3]));
        }
        classes.values.push_back(number[3]);
    }
    return classes;
}

}  // namespace sinter
