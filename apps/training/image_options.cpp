#include "apps/training/image_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/data/known_sets.h"
#include "core/pictures/image_file.h"
#include "core/printable.h"

namespace sinter {
namespace {

template <class Number>
std::optional<Number> whole(std::string_view text, int base = 10) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// "32", "64x48", or "0" for images as the data has them.
CustomField size_field(ImageOptions& options) {
    return {&options.width, 1,
            [&options] {
                return options.width == options.height ? fmt::format("{}", options.width)
                                                       : fmt::format("{}x{}", options.width, options.height);
            },
            [&options](std::span<const std::string> words) -> std::optional<BadValue> {
                const std::string_view text = words.front();
                const std::size_t by = text.find('x');
                const auto width = whole<std::int64_t>(text.substr(0, by));
                const auto height = by == std::string_view::npos ? width : whole<std::int64_t>(text.substr(by + 1));
                const auto is_side = [](const auto& side) { return side && *side >= 1 && *side <= kMaxPixelsPerSide; };
                if (text != "0" && !(is_side(width) && is_side(height))) {
                    return BadValue{
                        fmt::format("a number of pixels a side from 1 to {}, WIDTHxHEIGHT, or 0", kMaxPixelsPerSide),
                        words.front()};
                }
                options.width = *width;
                options.height = *height;
                return std::nullopt;
            }};
}

/// "white", "black" or "#rrggbb"; "auto" where none was given.
CustomField background_field(std::optional<Colour>& colour) {
    return {&colour, 1,
            [&colour]() -> std::string {
                if (!colour) return "auto";
                return fmt::format("#{:02x}{:02x}{:02x}", colour->red, colour->green, colour->blue);
            },
            [&colour](std::span<const std::string> words) -> std::optional<BadValue> {
                const std::string& text = words.front();
                if (text == "auto") {
                    colour.reset();
                } else if (text == "white" || text == "black") {
                    colour = text == "white" ? kWhite : kBlack;
                } else {
                    const auto number = text.size() == 7 && text.front() == '#'
                                            ? whole<std::uint32_t>(std::string_view(text).substr(1), 16)
                                            : std::nullopt;
                    if (!number) return BadValue{"white, black or #rrggbb", text};
                    colour = Colour{static_cast<std::uint8_t>(*number >> 16), static_cast<std::uint8_t>(*number >> 8),
                                    static_cast<std::uint8_t>(*number)};
                }
                return std::nullopt;
            }};
}

/// Reads the path of a data set and makes it absolute, so that the run can be resumed from another folder.
CustomField data_field(std::string& data) {
    return {&data, 1, [&data] { return data; },
            [&data](std::span<const std::string> words) -> std::optional<BadValue> {
                std::string path = words.front();
                if (!path.empty() && !is_name_of_set(path))
                    path = std::filesystem::absolute(path).lexically_normal().string();
                if (!is_utf8(path)) return BadValue{"a path in UTF-8, as files of a run keep it", path};
                data = path;
                return std::nullopt;
            }};
}

}  // namespace

ImageRequest ImageOptions::request() const {
    return {.height = height, .width = width, .channels = channels, .fitting = fitting};
}

void describe_data(OptionList& list, DataOptions& options) {
    list.section("Data");
    list.free("data", data_field(options.data),
              "Folder with the data set, or the name of a set: mnist, fashion-mnist, kmnist, cifar10, or digits, which "
              "is embedded; a folder of such a name is ./mnist. Default: $SINTER_DATA_DIR, the cache, a download of "
              "MNIST, or digits, in this order. The cache is $SINTER_CACHE_DIR, else ~/.cache/sinter; decoded images "
              "take up to $SINTER_CACHE_LIMIT of it, else 20G");
}

void describe_labels(OptionList& list, ImageOptions& options) {
    list.section("Data");
    list.fixed("labels-per-class", options.labels_per_class,
               "Train on so many images of each class, the first in an order drawn by --seed; 0: on all")
        .from(0)
        .before("0");
}

void describe_size(OptionList& list, ImageOptions& options) {
    list.section("Data");
    list.free("size", size_field(options),
              "Fit the images to this many pixels a side, or to WIDTHxHEIGHT; 0: as the data has it")
        .shown_as("N or WxH");
}

void describe_channels(OptionList& list, ImageOptions& options) {
    list.section("Data");
    list.free("channels", options.channels, "Make the images grey (1) or colour (3); 0: as the data has it")
        .one_of({0, 1, 3});
}

void describe_fitting(OptionList& list, Fitting& fitting) {
    list.section("Data");
    list.fixed("fit", fitting.fit, kFits, "How images of other proportions are fitted to --size");
    list.fixed(
            "background", background_field(fitting.background),
            "white, black or #rrggbb: what shows through transparent pixels (else white) and frames images with --fit "
            "pad (else black)")
        .shown_as("COLOUR");
    list.fixed(
            "range", fitting.range,
            "The number that is white in images of 16 bits; 0: the largest in the set, rounded up to 8, 10, 12, 14 or "
            "16 bits")
        .from(0, kWholeRange);
}

}  // namespace sinter
