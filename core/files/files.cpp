// Reads and writes whole files on POSIX: temporary name, fsync, rename, fsync of the folder.
#include "core/files/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// Linux moves at most 2 GB in one call; reading and writing go on from wherever a call stopped.
constexpr std::size_t kMaxBytesPerCall = std::size_t{1} << 30;

std::string reason(int error_number) { return std::generic_category().message(error_number); }

const char* advice(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return "Free some space or write to another disk";
        case EFBIG:
            return "Raise the limit on file sizes (ulimit -f) or write to another file system";
        case EACCES:
        case EPERM:
        case EROFS:
            return "Choose a folder that you may write to";
        case ENOENT:
            return "Create its folder first";
        case ENOTDIR:
            return "A part of its path is a file; choose another folder";
        case EISDIR:
        case EEXIST:
        case ENOTEMPTY:
            return "Something else has this name already; choose another";
        case ENAMETOOLONG:
            return "Choose a shorter name";
        case EMFILE:
        case ENFILE:
            return "Raise the limit on open files (ulimit -n)";
        default:
            return "Check the disk and try again";
    }
}

struct TemporaryFile {
    fs::path path;
    FileDescriptor file;
};

/// A new, empty file beside `path`. Its name is hidden and holds the process number, so that no two writers share one.
TemporaryFile create_temporary(const fs::path& path) {
    static std::atomic<unsigned> serial = 0;
    // A killed process leaves its temporary behind, and process numbers come round again: skip names that are taken.
    constexpr int kAttempts = 1000;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const std::string name = fmt::format(".{}.{}-{}.tmp", path.filename().string(), ::getpid(), serial++);
        fs::path temporary = path.parent_path() / name;
        FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!file.is_open() && errno != EEXIST) break;
        // Somebody who sweeps up may have taken the file for one left behind, before it was locked.
        struct stat status {};
        if (file.is_open() && file.lock() != FileDescriptor::Lock::taken_by_another &&
            ::fstat(file.get(), &status) == 0 && status.st_nlink > 0)
            return {std::move(temporary), std::move(file)};
    }
    throw write_error(path, errno);
}

/// Whether create_temporary() gives such names, for the file `of_file` where that is not empty.
bool is_temporary_name(std::string_view name, std::string_view of_file) {
    constexpr std::string_view kEnd = ".tmp";
    if (!name.starts_with('.') || !name.ends_with(kEnd)) return false;
    name.remove_prefix(1);
    name.remove_suffix(kEnd.size());
    const std::size_t dot = name.rfind('.'), dash = name.rfind('-');
    if (dot == std::string_view::npos || dash == std::string_view::npos || dash < dot) return false;
    const auto is_number = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    return dot > 0 && is_number(name.substr(dot + 1, dash - dot - 1)) && is_number(name.substr(dash + 1)) &&
           (of_file.empty() || name.substr(0, dot) == of_file);
}

/// Makes a rename in `folder` survive a power cut. A folder that cannot be opened for reading, or a file system that
/// does not sync folders, is no reason to refuse a file that is already in its place; a failing disk is.
int sync_folder(const fs::path& folder) {
    const FileDescriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.is_open() && ::fsync(descriptor.get()) != 0 && errno == EIO) return errno;
    return 0;
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

int FileDescriptor::write_all(Bytes bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), kMaxBytesPerCall));
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return 0;
}

int FileDescriptor::close() {
    if (!is_open()) return 0;
    return ::close(std::exchange(descriptor_, -1)) == 0 ? 0 : errno;
}

FileDescriptor::Lock FileDescriptor::lock() {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return Lock::held;
    return errno == EWOULDBLOCK ? Lock::taken_by_another : Lock::not_supported;
}

Error write_error(const fs::path& path, int error_number) {
    return Error(
        fmt::format("[file] Cannot write {}: {}. {}.", path.string(), reason(error_number), advice(error_number)));
}

void ensure_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!error && !fs::is_directory(folder, error) && !error) error = std::make_error_code(std::errc::not_a_directory);
    if (!error) return;
    throw Error(fmt::format("[file] Cannot create the folder {}: {}. {}.", folder.string(), error.message(),
                            advice(error.value())));
}

std::vector<std::byte> read_whole_file(const fs::path& path) {
    return read_file(path, std::numeric_limits<std::size_t>::max());
}

std::vector<std::byte> read_file(const fs::path& path, std::size_t most) {
    const auto fail = [&](const std::string& why, const char* what_to_do) {
        return DataError(fmt::format("[file] Cannot read {}: {}. {}.", path.string(), why, what_to_do));
    };
    // O_NONBLOCK: opening a pipe that nobody writes to must end in the sentence below, not in a wait for ever.
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
        throw fail(reason(errno), "Check the path and that you may read it");
    }
    if (!S_ISREG(status.st_mode)) {
        throw fail(S_ISDIR(status.st_mode) ? "it is a folder" : "it is not a regular file", "Give the path of a file");
    }
    std::vector<std::byte> content;
    try {
        content.resize(std::min(static_cast<std::size_t>(status.st_size), most));
    } catch (const std::exception&) {  // bad_alloc or length_error
        throw fail(fmt::format("its {} bytes do not fit in memory", status.st_size), "Check that it is the right file");
    }
    std::size_t filled = 0;
    while (filled < content.size()) {
        const std::size_t wanted = std::min(content.size() - filled, kMaxBytesPerCall);
        const ssize_t got = ::read(file.get(), content.data() + filled, wanted);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw fail(reason(errno), "Check the disk");
        if (got == 0) break;  // it became shorter while it was read
        filled += static_cast<std::size_t>(got);
    }
    content.resize(filled);
    return content;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
    TemporaryFile temporary = create_temporary(path_);
    temporary_ = std::move(temporary.path);
    file_ = std::move(temporary.file);
}

AtomicFile::~AtomicFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(Bytes bytes) {
    if (const int error = file_.write_all(bytes)) throw write_error(path_, error);
}

void AtomicFile::commit() {
    // Without this a power cut after the rename could leave the new name on an empty file.
    if (::fsync(file_.get()) != 0) throw write_error(path_, errno);
    // Until the file has its name it stays locked, by a second descriptor: nobody takes it for one left behind.
    const FileDescriptor locked(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0));
    // Network file systems report a full disk as late as this.
    if (const int error = file_.close()) throw write_error(path_, error);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw write_error(path_, errno);
    temporary_.clear();
    if (const int error = sync_folder(path_.parent_path())) throw write_error(path_, error);
}

void remove_left_behind(const fs::path& folder, std::string_view of_file) {
    std::error_code ignored;
    std::vector<fs::path> candidates;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (is_temporary_name(entry.path().filename().native(), of_file)) candidates.push_back(entry.path());
    }
    for (const fs::path& path : candidates) {
        FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
        if (file.is_open() && file.lock() == FileDescriptor::Lock::held) ::unlink(path.c_str());
    }
}

void write_file_atomically(const fs::path& path, std::span<const Bytes> pieces) {
    AtomicFile file(path);
    for (const Bytes piece : pieces) file.write(piece);
    file.commit();
}

void write_file_atomically(const fs::path& path, Bytes content) {
    write_file_atomically(path, std::span<const Bytes>(&content, 1));
}

void write_file_atomically(const fs::path& path, std::string_view text) {
    write_file_atomically(path, std::as_bytes(std::span(text)));
}

void write_new_file(const fs::path& path, Bytes content) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file.is_open()) throw write_error(path, errno);
    int error = file.write_all(content);
    if (error == 0) error = file.close();
    if (error == 0) return;
    ::unlink(path.c_str());
    throw write_error(path, error);
}

}  // namespace sinter
