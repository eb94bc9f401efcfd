// Affinity, control groups (cgroups(7)) and resource limits.
#include "kernels/runtime/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace sinter::kernels {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// The numbers that a file begins with; none where it does not exist or begins with a word ("max").
std::vector<std::int64_t> numbers_in(const fs::path& path) {
    std::ifstream file(path);
    std::vector<std::int64_t> numbers;
    for (std::int64_t number; file >> number;) numbers.push_back(number);
    return numbers;
}

std::optional<std::int64_t> number_in(const fs::path& path) {
    const std::vector<std::int64_t> numbers = numbers_in(path);
    return numbers.empty() ? std::nullopt : std::make_optional(numbers.front());
}

/// The number behind a word that begins a line, such as "MemAvailable:".
std::optional<std::int64_t> number_behind(const fs::path& path, const std::string& word) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string first;
        std::int64_t number = 0;
        if (words >> first >> number && first == word) return number;
    }
    return std::nullopt;
}

/// The folders of the process's control group and of those around it. A container may see its own group as the
/// outermost one, or not see it at all: then the outermost folder is that group's.
std::vector<fs::path> folders_of_group(const fs::path& outermost, const std::string& group) {
    std::vector<fs::path> folders = {outermost};
    for (const fs::path& part : fs::path(group).relative_path()) {
        if (part == "..") return {outermost};
        folders.push_back(folders.back() / part);
    }
    return folders;
}

struct GroupFolders {
    std::vector<fs::path> version_1, version_2;
};

/// Where the limits of a controller ("cpu", "memory") stand. Lines of /proc/self/cgroup are "0::/group" for version 2
/// and "4:cpu,cpuacct:/group" for version 1.
GroupFolders group_folders(const fs::path& root, const std::string& controller) {
    const fs::path mounted = root / "sys/fs/cgroup";
    GroupFolders found;
    std::ifstream file(root / "proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
        if (controllers.empty()) {
            found.version_2 = folders_of_group(mounted, group);
        } else if (("," + controllers + ",").find("," + controller + ",") != std::string::npos) {
            std::error_code error;
            const bool is_joined = fs::exists(mounted / controllers, error);
            found.version_1 = folders_of_group(mounted / (is_joined ? controllers : controller), group);
        }
    }
    return found;
}

/// The cores that a quota allows: so many microseconds of work in each period.
double cores(std::int64_t quota, std::int64_t period) {
    const bool is_limit = quota > 0 && period > 0;
    return is_limit ? static_cast<double>(quota) / static_cast<double>(period)
                    : std::numeric_limits<double>::infinity();
}

double cores_of_groups(const fs::path& root) {
    const GroupFolders groups = group_folders(root, "cpu");
    double least = std::numeric_limits<double>::infinity();
    for (const fs::path& folder : groups.version_2) {
        const std::vector<std::int64_t> limit = numbers_in(folder / "cpu.max");
        if (limit.size() == 2) least = std::min(least, cores(limit[0], limit[1]));
    }
    for (const fs::path& folder : groups.version_1) {
        const auto quota = number_in(folder / "cpu.cfs_quota_us"), period = number_in(folder / "cpu.cfs_period_us");
        if (quota && period) least = std::min(least, cores(*quota, *period));
    }
    return least;
}

int cores_of_affinity() {
    for (int most = 1024; most <= 1 << 20; most *= 2) {  // the kernel refuses a set that is too small for its machine
        cpu_set_t* const set = CPU_ALLOC(most);
        if (set == nullptr) break;
        const bool is_known = sched_getaffinity(0, CPU_ALLOC_SIZE(most), set) == 0;
        const int count = is_known ? CPU_COUNT_S(CPU_ALLOC_SIZE(most), set) : 0;
        CPU_FREE(set);
        if (is_known) return count;
    }
    return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

/// What a group leaves. Pages of files that it has read count as used, and are given up when memory is needed.
std::int64_t memory_of_group(const fs::path& folder, const char* limit_file, const char* used_file,
                             const char* cached) {
    const auto limit = number_in(folder / limit_file), used = number_in(folder / used_file);
    if (!limit || !used) return kNoLimit;
    const std::int64_t given_up = number_behind(folder / "memory.stat", cached).value_or(0);
    return std::max<std::int64_t>(0, *limit - std::max<std::int64_t>(0, *used - given_up));
}

std::int64_t memory_of_groups(const fs::path& root) {
    const GroupFolders groups = group_folders(root, "memory");
    std::int64_t least = kNoLimit;
    for (const fs::path& folder : groups.version_2)
        least = std::min(least, memory_of_group(folder, "memory.max", "memory.current", "inactive_file"));
    for (const fs::path& folder : groups.version_1)
        least = std::min(
            least, memory_of_group(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"));
    return least;
}

/// What a resource limit leaves of which `pages` are used.
std::int64_t memory_of_limit(__rlimit_resource resource, std::int64_t pages) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= static_cast<rlim_t>(kNoLimit)) return kNoLimit;
    return std::max<std::int64_t>(0, static_cast<std::int64_t>(limit.rlim_cur) - pages * sysconf(_SC_PAGESIZE));
}

}  // namespace

int usable_cores(const fs::path& root) {
    const double most = std::min(std::ceil(cores_of_groups(root)), static_cast<double>(cores_of_affinity()));
    return std::max(1, static_cast<int>(most));
}

std::int64_t available_memory(const fs::path& root) {
    const auto kilobytes = number_behind(root / "proc/meminfo", "MemAvailable:");
    if (!kilobytes) return 0;
    // Pages of the process: in all, in memory, shared, code, 0, data (proc(5)).
    std::vector<std::int64_t> pages = numbers_in(root / "proc/self/statm");
    pages.resize(6);
    const std::int64_t least = std::min({*kilobytes * 1024, memory_of_groups(root),
                                         memory_of_limit(RLIMIT_AS, pages[0]), memory_of_limit(RLIMIT_DATA, pages[5])});
    return std::max<std::int64_t>(1, least);
}

}  // namespace sinter::kernels
