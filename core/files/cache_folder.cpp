#include "core/files/cache_folder.h"

#include <cstdlib>

namespace sinter {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::filesystem::path cache_folder() {
    if (const std::string folder = environment("SINTER_CACHE_DIR"); !folder.empty()) return folder;
    // The XDG base directory specification has relative paths ignored.
    if (const std::filesystem::path folder = environment("XDG_CACHE_HOME"); folder.is_absolute())
        return folder / "sinter";
    if (const std::filesystem::path home = environment("HOME"); !home.empty()) return home / ".cache" / "sinter";
    return {};
}

}  // namespace sinter
