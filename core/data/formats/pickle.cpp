// The instructions are those of Python's pickletools.py. A reader that runs them can be made to do anything; this one
// steps over them.
#include "core/data/formats/pickle.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace sinter {
namespace {

/// What an instruction brings along.
enum class Argument { nothing, number, bytes, skipped, two_lines };

struct Instruction {
    Argument argument;
    int size;  ///< bytes of a number, or of a length
};

std::optional<Instruction> instruction(std::uint8_t code) {
    using enum Argument;
    switch (code) {
        case 'K':
            return Instruction{number, 1};
        case 'M':
            return Instruction{number, 2};
        case 'J':
            return Instruction{number, 4};
        case 'U':
        case 'C':
        case 0x8C:
            return Instruction{bytes, 1};
        case 'T':
        case 'B':
        case 'X':
            return Instruction{bytes, 4};
        case 0x8D:
        case 0x8E:
        case 0x96:
            return Instruction{bytes, 8};
        case 0x80:
        case 'q':
        case 'h':
            return Instruction{skipped, 1};
        case 'r':
        case 'j':
            return Instruction{skipped, 4};
        case 'G':
        case 0x95:
            return Instruction{skipped, 8};
        case 'c':
            return Instruction{two_lines, 0};
        case '}':
        case '(':
        case ']':
        case ')':
        case 'e':
        case 'a':
        case 'u':
        case 's':
        case 't':
        case 'R':
        case 'b':
        case 'N':
        case '0':
        case 'l':
        case 0x81:
        case 0x85:
        case 0x86:
        case 0x87:
        case 0x88:
        case 0x89:
        case 0x93:
        case 0x94:
            return Instruction{nothing, 0};
        default:
            return std::nullopt;
    }
}

class Reader {
public:
    explicit Reader(std::span<const std::byte> content) : content_(content) {}

    std::size_t at() const { return at_; }

    std::uint8_t code() { return std::to_integer<std::uint8_t>(take(1)[0]); }

    /// Little-endian.
    std::uint64_t number(int size) {
        std::uint64_t value = 0;
        const auto bytes = take(static_cast<std::uint64_t>(size));
        for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::to_integer<std::uint64_t>(bytes[i]) << 8 * i;
        return value;
    }

    std::span<const std::byte> take(std::uint64_t size) {
        if (size > content_.size() - at_)
            throw PickleError(fmt::format("expected {} bytes at byte {}, came the end of the file", size, at_));
        at_ += size;
        return content_.subspan(at_ - size, size);
    }

    void skip_line() {
        while (code() != '\n') {
        }
    }

private:
    std::span<const std::byte> content_;
    std::size_t at_ = 0;
};

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

PickledBatch read_pickled_batch(std::span<const std::byte> content) {
    constexpr std::uint8_t kStop = '.';
    constexpr std::size_t kImageBytes = 3072;
    Reader reader(content);
    if (reader.code() != 0x80) throw PickleError("expected a pickle of protocol 2 or later, came another file");
    reader.take(1);
    PickledBatch batch;
    std::string_view key;
    for (std::uint8_t code = reader.code(); code != kStop; code = reader.code()) {
        const std::optional<Instruction> known = instruction(code);
        if (!known)
            throw PickleError(
                fmt::format("came the instruction {:02x} at byte {}, which no batch has", code, reader.at() - 1));
        switch (known->argument) {
            case Argument::nothing:
                break;
            case Argument::number: {
                const std::uint64_t number = reader.number(known->size);
                if (key == "labels") batch.labels.push_back(static_cast<std::int64_t>(number));
                break;
            }
            case Argument::bytes: {
                const auto bytes = reader.take(reader.number(known->size));
                // Within the data there are short texts too, such as the type of its numbers.
                if (key == "data" && bytes.size() >= kImageBytes) batch.pixels = bytes;
                if (const std::string_view text = text_of(bytes);
                    text == "labels" || text == "data" || text == "filenames" || text == "batch_label")
                    key = text;
                break;
            }
            case Argument::skipped:
                reader.take(static_cast<std::uint64_t>(known->size));
                break;
            case Argument::two_lines:
                reader.skip_line();
                reader.skip_line();
                break;
        }
    }
    if (batch.pixels.empty() || batch.pixels.size() % kImageBytes != 0 ||
        batch.labels.size() != batch.pixels.size() / kImageBytes) {
        throw PickleError(fmt::format("expected images of {} bytes and as many labels, came {} bytes and {} labels",
                                      kImageBytes, batch.pixels.size(), batch.labels.size()));
    }
    return batch;
}

}  // namespace sinter
