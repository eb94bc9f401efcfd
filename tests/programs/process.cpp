#include "tests/programs/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

extern char** environ;

namespace sinter {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point after(double seconds) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/// Asks every few milliseconds.
template <class Condition>
bool wait_until(Condition condition, double seconds) {
    const Clock::time_point deadline = after(seconds);
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& changes) {
    std::map<std::string, std::string> merged;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        merged[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
    }
    for (const auto& [name, value] : changes) merged[name] = value;
    std::vector<std::string> entries;
    for (const auto& [name, value] : merged) entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::pair<int, int> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    return {ends[0], ends[1]};
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const ProcessOptions& options) {
    // Between fork and exec only system calls are safe: everything else is done before.
    std::vector<std::string> arguments = command, environment = merged_environment(options.environment);
    const std::vector<char*> argv = pointers(arguments), envp = pointers(environment);
    const auto [out_read, out_write] = make_pipe();
    const auto [err_read, err_write] = make_pipe();
    if (options.stderr_capacity > 0) {
        const int capacity = ::fcntl(err_write, F_SETPIPE_SZ, static_cast<int>(options.stderr_capacity));
        if (capacity < 0) throw std::runtime_error("F_SETPIPE_SZ failed");
        stderr_capacity_ = static_cast<std::size_t>(capacity);
    }
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
        ::dup2(out_write, STDOUT_FILENO);
        ::dup2(err_write, STDERR_FILENO);
        // A test that runs in the background of a shell inherits ignored signals.
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_DFL);
        if (options.file_bytes) {
            const rlimit limit{*options.file_bytes, *options.file_bytes};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            ::signal(SIGXFSZ, SIG_IGN);  // then the write fails, as on a full disk
        }
        if (options.in_child) options.in_child();
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(out_write);
    ::close(err_write);
    out_ = out_read;
    err_ = err_read;
}

Process::~Process() {
    if (is_running()) send(SIGKILL);
    reap();
    if (out_ >= 0) ::close(out_);
    if (err_ >= 0) ::close(err_);
}

void Process::send(int signal) const { ::kill(pid_, signal); }

/// Reads what is there, waiting for it up to `milliseconds`. False where there will be no more.
bool Process::read_some(int milliseconds, bool errors_only) {
    pollfd ends[] = {{err_, POLLIN, 0}, {errors_only ? -1 : out_, POLLIN, 0}};
    if (ends[0].fd < 0 && ends[1].fd < 0) return false;
    if (::poll(ends, 2, milliseconds) <= 0) return true;
    for (const pollfd& end : ends) {
        if (end.fd < 0 || end.revents == 0) continue;
        const bool is_err = end.fd == err_;
        char block[4096];
        const ssize_t count = ::read(end.fd, block, sizeof block);
        if (count > 0) {
            (is_err ? outcome_.err : outcome_.out).append(block, static_cast<std::size_t>(count));
        } else {
            ::close(std::exchange(is_err ? err_ : out_, -1));
        }
    }
    return true;
}

bool Process::wait_until_it_says(const std::string& text, double seconds) {
    const Clock::time_point deadline = after(seconds);
    while (outcome_.err.find(text) == std::string::npos) {
        if (Clock::now() > deadline || !read_some(10, /*errors_only=*/true)) return false;
    }
    return true;
}

bool Process::wait_until_stderr_is_full(std::size_t space, double seconds) const {
    return wait_until(
        [&] {
            int waiting = 0;
            ::ioctl(err_, FIONREAD, &waiting);
            return static_cast<std::size_t>(waiting) + space > stderr_capacity_;
        },
        seconds);
}

bool Process::wait_until_delivered(int signal, double seconds) const {
    const auto is_pending = [&] {
        std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
        for (std::string line; std::getline(status, line);) {
            if (line.rfind("SigPnd:", 0) != 0 && line.rfind("ShdPnd:", 0) != 0) continue;
            if (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) return true;
        }
        return false;
    };
    return wait_until([&] { return !is_pending(); }, seconds);
}

bool Process::is_running() const {
    siginfo_t info{};
    return !status_ && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

void Process::reap() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, 0) == pid_) status_ = status;
}

Outcome Process::wait(double seconds) {
    const Clock::time_point deadline = after(seconds);
    while (read_some(20, /*errors_only=*/false)) {
        if (outcome_.timed_out || Clock::now() < deadline) continue;
        outcome_.timed_out = true;
        send(SIGKILL);
    }
    reap();
    outcome_.exit_code = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -1;
    outcome_.signal = WIFSIGNALED(*status_) ? WTERMSIG(*status_) : 0;
    return outcome_;
}

Outcome run(const std::vector<std::string>& command, const ProcessOptions& options) {
    return Process(command, options).wait();
}

}  // namespace sinter
