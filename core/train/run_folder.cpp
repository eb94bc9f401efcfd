#include "core/train/run_folder.h"

#include <fmt/chrono.h>

#include <ctime>
#include <system_error>
#include <vector>

#include "core/check.h"
#include "core/files/files.h"

namespace sinter {
namespace {

constexpr const char* kConfig = "config.toml";
constexpr const char* kReconstructions = "reconstructions";
constexpr const char* kParts[] = {"samples", "checkpoints"};

/// Removes the .<name>.<process>-<number>.tmp that write_file_atomically leaves when the process is killed: that of a
/// checkpoint takes three times the model's size.
void remove_temporaries(const std::filesystem::path& folder, const std::string& prefix = ".") {
    std::error_code ignored;
    std::vector<std::filesystem::path> left_behind;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        const std::filesystem::path name = entry.path().filename();
        if (name.string().rfind(prefix, 0) == 0 && name.extension() == ".tmp") left_behind.push_back(entry.path());
    }
    for (const auto& file : left_behind) std::filesystem::remove(file, ignored);
}

}  // namespace

void RunFolder::check(const std::filesystem::path& path, bool resume) {
    std::error_code ignored;
    const bool holds_run = std::filesystem::exists(path / kConfig, ignored) ||
                           std::filesystem::exists(path / "metrics.jsonl", ignored) ||
                           std::filesystem::exists(path / "checkpoints", ignored);
    require(resume || !holds_run, "{} already holds a run; pass --resume to go on with it, or another --out",
            path.string());
    require(!resume || holds_run, "{} holds no run to resume; leave out --resume to start one there", path.string());
}

RunFolder::RunFolder(const std::filesystem::path& path, const std::string& config, bool resume)
    : path_(path), config_(config) {
    for (const char* part : kParts) ensure_folder(path / part);
    if (!resume) write_file_atomically(path / kConfig, config);
    metrics_.emplace(path / "metrics.jsonl", resume);
}

std::filesystem::path RunFolder::reconstruction(const std::string& name) const {
    ensure_folder(path_ / kReconstructions);
    return path_ / kReconstructions / (name + ".png");
}

RunFolder RunFolder::create(const std::filesystem::path& path, const std::string& config) {
    check(path, false);
    return RunFolder(path, config, false);
}

RunFolder RunFolder::open(const std::filesystem::path& path, const std::string& config) {
    check(path, true);
    return RunFolder(path, config, true);
}

void RunFolder::continue_after(std::int64_t step) {
    metrics_->truncate_after_step(step);
    write_file_atomically(path_ / kConfig, config_);
    for (const char* part : kParts) remove_temporaries(path_ / part);
    remove_temporaries(path_ / kReconstructions);
    remove_temporaries(path_, std::string(".") + kConfig);
}

std::filesystem::path default_run_path(const std::string& program) {
    const std::string stem = fmt::format("runs/{}-{:%Y%m%d-%H%M%S}", program, fmt::localtime(std::time(nullptr)));
    std::filesystem::path path = stem;
    for (int i = 2; std::filesystem::exists(path); ++i) path = fmt::format("{}-{}", stem, i);
    return path;
}

}  // namespace sinter
