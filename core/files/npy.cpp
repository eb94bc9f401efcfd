#include "core/files/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "core/check.h"

namespace sinter {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY", 6};
constexpr std::size_t kAlignment = 64;         // of the data in the file
constexpr std::size_t kMaxHeader = 64 * 1024;  // ours take less than a kilobyte
constexpr std::size_t kMaxDimensions = 32;     // numpy's own limit
constexpr std::int64_t kMaxCount = std::int64_t{1} << 48;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
    throw DataError(fmt::format("{}: {}", file.string(), what));
}

/// Bytes of an element; nothing for a type that is not little-endian numbers.
std::optional<std::int64_t> element_size(std::string_view type) {
    if (type.size() != 3 || type[2] < '0' || type[2] > '9') return std::nullopt;
    const std::int64_t size = type[2] - '0';
    const bool is_byte = size == 1;
    if (type[0] != '<' && !(type[0] == '|' && is_byte)) return std::nullopt;
    const bool is_integer = (type[1] == 'i' || type[1] == 'u') && (size == 1 || size == 2 || size == 4 || size == 8);
    const bool is_float = type[1] == 'f' && (size == 2 || size == 4 || size == 8);
    return is_integer || is_float || (type[1] == 'b' && is_byte) ? std::optional(size) : std::nullopt;
}

std::optional<std::int64_t> checked_count(std::span<const std::int64_t> shape) {
    std::int64_t count = 1;
    for (const std::int64_t size : shape) {
        if (size < 0 || (size > 0 && count > kMaxCount / size)) return std::nullopt;
        count *= size;
    }
    return count;
}

/// Reads the header, a literal of a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderReader {
public:
    HeaderReader(std::string_view text, const std::filesystem::path& file) : text_(text), file_(file) {}

    NpyArray read() {
        NpyArray array;
        bool has_type = false, has_order = false, has_shape = false;
        expect('{');
        while (!take('}')) {
            const std::string key = word();
            expect(':');
            if (key == "descr" && !has_type) {
                if (take('[')) {
                    refuse(file_,
                           "expected an array of numbers, came one with named fields; save one of them with "
                           "numpy.save(file, array['name'])");
                }
                array.type = word();
                has_type = true;
            } else if (key == "fortran_order" && !has_order) {
                has_order = true;
                if (take_text("True"))
                    refuse(file_,
                           "expected an array in C order, came one in Fortran order; save it with numpy.save(file, "
                           "numpy.ascontiguousarray(array))");
                if (!take_text("False")) damaged();
            } else if (key == "shape" && !has_shape) {
                array.shape = sizes();
                has_shape = true;
            } else {
                damaged();
            }
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        skip_spaces();
        if (!text_.empty() || !has_type || !has_order || !has_shape) damaged();
        return array;
    }

private:
    [[noreturn]] void damaged() const {
        refuse(file_,
               "expected a header with descr, fortran_order and shape, as numpy.save() writes it, came something "
               "else; save the array again");
    }
    void skip_spaces() {
        const std::size_t first = text_.find_first_not_of(" \n");
        text_.remove_prefix(first == std::string_view::npos ? text_.size() : first);
    }
    bool take_text(std::string_view wanted) {
        skip_spaces();
        if (!text_.starts_with(wanted)) return false;
        text_.remove_prefix(wanted.size());
        return true;
    }
    bool take(char wanted) { return take_text({&wanted, 1}); }
    void expect(char wanted) {
        if (!take(wanted)) damaged();
    }
    /// A text in quotes, without escapes.
    std::string word() {
        const char quote = take('\'') ? '\'' : '"';
        if (quote == '"') expect('"');
        const std::size_t end = text_.find(quote);
        if (end == std::string_view::npos || text_.substr(0, end).find('\\') != std::string_view::npos) damaged();
        std::string found(text_.substr(0, end));
        text_.remove_prefix(end + 1);
        return found;
    }
    std::vector<std::int64_t> sizes() {
        std::vector<std::int64_t> shape;
        expect('(');
        while (!take(')')) {
            skip_spaces();
            const std::size_t digits = std::min(text_.find_first_not_of("0123456789"), text_.size());
            if (digits == 0 || digits > 15 || shape.size() == kMaxDimensions) damaged();
            shape.push_back(std::stoll(std::string(text_.substr(0, digits))));
            text_.remove_prefix(digits);
            if (!take(',')) {
                expect(')');
                break;
            }
        }
        return shape;
    }

    std::string_view text_;
    const std::filesystem::path& file_;
};

std::uint32_t little_endian(std::span<const std::byte> bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    return value;
}

}  // namespace

std::int64_t NpyArray::count() const { return checked_count(shape).value_or(0); }

NpyArray read_npy(const std::filesystem::path& file) {
    std::vector<std::byte> content = read_whole_file(file);
    const auto at_least = [&](std::size_t bytes) {
        if (content.size() >= bytes) return;
        refuse(file, fmt::format("expected a .npy file of at least {} bytes, came {}; it is cut short", bytes,
                                 content.size()));
    };
    const std::string_view start(reinterpret_cast<const char*>(content.data()), content.size());
    if (!start.starts_with(kMagic.substr(0, start.size())))
        refuse(file,
               "expected a .npy file, which begins with \\x93NUMPY, came something else; save it with numpy.save()");
    at_least(kMagic.size() + 4);
    const int version = std::to_integer<int>(content[kMagic.size()]);
    if (version < 1 || version > 3)
        refuse(file,
               fmt::format("expected version 1, 2 or 3 of the .npy format, came {}; save the array with numpy.save()",
                           version));
    const std::size_t length_bytes = version == 1 ? 2 : 4, before = kMagic.size() + 2 + length_bytes;
    at_least(before);
    const std::size_t length = little_endian(std::span(content).subspan(kMagic.size() + 2, length_bytes));
    if (length > kMaxHeader)
        refuse(file,
               fmt::format("expected a header of at most {} bytes, came {}; the file is damaged", kMaxHeader, length));
    at_least(before + length);
    const std::string header(reinterpret_cast<const char*>(content.data()) + before, length);
    NpyArray array = HeaderReader(header, file).read();

    const auto size = element_size(array.type);
    if (!size) {
        refuse(file,
               fmt::format("expected little-endian numbers (such as <f4, |u1 or <i8), came the type '{}'; save the "
                           "array with numpy.save(file, array.astype('<f4'))",
                           array.type));
    }
    const auto count = checked_count(array.shape);
    const std::size_t data = content.size() - before - length;
    if (!count || static_cast<std::size_t>(*count * *size) != data) {
        refuse(file, fmt::format(
                         "expected {} number(s) of {} byte(s) behind the header, came {} byte(s); the file is damaged",
                         array.shape.empty() ? "1" : fmt::format("{}", fmt::join(array.shape, " x ")), *size, data));
    }
    content.erase(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(before + length));
    array.data = std::move(content);
    return array;
}

void write_npy(const std::filesystem::path& file, std::string_view type, std::span<const std::int64_t> shape,
               Bytes data) {
    const auto size = element_size(type);
    const auto count = checked_count(shape);
    require(size && count && static_cast<std::size_t>(*count * *size) == data.size(),
            "[npy] expected {} numbers of type {}, got {} bytes", fmt::join(shape, " x "), type, data.size());
    std::string sizes;
    for (const std::int64_t side : shape) sizes += fmt::format("{}, ", side);
    if (shape.size() > 1) sizes.resize(sizes.size() - 2);
    if (shape.size() == 1) sizes.pop_back();
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", type, sizes);
    const std::size_t before = kMagic.size() + 4;
    const std::size_t end = (before + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
    header.resize(end - before - 1, ' ');
    header += '\n';
    std::string start(kMagic);
    start += {'\1', '\0', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
    start += header;
    const Bytes pieces[] = {std::as_bytes(std::span(start)), data};
    write_file_atomically(file, pieces);
}

}  // namespace sinter
