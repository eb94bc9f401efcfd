#include "core/train/interrupt.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace sinter {
namespace {

volatile std::sig_atomic_t signalled = 0;
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
std::array<struct sigaction, kSignals.size()> previous;

/// What comes together with the first signal is the same request: timeout(1) tells the process and then its group.
constexpr std::int64_t kTogetherNanoseconds = 100'000'000;
std::atomic<std::int64_t> first_signal{0};  // when it came; lock-free, as a handler may use it
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

void request(int signal) {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const std::int64_t now = std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    if (signalled == 0) {
        first_signal.store(now);
        signalled = 1;
    } else if (now - first_signal.load() > kTogetherNanoseconds) {
        // An impatient second Ctrl-C ends the process.
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
}

}  // namespace

InterruptGuard::InterruptGuard() {
    signalled = 0;
    struct sigaction action {};
    action.sa_handler = request;
    sigemptyset(&action.sa_mask);
    action.sa_flags = static_cast<int>(SA_RESTART);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
        sigaction(kSignals[i], nullptr, &previous[i]);
        if (previous[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
    }
}

InterruptGuard::~InterruptGuard() {
    // The process is about to end as it was asked to: what still comes together with that request must not kill it.
    if (requested()) return;
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous[i], nullptr);
}

bool InterruptGuard::requested() const { return signalled != 0; }

}  // namespace sinter
