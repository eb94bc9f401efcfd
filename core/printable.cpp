#include "core/printable.h"

#include <algorithm>

namespace sinter {
namespace {

struct Character {
    std::size_t bytes = 1;
    unsigned code = 0;
    bool is_valid = false;
};

/// The character that begins at a place of a text.
Character character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const unsigned first = byte(at);
    const std::size_t bytes = first < 0x80         ? 1
                              : first >> 5 == 0x6  ? 2
                              : first >> 4 == 0xe  ? 3
                              : first >> 3 == 0x1e ? 4
                                                   : 0;
    if (bytes == 0) return {};
    unsigned code = bytes == 1 ? first : first & (0x7fu >> bytes);
    for (std::size_t k = 1; k < bytes; ++k) {
        if (byte(at + k) >> 6 != 0x2) return {};
        code = code << 6 | (byte(at + k) & 0x3fu);
    }
    constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // what needs so many bytes
    if (code < kLeast[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
    return {bytes, code, true};
}

/// Whether a terminal obeys the character rather than showing it: the control characters of ASCII and of Latin-1, the
/// line and paragraph separators, and those that turn the direction of writing.
bool steers(unsigned code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x200e || code == 0x200f || code == 0x61c;
}

void append_escaped(std::string& to, std::string_view bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n')
            to += "\\n";
        else if (c == '\t')
            to += "\\t";
        else
            to += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
}

bool is_between_characters(std::string_view text, std::size_t at) {
    return at == 0 || at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
}

/// As many whole characters as fit into so many bytes, from the front and from the back. What is not UTF-8 may be cut
/// anywhere: no character has more than four bytes.
std::string_view head_of(std::string_view text, std::size_t most) {
    std::size_t end = std::min(most, text.size());
    for (int step = 0; step < 3 && !is_between_characters(text, end); ++step) --end;
    return text.substr(0, end);
}

std::string_view tail_of(std::string_view text, std::size_t most) {
    std::size_t begin = text.size() - std::min(most, text.size());
    for (int step = 0; step < 3 && !is_between_characters(text, begin); ++step) ++begin;
    return text.substr(begin);
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
    constexpr std::string_view kLeftOut = " ... ";
    std::string shown;
    // Escaping makes text longer, never shorter: what lies beyond twice the limit on both sides cannot be shown.
    const auto append = [&](std::string_view part) {
        for (std::size_t at = 0; at < part.size();) {
            const Character c = character_at(part, at);
            const std::string_view bytes = part.substr(at, c.bytes);
            if (c.is_valid && !steers(c.code))
                shown += bytes;
            else
                append_escaped(shown, bytes);
            at += c.bytes;
        }
    };
    if (text.size() <= 2 * most + 8) {
        append(text);
    } else {
        append(head_of(text, most + 4));
        append(tail_of(text, most + 4));
    }
    if (shown.size() <= most) return shown;
    const std::size_t half = (most - std::min(most, kLeftOut.size())) / 2;
    return std::string(head_of(shown, half)).append(kLeftOut).append(tail_of(shown, half));
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const Character c = character_at(text, at);
        if (!c.is_valid) return false;
        at += c.bytes;
    }
    return true;
}

}  // namespace sinter
