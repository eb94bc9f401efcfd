#include "core/count_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "core/console.h"
#include "core/duration.h"

namespace sinter {
namespace {

using namespace std::chrono_literals;

constexpr char kClearLine[] = "\r\033[K";

}  // namespace

CountProgress::CountProgress(std::string what, std::string things, std::int64_t total, bool shown)
    : what_(std::move(what)),
      things_(std::move(things)),
      total_(total),
      shown_(shown),
      terminal_(isatty(STDERR_FILENO) != 0),
      next_(Clock::duration(terminal_ ? 1s : 10s).count()) {}

CountProgress::~CountProgress() {
    if (line_is_shown_) write_if_taken(STDERR_FILENO, kClearLine, 0);
}

void CountProgress::count() {
    const std::int64_t done = ++done_;
    if (!shown_) return;
    const Clock::duration passed = Clock::now() - began_;
    Ticks due = next_;
    if (passed.count() < due) return;
    // The thread that moves the time on shows the line.
    const Ticks next = (passed + Clock::duration(terminal_ ? 100ms : 10s)).count();
    if (next_.compare_exchange_strong(due, next)) show(std::chrono::duration<double>(passed).count(), done);
}

void CountProgress::show(double seconds, std::int64_t done) {
    const double speed = static_cast<double>(done) / seconds, left = static_cast<double>(total_ - done) / speed;
    const std::string line = fmt::format("{}  {}/{}  {} {}/s  ETA {}", what_, done, total_, format_rate(speed), things_,
                                         format_duration(left));
    line_is_shown_ = terminal_;
    write_if_taken(STDERR_FILENO, terminal_ ? kClearLine + line : line + "\n", 0);
}

}  // namespace sinter
