// The progress display of a training run on stderr: one redrawn line on a terminal, else a plain line now and then.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "core/duration.h"

namespace sinter {

/// A number beside the bar, such as {"loss", 105.7}.
struct ProgressValue {
    std::string_view name;
    double value;
};

/// What there is to do.
struct ProgressPlan {
    int epochs = 1;
    std::int64_t images_per_epoch = 0;
};

/// How it is shown.
struct ProgressSettings {
    enum class Style {
        automatic,  ///< terminal where the file is one that can be redrawn, else plain
        terminal,   ///< one line, redrawn at most 10 times a second
        plain,      ///< whole lines: one an epoch, within an epoch one every 10 seconds
        quiet       ///< nothing
    };
    Style style = Style::automatic;
    int file = 2;                 ///< the descriptor; lines that it does not take at once are lost
    int width = 0;                ///< columns; 0 asks the terminal, again at every redraw
    double (*clock)() = nullptr;  ///< seconds from any fixed point; nullptr is the steady clock
};

/// The display of one run:
///
///     Progress progress({.epochs = 10, .images_per_epoch = 60000});
///     for (int epoch = 1; epoch <= 10; ++epoch) {
///         progress.begin_epoch(epoch);
///         for (...)
///             if (progress.count(batch_size)) progress.show(std::array{ProgressValue{"loss", read_loss()}});
///         progress.end_epoch({{"loss", mean_loss}});
///     }
class Progress {
public:
    explicit Progress(ProgressPlan plan, ProgressSettings settings = {});
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Starts the clock of epoch `epoch` (1 is the first). A resumed run has done `images_done` of its images before.
    void begin_epoch(int epoch, std::int64_t images_done = 0);

    /// Counts `images`. Whether a redraw is due: most calls are a clock read and a compare, so that what there is to
    /// show need not be read from a device.
    bool count(std::int64_t images) {
        images_ += images;
        return clock_() >= next_redraw_;
    }
    /// Redraws with these values.
    void show(std::span<const ProgressValue> values);

    /// Says that the last `seconds` brought no images, such as a profile's table: they do not count in the epoch's time
    /// and speed.
    void leave_out(double seconds) { epoch_began_ += seconds; }

    /// Says that the images of the epoch are done: what follows until end_epoch(), such as a test, does not count in
    /// its time and speed.
    void stop_clock() { epoch_ended_ = clock_(); }

    /// Leaves one line that sums up the epoch, with its time and speed up to stop_clock(), or to here without it.
    void end_epoch(std::span<const ProgressValue> values);
    void end_epoch(std::initializer_list<ProgressValue> values) { end_epoch(std::span(values.begin(), values.size())); }

    /// Takes the bar off the terminal; the next redraw brings it back. Called before other text goes to the terminal.
    void clear();

private:
    void print_line();
    void print(std::string_view text) const;
    double images_per_second(double now) const;
    double seconds_left(double now) const;

    ProgressPlan plan_;
    ProgressSettings settings_;
    double (*clock_)();
    int epoch_ = 1;
    std::int64_t images_ = 0;         // done in this epoch, before a resume included
    std::int64_t images_before_ = 0;  // of these, before a resume
    double epoch_began_;
    double epoch_ended_;  // infinite while images are coming
    double next_redraw_;
    bool bar_is_shown_ = false;
    std::string text_;  // reused, so that a redraw stops allocating after the first ones
};

/// One line of the display, as numbers.
struct ProgressLine {
    int epoch = 1;
    int epochs = 1;
    std::int64_t images = 0;
    std::int64_t images_per_epoch = 0;
    double images_per_second = 0;
    double seconds_left = 0;
    std::span<const ProgressValue> values = {};
};

/// Appends a bar of `width` columns, its two brackets included: "[=====>    ]". The fraction is clamped to [0, 1].
void append_bar(std::string& text, double fraction, int width);

/// Appends "epoch  3/10 [===>   ]  42%  loss 107.3  31234 images/s  ETA 0:12", the bar filling what is left of `width`
/// columns. Where they are too few, what matters least is left out first: values from the third on, the speed, the bar,
/// the other values, the time that is left. `width` 0: everything but the bar.
void append_progress_line(std::string& text, const ProgressLine& line, int width);

}  // namespace sinter
