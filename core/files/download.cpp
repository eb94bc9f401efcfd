// Fetches published files with curl. It starts curl without a shell, writes to a temporary name, checks the file, then
// renames it.
#include "core/files/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "core/files/sha256.h"

extern char** environ;

namespace sinter {
namespace {

using Failure = std::optional<std::string>;

/// Runs a program found in $PATH, silently, and waits. Returns its exit status, or -1 with errno set if it did not run.
int run_program(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
    pid_t child = 0;
    const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = error;
    if (error != 0) return -1;

    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
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
        case 37:
            return fmt::format("curl could not read {}", url);
        default:
            return fmt::format("curl failed with status {} on {}", status, url);
    }
}

Failure fetch(const std::string& url, const std::filesystem::path& to) {
    // A dead network costs three seconds; a connection that stalls is dropped after ten.
    const int status =
        run_program({"curl", "--fail", "--location", "--silent", "--connect-timeout", "3", "--max-time", "120",
                     "--speed-limit", "1024", "--speed-time", "10", "--output", to.string(), url});
    if (status == 0) return {};
    if (status < 0) return fmt::format("curl could not be started ({}); install it to download", std::strerror(errno));
    return curl_failure(status, url);
}

std::string hash_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Failure fetch_checked(const PublishedFile& file, const std::string& mirror, const std::filesystem::path& folder) {
    // Several processes may fill the same folder: each has a temporary name of its own, and renaming is atomic.
    const std::filesystem::path temporary = folder / fmt::format("{}.{}.part", file.name, getpid());
    const std::string url = mirror + (mirror.ends_with('/') ? "" : "/") + file.name;
    Failure failure = fetch(url, temporary);
    std::error_code error;
    if (!failure) {
        const std::string hash = hash_of(temporary);
        if (hash != file.sha256) {
            failure =
                fmt::format("{} is not the published file (expected SHA-256 {}, came {})", url, file.sha256, hash);
        } else {
            std::filesystem::rename(temporary, folder / file.name, error);
            if (error)
                failure = fmt::format("{} could not be kept ({})", (folder / file.name).string(), error.message());
        }
    }
    if (failure) std::filesystem::remove(temporary, error);
    return failure;
}

}  // namespace

Failure download(std::span<const PublishedFile> files, std::span<const std::string> mirrors,
                 const std::filesystem::path& folder, const Say& say) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fmt::format("the folder {} could not be made ({})", folder.string(), error.message());

    std::size_t serving = 0;  // the mirror that served the last file: those before it have failed
    for (const PublishedFile& file : files) {
        if (std::filesystem::exists(folder / file.name, error)) continue;
        Failure failure = "no mirror was given";
        for (; failure && serving < mirrors.size(); serving += failure ? 1 : 0) {
            if (say) say(fmt::format("Downloading {} from {}.", file.name, mirrors[serving]));
            failure = fetch_checked(file, mirrors[serving], folder);
            if (failure && say) say(fmt::format("That failed: {}.", *failure));
        }
        if (failure) return failure;
    }
    return {};
}

}  // namespace sinter
