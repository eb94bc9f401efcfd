// Ctrl-C, or the end of a session, as a request: the run finishes its step, saves and ends.
#pragma once

namespace sinter {

/// While one lives, SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process. A second one ends it at once,
/// unless it comes within a tenth of a second of the first: tools that end a process often tell it twice. A signal that
/// the process was started to ignore (nohup) stays ignored. Once a signal came, this goes on after the guard's life,
/// since the process is ending.
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
