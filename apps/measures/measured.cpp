#include "apps/measures/measured.h"

#include <algorithm>

namespace sinter {

const Measured* find(const std::vector<Measured>& all, std::string_view name) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Measured& m) { return m.name == name; });
    return found == all.end() ? nullptr : &*found;
}

void add_once(std::vector<std::string>& texts, const std::string& text) {
    if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

void add_warnings(std::vector<std::string>& texts, const std::vector<Measured>& all) {
    for (const Measured& measured : all)
        for (const std::string& warning : measured.warnings) add_once(texts, warning);
}

}  // namespace sinter
