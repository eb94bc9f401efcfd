// Fetches published files with curl: into memory, and to the disk once the hash is right.
#include "core/files/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <span>
#include <system_error>
#include <vector>

#include "core/files/files.h"
#include "core/files/sha256.h"

extern char** environ;

namespace sinter {
namespace {

using Failure = std::optional<std::string>;

constexpr std::size_t kBytesPerRead = 1 << 16;

/// How a program ended and what it wrote to stdout.
struct Output {
    int status = -1;  ///< its exit status; -1 where it did not run
    int error = 0;    ///< errno, where it did not run
    std::vector<std::uint8_t> bytes;
    bool is_too_long = false;
};

/// Reads what comes from a pipe, up to `most` bytes.
void read_all(const FileDescriptor& pipe, std::size_t most, Output& output) {
    std::array<std::uint8_t, kBytesPerRead> part;
    for (;;) {
        const ssize_t got = ::read(pipe.get(), part.data(), part.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return;
        output.bytes.insert(output.bytes.end(), part.begin(), part.begin() + got);
        output.is_too_long = output.bytes.size() > most;
        if (output.is_too_long) return;
    }
}

/// Runs a program found in $PATH, without a shell, until it ends or has written more than `most` bytes.
Output run_program(std::vector<std::string> arguments, std::size_t most) {
    Output output;
    output.bytes.reserve(most + kBytesPerRead);  // no allocation may fail while a child is running
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        output.error = errno;
        return output;
    }
    const FileDescriptor from(ends[0]);
    FileDescriptor to(ends[1]);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
    for (const int stream : {STDIN_FILENO, STDERR_FILENO})
        posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
    pid_t child = 0;
    output.error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (output.error != 0) return output;

    to.close();
    read_all(from, most, output);
    if (output.is_too_long) ::kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno == EINTR) continue;
        output.error = errno;
        return output;
    }
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return output;
}

/// What curl's exit status means, for those that people meet (see EXIT CODES in curl's manual).
std::string curl_failure(int status, const std::string& url) {
    switch (status) {
        case 5:
            return fmt::format("curl could not resolve the proxy for {}", url);
        case 6:
            return fmt::format("curl could not resolve the host of {}", url);
        case 7:
            return fmt::format("curl could not connect to {}", url);
        case 22:
            return fmt::format("the server refused {}", url);
        case 23:
            return fmt::format("curl could not write the file from {}", url);
        case 28:
            return fmt::format("{} did not answer in time", url);
        case 35:
        case 60:
            return fmt::format("no trusted connection to {} could be made", url);
        case 63:
            return fmt::format("{} is larger than any file of the set", url);
        case 37:
            return fmt::format("curl could not read {}", url);
        default:
            return fmt::format("curl failed with status {} on {}", status, url);
    }
}

/// Brings one file into the folder. Nothing is written before its hash is right.
Failure fetch(const PublishedFile& file, const std::string& mirror, const std::filesystem::path& folder) {
    constexpr std::size_t kMaxBytes = 64 << 20;  // six times the largest file of MNIST
    const std::string url = mirror + (mirror.ends_with('/') ? "" : "/") + file.name;
    // A dead network costs three seconds; a connection that stalls is dropped after ten.
    const Output output = run_program(
        {"curl", "--fail", "--location", "--silent", "--connect-timeout", "3", "--max-time", "120", "--speed-limit",
         "1024", "--speed-time", "10", "--max-filesize", std::to_string(kMaxBytes), "--output", "-", "--", url},
        kMaxBytes);
    if (output.is_too_long) return fmt::format("{} has more than {} bytes", url, kMaxBytes);
    if (output.status < 0)
        return fmt::format("curl could not be started ({}); install it to download", std::strerror(output.error));
    if (output.status != 0) return curl_failure(output.status, url);
    const std::string hash = sha256_hex(output.bytes);
    if (hash != file.sha256)
        return fmt::format("{} is not the published file (expected SHA-256 {}, came {})", url, file.sha256, hash);
    try {
        write_file_atomically(folder / file.name, std::as_bytes(std::span(output.bytes)));
    } catch (const Error& error) {
        return fmt::format("it could not be kept ({})", error.what());
    }
    return {};
}

}  // namespace

Failure download(std::span<const PublishedFile> files, std::span<const std::string> mirrors,
                 const std::filesystem::path& folder, const Say& say) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fmt::format("the folder {} could not be made ({})", folder.string(), error.message());
    remove_left_behind(folder);

    std::size_t serving = 0;  // the mirror that served the last file: those before it have failed
    for (const PublishedFile& file : files) {
        if (std::filesystem::exists(folder / file.name, error)) continue;
        Failure failure = "no mirror was given";
        for (; failure && serving < mirrors.size(); serving += failure ? 1 : 0) {
            if (say) say(fmt::format("Downloading {} from {}.", file.name, mirrors[serving]));
            failure = fetch(file, mirrors[serving], folder);
            if (failure && say) say(fmt::format("That failed: {}.", *failure));
        }
        if (failure) return failure;
    }
    return {};
}

}  // namespace sinter
