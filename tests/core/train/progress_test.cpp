// The progress display: its text, and when it draws, on a clock that the test turns.
#include "core/train/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace sinter {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double test_seconds = 0;

/// A file that keeps what was printed.
class Screen {
public:
    Screen() : file_(::memfd_create("screen", MFD_CLOEXEC)) { test_seconds = 1000; }
    ~Screen() { ::close(file_); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    ProgressSettings settings(ProgressSettings::Style style, int width = 80) const {
        return {.style = style, .file = file_, .width = width, .clock = [] { return test_seconds; }};
    }
    std::string text() const {
        std::string content(static_cast<std::size_t>(::lseek(file_, 0, SEEK_END)), '\0');
        const ssize_t got = ::pread(file_, content.data(), content.size(), 0);
        return content.substr(0, got < 0 ? 0 : static_cast<std::size_t>(got));
    }

private:
    int file_;
};

std::string bar(double fraction, int width) {
    std::string text;
    append_bar(text, fraction, width);
    return text;
}

std::string line(const ProgressLine& numbers, int width) {
    std::string text;
    append_progress_line(text, numbers, width);
    return text;
}

/// Takes `steps` steps of 100 images, `seconds` long each; returns how often the display asked for the loss.
int train(Progress& progress, int steps, double seconds) {
    int asked = 0;
    for (int step = 0; step < steps; ++step) {
        test_seconds += seconds;
        if (!progress.count(100)) continue;
        ++asked;
        progress.show(std::array{ProgressValue{"loss", 107.3}});
    }
    return asked;
}

TEST(ProgressText, Durations) {
    EXPECT_EQ(format_duration(0), "0:00");
    EXPECT_EQ(format_duration(7.4), "0:07");
    EXPECT_EQ(format_duration(59.6), "1:00");
    EXPECT_EQ(format_duration(754), "12:34");
    EXPECT_EQ(format_duration(3723), "1:02:03");
    EXPECT_EQ(format_duration(100 * 3600), "100:00:00");
    for (const double none : {-1.0, kNaN, kInfinity, 1e300}) EXPECT_EQ(format_duration(none), "-:--");
}

TEST(ProgressText, Rates) {
    EXPECT_EQ(format_rate(31234.4), "31234");
    EXPECT_EQ(format_rate(45.67), "45.7");
    EXPECT_EQ(format_rate(3.416), "3.42");
    for (const double none : {-1.0, kNaN, kInfinity}) EXPECT_EQ(format_rate(none), "-");
}

TEST(ProgressText, Bars) {
    EXPECT_EQ(bar(0, 12), "[>         ]");
    EXPECT_EQ(bar(0.5, 12), "[=====>    ]");
    EXPECT_EQ(bar(1, 12), "[==========]");
    EXPECT_EQ(bar(2, 12), "[==========]");
    EXPECT_EQ(bar(-kInfinity, 12), "[>         ]");
    EXPECT_EQ(bar(kNaN, 12), "[>         ]");
    EXPECT_EQ(bar(0.5, 0), "[]");
}

TEST(ProgressText, LineFillsItsWidth) {
    const std::array values{ProgressValue{"loss", 107.3}};
    const ProgressLine numbers{3, 10, 25200, 60000, 31234, 12, values};
    EXPECT_EQ(line(numbers, 0), "epoch  3/10  42%  loss 107.3  31234 images/s  ETA 0:12");
    EXPECT_EQ(line(numbers, 70), "epoch  3/10 [=====>       ]  42%  loss 107.3  31234 images/s  ETA 0:12");
    for (int width = 1; width <= 200; ++width) EXPECT_LE(line(numbers, width).size(), static_cast<std::size_t>(width));
    EXPECT_EQ(line(numbers, 200).size(), 200u);
}

TEST(ProgressText, WhatMattersLeastIsLeftOutFirst) {
    const std::array values{ProgressValue{"loss_d", 1.2345}, ProgressValue{"loss_g", 0.98765},
                            ProgressValue{"d_real", 0.61234}, ProgressValue{"d_fake", 0.43211}};
    const ProgressLine numbers{1, 15, 25200, 60000, 1412, 132, values};
    const std::string all =
        "epoch  1/15 [====>     ]  42%  loss_d 1.2345  loss_g 0.98765  d_real 0.61234  d_fake 0.43211  1412 images/s  "
        "ETA 2:12";
    EXPECT_EQ(line(numbers, static_cast<int>(all.size())), all);
    EXPECT_EQ(line(numbers, 102),
              "epoch  1/15 [====>      ]  42%  loss_d 1.2345  loss_g 0.98765  d_real 0.61234  1412 images/s  ETA 2:12");
    EXPECT_EQ(line(numbers, 79), "epoch  1/15 [=======>           ]  42%  loss_d 1.2345  loss_g 0.98765  ETA 2:12");
    EXPECT_EQ(line(numbers, 64), "epoch  1/15  42%  loss_d 1.2345  loss_g 0.98765  ETA 2:12");
    EXPECT_EQ(line(numbers, 50), "epoch  1/15  42%  loss_d 1.2345  ETA 2:12");
    EXPECT_EQ(line(numbers, 30), "epoch  1/15  42%  ETA 2:12");
    EXPECT_EQ(line(numbers, 20), "epoch  1/15  42%");
    EXPECT_EQ(line(numbers, 7), "epoch  ");
    EXPECT_EQ(line(numbers, 0).size(), all.size() - 13) << "everything but the bar";
}

TEST(Progress, AListenerWhoDoesNotListenIsNotWaitedFor) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const std::string rest(static_cast<std::size_t>(::fcntl(pipe[1], F_SETPIPE_SZ, 4096)), 'x');
    ASSERT_EQ(::write(pipe[1], rest.data(), rest.size()), static_cast<ssize_t>(rest.size()));
    {
        Progress progress(
            {.epochs = 1, .images_per_epoch = 1000},
            {.style = ProgressSettings::Style::plain, .file = pipe[1], .clock = [] { return test_seconds; }});
        train(progress, 10, 100);
        progress.end_epoch({{"loss", 1.5}});
    }
    std::string said(2 * rest.size(), '\0');
    EXPECT_EQ(::read(pipe[0], said.data(), said.size()), static_cast<ssize_t>(rest.size())) << "lost, not queued";
    ::close(pipe[0]);
    ::close(pipe[1]);
}

TEST(ProgressText, LineWithoutImagesOrLossStands) {
    EXPECT_EQ(line({.images_per_second = kNaN, .seconds_left = kNaN}, 0), "epoch 1/1   0%  - images/s  ETA -:--");
    const std::array values{ProgressValue{"loss_d", kNaN}, ProgressValue{"loss_g", -1e9}};
    EXPECT_EQ(line({.values = values}, 0), "epoch 1/1   0%  loss_d nan  loss_g -1e+09  0.00 images/s  ETA 0:00");
}

TEST(Progress, TerminalIsRedrawnAtMostTenTimesASecond) {
    const Screen screen;
    Progress progress({.epochs = 2, .images_per_epoch = 100000}, screen.settings(ProgressSettings::Style::terminal));
    progress.begin_epoch(1);
    const int asked = train(progress, 1000, 0.001);  // a second
    EXPECT_GE(asked, 9);
    EXPECT_LE(asked, 10);
}

TEST(Progress, TerminalLineReplacesItselfAndStaysWithinTheWidth) {
    const Screen screen;
    Progress progress({.epochs = 2, .images_per_epoch = 1000}, screen.settings(ProgressSettings::Style::terminal, 72));
    progress.begin_epoch(1);
    train(progress, 5, 1.0);
    const std::string text = screen.text();
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const std::string last = text.substr(text.rfind("\r\x1b[K") + 4);
    EXPECT_EQ(last, "epoch 1/2 [=========>        ]  50%  loss 107.3  100 images/s  ETA 0:15");
    EXPECT_EQ(last.size(), 71u);
}

TEST(Progress, WhatIsLeftOutTakesNothingFromTheSpeed) {
    const Screen screen;
    Progress progress({.epochs = 1, .images_per_epoch = 500}, screen.settings(ProgressSettings::Style::plain));
    progress.begin_epoch(1);
    train(progress, 5, 1.0);
    test_seconds += 20;
    progress.leave_out(20);
    progress.end_epoch({{"loss", 107.3}});
    EXPECT_TRUE(screen.text().ends_with("epoch 1/1  500 images in 5.0 s  loss 107.3  100 images/s  ETA 0:00\n"))
        << screen.text();
}

TEST(Progress, ClearTakesTheBarAwayOnce) {
    const Screen screen;
    {
        Progress progress({.epochs = 1, .images_per_epoch = 1000}, screen.settings(ProgressSettings::Style::terminal));
        train(progress, 1, 1.0);
        const std::size_t drawn = screen.text().size();
        progress.clear();
        progress.clear();
        EXPECT_EQ(screen.text().substr(drawn), "\r\x1b[K");
        train(progress, 1, 1.0);
    }
    EXPECT_TRUE(screen.text().ends_with("\r\x1b[K")) << "an abandoned bar stays on the terminal";
}

TEST(Progress, EpochEndsWithALineThatStays) {
    for (const auto style : {ProgressSettings::Style::terminal, ProgressSettings::Style::plain}) {
        const Screen screen;
        Progress progress({.epochs = 10, .images_per_epoch = 1000}, screen.settings(style));
        progress.begin_epoch(2);
        train(progress, 10, 0.4);
        progress.end_epoch({{"loss", 105.66}});
        EXPECT_TRUE(screen.text().ends_with("epoch  2/10  1000 images in 4.0 s  loss 105.66  250 images/s  ETA 0:32\n"))
            << screen.text();
    }
}

TEST(Progress, PlainLinesComeEveryTenSeconds) {
    const Screen screen;
    Progress progress({.epochs = 1, .images_per_epoch = 3500}, screen.settings(ProgressSettings::Style::plain));
    progress.begin_epoch(1);
    EXPECT_EQ(train(progress, 35, 1.0), 3);
    const std::string text = screen.text();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
    EXPECT_TRUE(text.starts_with("epoch 1/1  28%  loss 107.3  100 images/s  ETA 0:25\n")) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Progress, QuietPrintsNothingAndAsksNothing) {
    const Screen screen;
    {
        Progress progress({.epochs = 1, .images_per_epoch = 1000}, screen.settings(ProgressSettings::Style::quiet));
        progress.begin_epoch(1);
        EXPECT_EQ(train(progress, 100, 100.0), 0);
        progress.end_epoch({{"loss", 1.0}});
    }
    EXPECT_EQ(screen.text(), "");
}

TEST(Progress, AFileIsNoTerminal) {
    const Screen screen;
    Progress progress({.epochs = 1, .images_per_epoch = 1000}, screen.settings(ProgressSettings::Style::automatic));
    train(progress, 1, 20.0);
    EXPECT_TRUE(screen.text().ends_with("\n")) << screen.text();
}

TEST(Progress, ResumedEpochCountsOnlyItsOwnImagesAsSpeed) {
    const Screen screen;
    Progress progress({.epochs = 1, .images_per_epoch = 4000}, screen.settings(ProgressSettings::Style::plain));
    progress.begin_epoch(1, 2000);
    train(progress, 10, 1.0);
    EXPECT_EQ(screen.text(), "epoch 1/1  75%  loss 107.3  100 images/s  ETA 0:10\n");
}

}  // namespace
}  // namespace sinter
