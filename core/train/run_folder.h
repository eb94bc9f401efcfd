// The folder of a training run: config.toml, metrics.jsonl, samples/, checkpoints/, and reconstructions/ for models
// that have them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/train/metrics.h"

namespace sinter {

/// A run's folder, created at once so that a wrong path is known before the work begins.
class RunFolder {
public:
    /// Throws UsageError where `path` holds no run to resume, or, without `resume`, holds one already.
    static void check(const std::filesystem::path& path, bool resume);
    /// Starts a new run in `path`. Throws UsageError where a run is already there, Error where it cannot be written.
    static RunFolder create(const std::filesystem::path& path, const std::string& config);
    /// Opens the run in `path` to go on with it; its files stay as they are until continue_after(). Throws UsageError
    /// where there is none.
    static RunFolder open(const std::filesystem::path& path, const std::string& config);

    /// For a run that was opened, once it is certain that it can go on: drops what it wrote after `step`, writes the
    /// new config.toml and removes the temporary files of a killed process.
    void continue_after(std::int64_t step);

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path checkpoint() const { return path_ / "checkpoints" / "last.safetensors"; }
    /// samples/<name>.png and reconstructions/<name>.png; the latter's folder is made when it is first asked for.
    std::filesystem::path sample(const std::string& name) const { return path_ / "samples" / (name + ".png"); }
    std::filesystem::path reconstruction(const std::string& name) const;
    MetricsWriter& metrics() { return *metrics_; }

private:
    RunFolder(const std::filesystem::path& path, const std::string& config, bool resume);

    std::filesystem::path path_;
    std::string config_;
    std::optional<MetricsWriter> metrics_;
};

/// "runs/<program>-<yyyymmdd-hhmmss>", with a number behind it where that is taken.
std::filesystem::path default_run_path(const std::string& program);

}  // namespace sinter
