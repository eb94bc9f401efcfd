// Reads and writes whole files. A file that replaces another is either the old one or the new one, whatever goes wrong.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace sinter {

using Bytes = std::span<const std::byte>;

/// Creates `folder` and those above it where they are missing. Throws Error when that fails or a file is in the way.
void ensure_folder(const std::filesystem::path& folder);

/// The content of a regular file, or its first `most` bytes. Throws DataError when it cannot be read.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::size_t most);
std::vector<std::byte> read_whole_file(const std::filesystem::path& path);

/// An open POSIX file descriptor that closes itself.
class FileDescriptor {
public:
    explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
    ~FileDescriptor() { close(); }
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;

    int get() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }
    /// Writes all of `bytes`, in one system call if the system takes them at once. Returns 0 or the errno of the
    /// failure. After a failure, a part may have been written.
    int write_all(Bytes bytes);
    /// Returns 0 or the errno of the failure; the descriptor is gone either way.
    int close();
    enum class Lock { held, taken_by_another, not_supported };
    /// Locks the file until it is closed, also by the end of the process. Another process may have it, or another
    /// descriptor of this one; or the file system knows no locks.
    Lock lock();

private:
    int descriptor_;
};

/// A file that is written piece by piece and appears under its name only once it is whole. Until then the content has a
/// temporary name in the same folder, which must exist: .<name>.<process>-<number>.tmp, locked. Every failure is an
/// Error and leaves an existing file as it was.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path path);
    /// Removes the temporary unless commit() has succeeded.
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(Bytes bytes);
    /// Brings the content to the disk and gives it its name (a symbolic link is replaced, not followed).
    void commit();

private:
    std::filesystem::path path_, temporary_;
    FileDescriptor file_;
};

/// Removes from a folder the temporary files of AtomicFiles whose process was killed: those that nobody has locked.
/// `of_file`: only those of the file of this name. Failures are nobody's error.
void remove_left_behind(const std::filesystem::path& folder, std::string_view of_file = {});

/// Writes `pieces` one after the other as the file `path`, as an AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::span<const Bytes> pieces);
void write_file_atomically(const std::filesystem::path& path, Bytes content);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Writes a file that must not be there yet, without waiting for the disk. This is for many small files that a program
/// can make again. Throws Error, and leaves no part of the file, where that fails.
void write_new_file(const std::filesystem::path& path, Bytes content);

/// The sentence for a write to `path` that failed with `error_number` (an errno): the file, the system's reason and
/// what to do about it.
Error write_error(const std::filesystem::path& path, int error_number);

}  // namespace sinter
