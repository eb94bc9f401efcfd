// Formatting and drawing of the progress display.
#include "core/train/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <utility>

#include "core/console.h"

namespace sinter {
namespace {

using Style = ProgressSettings::Style;

constexpr double kSecondsBetweenRedraws = 0.1;
constexpr double kSecondsBetweenLines = 10;
constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr const char* kEraseLine = "\r\x1b[K";

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A terminal called "dumb" (an editor's, a build log's) shows the erase sequence instead of obeying it.
bool can_be_redrawn(int file) {
    const char* terminal = std::getenv("TERM");
    return ::isatty(file) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

int terminal_width(int file) {
    constexpr int kUsualWidth = 80;
    winsize size{};
    return ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

double seconds_between(Style style) {
    if (style == Style::quiet) return kNever;
    return style == Style::terminal ? kSecondsBetweenRedraws : kSecondsBetweenLines;
}

template <class... Arguments>
void append(std::string& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

void append_epoch(std::string& text, int epoch, int epochs) {
    append(text, "epoch {:>{}}/{}", epoch, fmt::formatted_size("{}", epochs), epochs);
}

void append_values(std::string& text, std::span<const ProgressValue> values) {
    for (const ProgressValue& value : values) append(text, "  {} {:.5g}", value.name, value.value);
}

void append_speed(std::string& text, double images_per_second) {
    append(text, "  {} images/s", format_rate(images_per_second));
}

void append_time_left(std::string& text, double seconds) { append(text, "  ETA {}", format_duration(seconds)); }

/// What of a line there is room for.
struct Room {
    std::size_t values;
    bool speed = true, bar = true, time_left = true;
};

}  // namespace

void append_bar(std::string& text, double fraction, int width) {
    const int inner = std::max(width - 2, 0);
    const double clamped = fraction > 0 ? std::min(fraction, 1.0) : 0.0;  // NaN is 0
    const int filled = static_cast<int>(clamped * inner);
    text += '[';
    text.append(static_cast<std::size_t>(filled), '=');
    if (filled < inner) {
        text += '>';
        text.append(static_cast<std::size_t>(inner - filled - 1), ' ');
    }
    text += ']';
}

void append_progress_line(std::string& text, const ProgressLine& line, int width) {
    constexpr int kNarrowestBar = 10;
    const double fraction =
        line.images_per_epoch > 0 ? static_cast<double>(line.images) / static_cast<double>(line.images_per_epoch) : 0;
    const std::size_t begin = text.size();
    const auto columns = [&] { return static_cast<int>(text.size() - begin); };
    std::size_t bar_at = 0;
    const auto append_with = [&](const Room& room) {
        text.resize(begin);
        append_epoch(text, line.epoch, line.epochs);
        bar_at = text.size();
        append(text, " {:>3}%", static_cast<int>(100 * std::clamp(fraction, 0.0, 1.0)));
        append_values(text, line.values.first(room.values));
        if (room.speed) append_speed(text, line.images_per_second);
        if (room.time_left) append_time_left(text, line.seconds_left);
        return width <= 0 || columns() + (room.bar ? 1 + kNarrowestBar : 0) <= width;
    };
    Room room{line.values.size()};
    room.bar = width > 0;
    bool fits = append_with(room);
    const auto leave_out = [&](auto& what) {
        if (fits) return;
        what = {};
        fits = append_with(room);
    };
    while (!fits && room.values > 2) {
        --room.values;
        fits = append_with(room);
    }
    leave_out(room.speed);
    leave_out(room.bar);
    while (!fits && room.values > 0) {
        --room.values;
        fits = append_with(room);
    }
    leave_out(room.time_left);
    if (!fits) text.resize(begin + static_cast<std::size_t>(width));
    if (!room.bar) return;
    // Drawn at the end and turned into its place: no second string.
    const std::size_t end = text.size();
    const int left = width - columns() - 1;
    text += ' ';
    append_bar(text, fraction, left);
    const auto at = [&](std::size_t position) { return text.begin() + static_cast<std::ptrdiff_t>(position); };
    std::rotate(at(bar_at), at(end), text.end());
}

Progress::Progress(ProgressPlan plan, ProgressSettings settings)
    : plan_(plan), settings_(settings), clock_(settings.clock != nullptr ? settings.clock : steady_seconds) {
    if (settings_.style == Style::automatic) {
        settings_.style = can_be_redrawn(settings_.file) ? Style::terminal : Style::plain;
    }
    epoch_began_ = clock_();
    epoch_ended_ = kNever;
    next_redraw_ = epoch_began_ + seconds_between(settings_.style);
}

void Progress::begin_epoch(int epoch, std::int64_t images_done) {
    epoch_ = epoch;
    images_ = images_before_ = images_done;
    epoch_began_ = clock_();
    epoch_ended_ = kNever;
    next_redraw_ = epoch_began_ + seconds_between(settings_.style);
}

void Progress::end_epoch(std::span<const ProgressValue> values) {
    if (settings_.style == Style::quiet) return;
    const double now = std::min(clock_(), epoch_ended_);
    clear();
    text_.clear();
    append_epoch(text_, epoch_, plan_.epochs);
    // An epoch may well take less than a second.
    const double seconds = now - epoch_began_;
    append(text_, "  {} images in {}", images_ - images_before_,
           seconds < 60 ? fmt::format("{:.1f} s", seconds) : format_duration(seconds));
    append_values(text_, values);
    append_speed(text_, images_per_second(now));
    append_time_left(text_, seconds_left(now));
    print_line();
}

void Progress::clear() {
    if (!bar_is_shown_) return;
    print(kEraseLine);
    bar_is_shown_ = false;
}

void Progress::show(std::span<const ProgressValue> values) {
    const double now = clock_();
    next_redraw_ = now + seconds_between(settings_.style);
    const ProgressLine line{
        epoch_, plan_.epochs, images_, plan_.images_per_epoch, images_per_second(now), seconds_left(now), values};
    text_.clear();
    if (settings_.style == Style::plain) {
        append_progress_line(text_, line, 0);
        print_line();
        return;
    }
    // A terminal that is filled to its last column wraps, and the next redraw would begin one line too low.
    const int width = (settings_.width > 0 ? settings_.width : terminal_width(settings_.file)) - 1;
    text_ += kEraseLine;
    append_progress_line(text_, line, std::max(width, 1));
    print(text_);
    bar_is_shown_ = true;
}

void Progress::print_line() {
    text_ += '\n';
    print(text_);
}

void Progress::print(std::string_view text) const { write_if_taken(settings_.file, text, 0); }

double Progress::images_per_second(double now) const {
    return static_cast<double>(images_ - images_before_) / (now - epoch_began_);
}

/// At this epoch's speed; what happens between epochs (a test, a checkpoint) is not foreseen.
double Progress::seconds_left(double now) const {
    const std::int64_t this_epoch = std::max<std::int64_t>(plan_.images_per_epoch - images_, 0);
    const std::int64_t later = plan_.images_per_epoch * std::max(plan_.epochs - epoch_, 0);
    return static_cast<double>(this_epoch + later) / images_per_second(now);
}

}  // namespace sinter
