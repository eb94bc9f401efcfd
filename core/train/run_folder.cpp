#include "core/train/run_folder.h"

#include <fmt/chrono.h>

#include <ctime>
#include <system_error>

#include "core/check.h"
#include "core/io/files.h"

namespace sinter {
namespace {

constexpr const char* kConfig = "config.toml";

bool holds_run(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path / kConfig, ignored) ||
           std::filesystem::exists(path / "metrics.jsonl", ignored) ||
           std::filesystem::exists(path / "checkpoints", ignored);
}

}  // namespace

RunFolder::RunFolder(const std::filesystem::path& path, const std::string& config, bool resume) : path_(path) {
    for (const char* part : {"samples", "reconstructions", "checkpoints"}) ensure_folder(path / part);
    write_file_atomically(path / kConfig, config);
    metrics_.emplace(path / "metrics.jsonl", resume);
}

RunFolder RunFolder::create(const std::filesystem::path& path, const std::string& config) {
    require(!holds_run(path), "{} already holds a run; pass --resume to go on with it, or another --out",
            path.string());
    return RunFolder(path, config, false);
}

RunFolder RunFolder::open(const std::filesystem::path& path, const std::string& config) {
    require(holds_run(path), "{} holds no run to resume; leave out --resume to start one there", path.string());
    return RunFolder(path, config, true);
}

std::filesystem::path default_run_path(const std::string& program) {
    const std::string stem = fmt::format("runs/{}-{:%Y%m%d-%H%M%S}", program, fmt::localtime(std::time(nullptr)));
    std::filesystem::path path = stem;
    for (int i = 2; std::filesystem::exists(path); ++i) path = fmt::format("{}-{}", stem, i);
    return path;
}

}  // namespace sinter
