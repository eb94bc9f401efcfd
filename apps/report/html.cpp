#include "apps/report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "core/error.h"
#include "core/files/files.h"
#include "core/printable.h"

namespace sinter {
namespace {

// Colours of lines are Okabe and Ito's, which people with any colour vision can tell apart; dashes tell them apart in
// grey.
constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --page: #fff; --ink: #1b1e23; --soft: #555c66; --rule: #d9dde3; --panel: #f5f6f8;
  --line1: #0b62a8; --line2: #b84a00; --line3: #00704f; --line4: #9c3d77; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171b; --ink: #e8eaed; --soft: #a9b0ba; --rule: #363c45; --panel: #1d2126;
    --line1: #63b8f2; --line2: #f0a45c; --line3: #4fd0a5; --line4: #e59ac6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem 1rem 3rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; border-bottom: 1px solid var(--rule); padding-bottom: 0.2rem; }
h3 { font-size: 1rem; margin: 0 0 0.2rem; }
p { margin: 0.3rem 0 0.6rem; overflow-wrap: anywhere; }
.soft, figcaption, dt { color: var(--soft); font-size: 0.9rem; }
.grid { display: grid; gap: 1.2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
dl.numbers { display: grid; gap: 0.6rem; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); margin: 0.6rem 0; }
dl.numbers div { background: var(--panel); border-radius: 6px; padding: 0.5rem 0.7rem; }
dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
figure { margin: 0; break-inside: avoid; }
figure img { max-width: 100%; height: auto; image-rendering: pixelated; border-radius: 4px; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg .rule { stroke: var(--rule); }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
pre { background: var(--panel); border-radius: 6px; padding: 0.7rem; overflow-x: auto; font-size: 0.85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
th, td { text-align: right; padding: 0.2rem 0.6rem; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.warning { border-left: 4px solid var(--line2); background: var(--panel); padding: 0.4rem 0.8rem; }
summary { cursor: pointer; margin: 0.6rem 0; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } pre { white-space: pre-wrap; } }
)";

std::string base64(std::span<const std::byte> bytes) {
    constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k)
            three = three << 8 | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? kLetters[three >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

}  // namespace

std::string escape_html(std::string_view text, std::size_t most) {
    std::string escaped;
    for (const char c : printable(text, most)) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            case '\'':
                escaped += "&#39;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string html_lines(std::string_view text) {
    std::string lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines += escape_html(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return "<pre>" + lines + "</pre>\n";
}

std::string png_uri(const std::filesystem::path& file) {
    constexpr unsigned char kSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const std::vector<std::byte> bytes = read_whole_file(file);
    if (bytes.size() < sizeof kSignature || std::memcmp(bytes.data(), kSignature, sizeof kSignature) != 0)
        throw DataError(fmt::format("{}: expected a PNG file, found something else", file.string()));
    return "data:image/png;base64," + base64(bytes);
}

std::string html_page(std::string_view title, std::string_view body) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
        "'unsafe-inline'\">\n"
        "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
        escape_html(title), kStyle, body);
}

}  // namespace sinter
