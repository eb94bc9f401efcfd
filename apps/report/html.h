// Pieces of an HTML page: text that may come from outside, and pictures inside the page.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace sinter {

/// A text as HTML shows it, in an element or in an attribute in double quotes. What could steer a reader's eye or
/// terminal (control characters, those that turn the direction of writing, bytes that are not UTF-8) is spelled out, as
/// printable() does; what is longer than `most` bytes loses its middle.
std::string escape_html(std::string_view text, std::size_t most = 1 << 20);

/// A text of several lines as a <pre> element.
std::string html_lines(std::string_view text);

/// The bytes of a PNG file as a data URI. Throws DataError where the file is none, or cannot be read.
std::string png_uri(const std::filesystem::path& file);

/// A whole page for reading offline: no script, no request, on paper and on small screens as well, light and dark as
/// the reader's system is. `title` is text, `body` is HTML.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace sinter
