#include "core/train/run_folder.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

#include "core/check.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.toml";
constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kSamples = "samples";
constexpr const char* kReconstructions = "reconstructions";
constexpr const char* kCheckpoints = "checkpoints";
constexpr const char* kLast = "last.safetensors";
constexpr const char* kLock = ".lock";
constexpr std::string_view kSaved = "a checkpoint was saved\n";  // what .lock says from then on

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

FileDescriptor open_locked(const fs::path& folder) {
    FileDescriptor file(::open((folder / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (!file.is_open()) throw write_error(folder / kLock, errno);
    require(file.lock() != FileDescriptor::Lock::taken_by_another,
            "{}: another process is training this run; wait for its end, or choose another --out", folder.string());
    return file;
}

}  // namespace

void RunFolder::check(const fs::path& path, bool resume) {
    const bool is_whole = is_there(path / kConfig);
    const bool holds_part = is_there(path / kMetrics) || is_there(path / kCheckpoints);
    if (!resume) {
        require(!is_whole && !holds_part, "{} already holds a run; pass --resume to go on with it, or another --out",
                path.string());
        for (const char* pictures : {kSamples, kReconstructions}) {
            std::error_code ignored;
            require(!is_there(path / pictures) || fs::is_empty(path / pictures, ignored),
                    "{} holds something that is not of a run; give another --out, so that nothing in it is lost",
                    (path / pictures).string());
        }
        return;
    }
    require(is_whole || holds_part, "{} holds no run to resume; leave out --resume to start one there", path.string());
    if (!is_whole) {
        throw DataError(
            fmt::format("{} lacks the {} of its run, without which nobody knows how to go on; put it back, "
                        "or start a new run with another --out",
                        path.string(), kConfig));
    }
    if (!is_there(path / kCheckpoints / kLast) && is_there(path / kLock) && !read_whole_file(path / kLock).empty()) {
        throw DataError(
            fmt::format("{} lacks the checkpoint that its run saved, {}/{}; put it back, or start a new run "
                        "with another --out",
                        path.string(), kCheckpoints, kLast));
    }
}

RunFolder::RunFolder(const fs::path& path, const std::string& config, bool resume) : path_(path), config_(config) {
    ensure_folder(path);
    lock_ = open_locked(path);
    check(path, resume);
    remove_left_behind(path, kConfig);
    if (!resume) write_file_atomically(path / kConfig, config);
    for (const char* part : {kSamples, kCheckpoints}) ensure_folder(path / part);
    metrics_.emplace(path / kMetrics, resume);
}

fs::path RunFolder::sample(const std::string& name) const {
    ensure_folder(path_ / kSamples);
    return path_ / kSamples / (name + ".png");
}

fs::path RunFolder::reconstruction(const std::string& name) const {
    ensure_folder(path_ / kReconstructions);
    return path_ / kReconstructions / (name + ".png");
}

RunFolder RunFolder::create(const fs::path& path, const std::string& config) {
    check(path, false);
    return RunFolder(path, config, false);
}

RunFolder RunFolder::create_for(const std::string& program, const std::string& config) {
    const std::string stem = fmt::format("runs/{}-{:%Y%m%d-%H%M%S}", program, fmt::localtime(std::time(nullptr)));
    ensure_folder("runs");
    fs::path path = stem;
    std::error_code error;
    // Who creates the folder has it: another process may ask in the same second.
    for (int i = 2; !fs::create_directory(path, error); ++i) {
        if (error) throw write_error(path, error.value());
        path = fmt::format("{}-{}", stem, i);
    }
    return create(path, config);
}

RunFolder RunFolder::open(const fs::path& path, const std::string& config) {
    check(path, true);
    return RunFolder(path, config, true);
}

double RunFolder::continue_after(std::int64_t step) {
    const double seconds = metrics_->truncate_after_step(step);
    write_file_atomically(path_ / kConfig, config_);
    for (const char* part : {kSamples, kReconstructions, kCheckpoints}) remove_left_behind(path_ / part);
    return seconds;
}

void RunFolder::note_checkpoint() {
    // A mark that cannot be written is missed only where somebody takes the checkpoint away.
    if (::pwrite(lock_.get(), kSaved.data(), kSaved.size(), 0) < 0) return;
}

fs::path find_checkpoint(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) return path;
    for (const fs::path& file : {path / kCheckpoints / kLast, path / kLast}) {
        if (is_there(file)) return file;
    }
    throw DataError(fmt::format("{}: expected a checkpoint, or the folder of a run with {}/{}; this folder has none",
                                path.string(), kCheckpoints, kLast));
}

fs::path config_of_checkpoint(const fs::path& checkpoint) {
    const fs::path folder = fs::absolute(checkpoint).lexically_normal().parent_path();
    const fs::path config = folder.parent_path() / kConfig;
    return folder.filename() == kCheckpoints && is_there(config) ? config : fs::path();
}

}  // namespace sinter
