// What a checkpoint says about the data that its model was trained on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/options/facts.h"

namespace sinter {

/// The data of a run in its facts: what people call it, what it is, and what its classes are called (JSON).
inline constexpr const char *kDataName = "--data", *kDataContent = "data.content", *kClassNames = "model.class_names";
inline bool is_fact_of_data(std::string_view name) {
    return name == kDataName || name == kDataContent || name == kClassNames;
}

/// The names of the classes that the data of a checkpoint had; empty where it had none, or the file does not say.
std::vector<std::string> class_names_of(const CheckpointFacts& facts, const std::string& file);

}  // namespace sinter
