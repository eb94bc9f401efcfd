#include "core/console.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <system_error>

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

void write_if_taken(int file, std::string_view text, int milliseconds) {
    while (!text.empty()) {
        pollfd ready{file, POLLOUT, 0};
        const int count = poll(&ready, 1, milliseconds);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        // A pipe that is ready takes this much at once.
        const ssize_t written = write(file, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void console::write_sentence(std::string_view text) {
    constexpr int kMilliseconds = 1000;
    write_if_taken(STDERR_FILENO, text, kMilliseconds);
}

void console::write_result(std::string_view text) {
    const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!is_written && lost_result == 0) lost_result = errno;
}

bool results_have_arrived(std::string& why_not) {
    if (std::fflush(stdout) != 0 && lost_result == 0) lost_result = errno;
    if (lost_result == 0 && std::ferror(stdout) != 0) lost_result = EIO;
    if (lost_result != 0) why_not = std::generic_category().message(lost_result);
    return lost_result == 0;
}

}  // namespace sinter
