// metrics.jsonl: one JSON object a line, on disk as soon as it is written, and cut back cleanly when a run resumes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/files/files.h"

namespace sinter {

/// One `"name": value` of a line. The strings need to live only as long as the call that writes them.
struct MetricField {
    std::string_view name;
    std::variant<std::int64_t, double, std::string_view> value;
};

/// The fields as a JSON object on one line, keys in the order given, '\n' at the end. Numbers are the shortest text
/// that reads back as the same number; JSON has no NaN and infinity: they become "NaN", "Infinity", "-Infinity". Text
/// is ASCII, other characters as \u009b: a line may go to a terminal.
std::string format_metrics_line(std::span<const MetricField> fields);

/// Appends lines to a metrics file. Every function throws Error when the file cannot be written.
class MetricsWriter {
public:
    /// Opens `path`, in a folder that exists: empty, or, with `append`, after the whole lines that it holds (a last
    /// line that a killed run wrote in part is dropped).
    explicit MetricsWriter(std::filesystem::path path, bool append = false);

    /// Writes one line with a single system call. If that fails the file is left without the line.
    void write(std::span<const MetricField> fields);
    void write(std::initializer_list<MetricField> fields) { write(std::span(fields.begin(), fields.size())); }

    /// Cuts the file before its first line whose "step" is greater than `step`, so that a run that resumes there leaves
    /// the file of a run that was never interrupted. Lines without a "step" belong to the step before them. Returns the
    /// last "seconds" that stay, 0 without one. Throws DataError when a line is no JSON object.
    double truncate_after_step(std::int64_t step);

    /// Waits until all lines are on the disk. Called before a checkpoint is written: the lines up to a checkpoint then
    /// survive whatever the checkpoint survives.
    void sync();

private:
    void truncate(std::size_t bytes);

    std::filesystem::path path_;
    FileDescriptor file_;
};

}  // namespace sinter
