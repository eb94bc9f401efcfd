#include "core/files/available_memory.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace sinter {
namespace {

/// The number that a file of one number holds; none where it holds a word ("max") or does not exist.
std::optional<std::int64_t> number_in(const char* path) {
    std::ifstream file(path);
    std::int64_t number = 0;
    if (file >> number) return number;
    return std::nullopt;
}

}  // namespace

std::int64_t available_memory() {
    std::int64_t available = 0;
    std::ifstream meminfo("/proc/meminfo");
    for (std::string line; std::getline(meminfo, line);)
        if (line.starts_with("MemAvailable:")) available = std::stoll(line.substr(13)) * 1024;

    const auto limit = number_in("/sys/fs/cgroup/memory.max"), used = number_in("/sys/fs/cgroup/memory.current");
    if (limit && used) available = std::min(available, std::max<std::int64_t>(0, *limit - *used));
    return available;
}

}  // namespace sinter
