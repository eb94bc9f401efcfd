#include "core/train/interrupt.h"

#include <csignal>

namespace sinter {
namespace {

volatile std::sig_atomic_t signalled = 0;
struct sigaction previous_interrupt, previous_terminate;

void request(int) { signalled = 1; }

}  // namespace

InterruptGuard::InterruptGuard() {
    signalled = 0;
    struct sigaction action {};
    action.sa_handler = request;
    sigemptyset(&action.sa_mask);
    // The handler is gone after the first signal, so that an impatient second Ctrl-C ends the process.
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    sigaction(SIGINT, &action, &previous_interrupt);
    sigaction(SIGTERM, &action, &previous_terminate);
}

InterruptGuard::~InterruptGuard() {
    sigaction(SIGINT, &previous_interrupt, nullptr);
    sigaction(SIGTERM, &previous_terminate, nullptr);
}

bool InterruptGuard::requested() const { return signalled != 0; }

}  // namespace sinter
