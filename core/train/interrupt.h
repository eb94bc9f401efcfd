// Ctrl-C as a request: the run finishes its step, saves and ends.
#pragma once

namespace sinter {

/// While one lives, SIGINT and SIGTERM set a flag instead of ending the process; a second one ends it at once.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    /// Whether a signal came.
    bool requested() const;
};

}  // namespace sinter
