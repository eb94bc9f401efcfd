#include "core/train/run_folder.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/options/parse_number.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfig = "config.toml";
constexpr const char* kMetrics = "metrics.jsonl";
constexpr const char* kSamples = "samples";
constexpr const char* kReconstructions = "reconstructions";
constexpr const char* kCheckpoints = "checkpoints";
constexpr const char* kLast = "last.safetensors";
constexpr const char* kBest = "best.safetensors";
constexpr std::string_view kEpoch = "epoch-", kEnding = ".safetensors";
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

std::string epoch_file(std::int64_t epoch) { return fmt::format("{}{:03}{}", kEpoch, epoch, kEnding); }

/// The checkpoints of single epochs in a folder, the latest first.
std::vector<std::pair<std::int64_t, fs::path>> epoch_files(const fs::path& folder) {
    std::vector<std::pair<std::int64_t, fs::path>> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(kEpoch) || !name.ends_with(kEnding)) continue;
        std::int64_t epoch = 0;
        const std::string number = name.substr(kEpoch.size(), name.size() - kEpoch.size() - kEnding.size());
        // Only names that a run gives: epoch-4.safetensors is somebody's own.
        if (parse_number(number, epoch) && epoch_file(epoch) == name) found.emplace_back(epoch, entry.path());
    }
    std::sort(found.begin(), found.end(), std::greater<>());
    return found;
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

bool RunFolder::has_checkpoint(const fs::path& path) { return is_there(path / kCheckpoints / kLast); }

void RunFolder::keep_best() const { write_file_atomically(best_checkpoint(), read_whole_file(checkpoint())); }

void RunFolder::keep_epoch(std::int64_t epoch, int count) const {
    const fs::path folder = path_ / kCheckpoints;
    write_file_atomically(folder / epoch_file(epoch), read_whole_file(checkpoint()));
    int kept = 0;
    for (const auto& [number, file] : epoch_files(folder)) {
        // A file that stays is tried again after the next epoch.
        if (number <= epoch && ++kept > count) ::unlink(file.c_str());
    }
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
    for (const char* part : {".", kSamples, kReconstructions, kCheckpoints}) remove_left_behind(path_ / part);
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
    const bool has_best = is_there(path / kCheckpoints / kBest);
    throw DataError(fmt::format(
        "{}: expected a checkpoint, or the folder of a run with {}/{}; this folder has none{}", path.string(),
        kCheckpoints, kLast,
        has_best ? fmt::format(", but {0}/{1}: give it as {2}/{0}/{1}", kCheckpoints, kBest, path.string()) : ""));
}

fs::path config_of_checkpoint(const fs::path& checkpoint) {
    const fs::path folder = fs::absolute(checkpoint).lexically_normal().parent_path();
    const fs::path config = folder.parent_path() / kConfig;
    return folder.filename() == kCheckpoints && is_there(config) ? config : fs::path();
}

}  // namespace sinter
