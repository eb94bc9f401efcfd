#include "core/data/class_folders.h"

#include <fmt/format.h>

#include <cctype>
#include <set>

#include "core/error.h"

namespace sinter {
namespace {

bool is_hexadecimal(char byte) { return std::isxdigit(static_cast<unsigned char>(byte)) != 0; }

std::string class_folder(const std::string& name) {
    // An empty name is no folder; a lone % is that of no other class.
    if (name.empty()) return "%";
    const bool is_split = name == "test" || name == "val" || name == "valid";
    const bool is_passed_over = name.front() == '.' || name.starts_with("__");
    std::string folder;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto byte = static_cast<unsigned char>(name[i]);
        const bool looks_escaped =
            byte == '%' &&
            ((i + 2 < name.size() && is_hexadecimal(name[i + 1]) && is_hexadecimal(name[i + 2])) || name.size() == 1);
        const bool has_meaning =
            byte < 0x20 || byte == 0x7f || byte == '/' || looks_escaped || (i == 0 && (is_split || is_passed_over));
        folder += has_meaning ? fmt::format("%{:02X}", byte) : std::string(1, name[i]);
    }
    return folder;
}

}  // namespace

std::vector<std::string> class_folders(const std::vector<std::string>& class_names) {
    std::vector<std::string> folders;
    std::set<std::string> seen;
    for (const std::string& name : class_names) {
        folders.push_back(class_folder(name));
        if (!seen.insert(name).second)
            throw DataError(
                fmt::format("[data] expected a name for each class, two are called '{}'; rename one", name));
    }
    return folders;
}

}  // namespace sinter
