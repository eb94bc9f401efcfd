// The metrics of a run, read back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sinter {

/// One line of metrics.jsonl.
struct MetricsLine {
    std::int64_t step = 0, epoch = 0;
    std::string split;                                    ///< "train", "test" or "measure"
    std::vector<std::pair<std::string, double>> numbers;  ///< all others that are numbers, in their order
    std::string event;                                    ///< of a line that tells of one, such as "diverged"
    std::string warnings;                                 ///< of a measurement

    std::optional<double> number(std::string_view name) const;
};

/// All whole lines of the file. Throws DataError where it cannot be read or a line is no JSON object.
std::vector<MetricsLine> read_metrics(const std::filesystem::path& file);

}  // namespace sinter
