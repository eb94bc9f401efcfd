// The folder of a training run: config.toml, metrics.jsonl, samples/, checkpoints/, and reconstructions/ for models
// that have them. checkpoints/last.safetensors is what a run goes on from; the other files there are copies of what it
// was after single epochs, so that none of them is ever ahead of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/files/files.h"
#include "core/train/metrics.h"

namespace sinter {

/// A run's folder, created at once so that a wrong path is known before the work begins. The file .lock in it is locked
/// as long as the object lives: two processes never write the same run. A process that was killed leaves it unlocked.
class RunFolder {
public:
    /// Throws UsageError where `path` holds no run to resume, or, without `resume`, holds one already, and DataError
    /// where a run is there in part: without its config.toml, or without the checkpoint that it saved.
    static void check(const std::filesystem::path& path, bool resume);
    /// Whether a run in `path` has saved a checkpoint, from which it would go on.
    static bool has_checkpoint(const std::filesystem::path& path);
    /// Starts a new run in `path`; config.toml, without which it is none, is written first. Throws as check() does,
    /// UsageError where another process is writing the run, Error where the folder cannot be written.
    static RunFolder create(const std::filesystem::path& path, const std::string& config);
    /// Starts a new run in runs/<program>-<yyyymmdd-hhmmss>, with a number behind it where that is taken.
    static RunFolder create_for(const std::string& program, const std::string& config);
    /// Opens the run in `path` to go on with it; its files stay as they are until continue_after(). Throws as create()
    /// does.
    static RunFolder open(const std::filesystem::path& path, const std::string& config);

    /// For a run that was opened, once it is certain that it can go on: drops what it wrote after `step`, writes the
    /// new config.toml and removes the temporary files of a killed process. Returns the "seconds" of the last line of
    /// the metrics that stays, 0 without one.
    double continue_after(std::int64_t step);
    /// Remembers that there is a checkpoint, so that its loss is noticed.
    void note_checkpoint();

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path checkpoint() const { return path_ / "checkpoints" / "last.safetensors"; }
    std::filesystem::path best_checkpoint() const { return path_ / "checkpoints" / "best.safetensors"; }
    /// Copies the checkpoint, as it is on the disk, to best.safetensors.
    void keep_best() const;
    /// Copies it to epoch-<epoch>.safetensors, and then removes all but the last `count` of these files up to that one.
    void keep_epoch(std::int64_t epoch, int count) const;
    /// report.html, the run on one page.
    std::filesystem::path page() const { return path_ / "report.html"; }
    /// samples/<name>.png and reconstructions/<name>.png, in folders that are made where they are missing.
    std::filesystem::path sample(const std::string& name) const;
    std::filesystem::path reconstruction(const std::string& name) const;
    MetricsWriter& metrics() { return *metrics_; }

private:
    RunFolder(const std::filesystem::path& path, const std::string& config, bool resume);

    std::filesystem::path path_;
    std::string config_;
    FileDescriptor lock_;
    std::optional<MetricsWriter> metrics_;
};

/// The checkpoint that a path means: itself, or the last one of the run whose folder it is. Throws DataError where that
/// folder has none.
std::filesystem::path find_checkpoint(const std::filesystem::path& path);

/// The config.toml of the run that a checkpoint lies in; an empty path where it lies in none.
std::filesystem::path config_of_checkpoint(const std::filesystem::path& checkpoint);

}  // namespace sinter
