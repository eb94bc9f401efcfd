#include "apps/common/data_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/data/image_set.h"
#include "core/error.h"

namespace sinter {

std::vector<std::string> class_names_of(const CheckpointFacts& facts, const std::string& file) {
    const auto names = facts.find(kClassNames);
    if (names == facts.end()) return {};
    const nlohmann::json list = nlohmann::json::parse(names->second, /*callback=*/nullptr, /*allow_exceptions=*/false);
    const bool are_names = list.is_array() && std::all_of(list.begin(), list.end(),
                                                          [](const nlohmann::json& name) { return name.is_string(); });
    if (!are_names || list.size() > kMaxClasses) {
        throw DataError(fmt::format("{}: expected at most {} names as '{}', found '{}'; the file is damaged", file,
                                    kMaxClasses, kClassNames, names->second));
    }
    return list.get<std::vector<std::string>>();
}

}  // namespace sinter
