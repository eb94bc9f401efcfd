#include "core/console.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include "core/files/files.h"

namespace sinter {
namespace {

int lost_result = 0;  // errno of the first

}  // namespace

void prepare_console() {
    // The wrong way round: what is read or written there fails, as it would where the file is closed.
    for (const auto& [file, mode] :
         {std::pair(STDIN_FILENO, O_WRONLY), {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_RDONLY}}) {
        if (fcntl(file, F_GETFD) != -1 || errno != EBADF) continue;
        // The lowest number that is free: this one, as those before it are taken.
        static_cast<void>(open("/dev/null", mode));
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // of a file over the size limit
}

bool write_if_taken(int file, std::string_view text, int milliseconds) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point deadline = Clock::now() + std::chrono::milliseconds(milliseconds);
    // A terminal may take a part and let the writer wait for the rest: it is asked not to, by a description of our own.
    const int own =
        isatty(file) ? open(fmt::format("/proc/self/fd/{}", file).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                     : -1;
    const FileDescriptor closed(own);
    const int to = own >= 0 ? own : file;
    while (!text.empty()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd ready{to, POLLOUT, 0};
        const int count = poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
        const bool is_again = count < 0 && errno == EINTR;
        if (count <= 0 && !is_again) return false;
        // A pipe that is ready takes this much at once.
        const ssize_t written = is_again ? 0 : write(to, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
        if (!text.empty() && Clock::now() > deadline) return false;
    }
    return true;
}

void console::write_sentence(std::string_view text) noexcept {
    // One that does not listen is waited for once.
    static bool listens = true;
    constexpr int kMilliseconds = 1000;
    listens = write_if_taken(STDERR_FILENO, text, listens ? kMilliseconds : 0);
}

void console::write_result(std::string_view text) {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!is_written && lost_result == 0) lost_result = errno;
}

void flush_results() {
    if (std::fflush(stdout) != 0 && lost_result == 0) lost_result = errno;
}

bool results_have_arrived(std::string& why_not) {
    flush_results();
    if (lost_result == 0 && std::ferror(stdout) != 0) lost_result = EIO;
    // A reader that has gone, such as head(1), knows it.
    if (lost_result != 0 && lost_result != EPIPE) why_not = std::generic_category().message(lost_result);
    return lost_result == 0;
}

}  // namespace sinter
