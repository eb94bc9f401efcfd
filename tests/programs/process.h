// Running a program as a user does: arguments and environment in; exit code, signals and what it said out.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sinter {

/// How a program ended and what it said until then.
struct Outcome {
    int exit_code = -1;  ///< -1 where a signal ended it
    int signal = 0;      ///< that signal; 0 where it exited by itself
    bool timed_out = false;
    std::string out, err;
};

struct ProcessOptions {
    std::map<std::string, std::string> environment;  ///< on top of the test's own
    std::optional<std::size_t> file_bytes;           ///< the longest file it may write, as if the disk were full there
    std::size_t stderr_capacity = 0;                 ///< bytes that its stderr takes while nobody reads; 0: the usual
    std::function<void()> in_child = {};             ///< called before the program begins: system calls alone
};

/// A child process with its stdout and stderr in pipes. Killed when the object goes.
class Process {
public:
    explicit Process(const std::vector<std::string>& command, const ProcessOptions& options = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void send(int signal) const;
    /// Reads stderr until `text` came; false where the program ended or `seconds` passed before. Nothing is read after
    /// that, so a program that goes on talking waits once the pipe is full.
    bool wait_until_it_says(const std::string& text, double seconds = 30);
    /// Whether the program, which nobody listens to, fills the pipe of its stderr up to `space` bytes.
    bool wait_until_stderr_is_full(std::size_t space, double seconds = 30) const;
    /// Whether the kernel delivers `signal` to the process.
    bool wait_until_delivered(int signal, double seconds = 30) const;
    bool is_running() const;
    /// Reads everything and waits for the end; kills it after `seconds`.
    Outcome wait(double seconds = 300);

private:
    bool read_some(int milliseconds, bool errors_only);
    void reap();

    pid_t pid_ = -1;
    int out_ = -1, err_ = -1;
    std::size_t stderr_capacity_ = 0;
    std::optional<int> status_;
    Outcome outcome_;
};

/// Runs a program to its end.
Outcome run(const std::vector<std::string>& command, const ProcessOptions& options = {});

}  // namespace sinter
