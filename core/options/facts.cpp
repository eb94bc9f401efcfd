#include "core/options/facts.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "core/error.h"
#include "core/options/parse_number.h"

namespace sinter {
const std::string& FactReader::text(const std::string& name) const {
    const auto fact = facts_.find(name);
    if (fact == facts_.end()) {
        throw DataError(
            fmt::format("{}: the checkpoint does not say '{}'; it is damaged or of another program", file_, name));
    }
    return fact->second;
}

std::int64_t FactReader::whole_number(const std::string& name, std::int64_t least, std::int64_t most) const {
    const std::string& found = text(name);
    std::int64_t number = 0;
    if (parse_number(found, number) && number >= least && number <= most) return number;
    const std::string range = most == std::numeric_limits<std::int64_t>::max()
                                  ? fmt::format("of at least {}", least)
                                  : fmt::format("from {} to {}", least, most);
    throw DataError(fmt::format("{}: expected a whole number {} as '{}', found '{}'; the checkpoint is damaged", file_,
                                range, name, found));
}

double FactReader::number(const std::string& name) const {
    const std::string& found = text(name);
    double number = 0;
    if (parse_number(found, number) && std::isfinite(number)) return number;
    throw DataError(
        fmt::format("{}: expected a number as '{}', found '{}'; the checkpoint is damaged", file_, name, found));
}

void FactReader::require_room(double weights, const std::string& what) const {
    const std::uintmax_t bytes = std::filesystem::file_size(file_);
    if (weights <= static_cast<double>(bytes / sizeof(float))) return;
    throw DataError(fmt::format("{}: {} needs {:.0f} weights, which {} bytes cannot hold; the file is damaged", file_,
                                what, weights, bytes));
}

}  // namespace sinter
