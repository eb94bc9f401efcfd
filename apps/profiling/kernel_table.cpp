#include "apps/profiling/kernel_table.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace sinter {

std::string short_kernel_name(const std::string& linker_name) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> plain(
        abi::__cxa_demangle(linker_name.c_str(), nullptr, nullptr, &status), std::free);
    std::string name = plain ? plain.get() : linker_name;
    for (const std::string space : {"sinter::", "kernels::", "(anonymous namespace)::", "{anonymous}::"})
        for (std::size_t at; (at = name.find(space)) != std::string::npos;) name.erase(at, space.size());
    // Return type and arguments stand outside of the angle brackets of the template's own arguments.
    int depth = 0;
    std::size_t begin = 0, end = name.size();
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '<') ++depth;
        if (name[i] == '>') --depth;
        if (depth == 0 && name[i] == ' ') begin = i + 1;
        if (depth == 0 && name[i] == '(') {
            end = i;
            break;
        }
    }
    return name.substr(begin, end - begin);
}

std::string kernel_table(const std::map<std::string, KernelTime>& kernels) {
    std::vector<std::pair<std::string, KernelTime>> rows(kernels.begin(), kernels.end());
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
    if (rows.empty()) return "";
    double sum = 0;
    for (const auto& [name, time] : rows) sum += time.seconds;
    // Names stand last and whole: those of one template differ in their last arguments.
    std::string text = fmt::format("{:>8} {:>11} {:>10} {:>7}  {}\n", "launches", "us in all", "us each", "share",
                                   "kernel, all steps");
    for (const auto& [name, time] : rows) {
        text += fmt::format("{:>8} {:>11.1f} {:>10.2f} {:>6.1f}%  {}\n", time.launches, 1e6 * time.seconds,
                            1e6 * time.seconds / static_cast<double>(time.launches),
                            sum > 0 ? 100 * time.seconds / sum : 0.0, name);
    }
    return text;
}

}  // namespace sinter
