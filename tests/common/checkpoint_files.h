// Checkpoints that a test changes.
#pragma once

#include <filesystem>
#include <span>

#include "core/files/safetensors.h"

namespace sinter {

/// Writes these arrays as a checkpoint with these facts. It is one of the format before, which had no checksums: what
/// is refused is refused for what it holds.
inline void write_with_facts(const std::filesystem::path& path, std::span<const SafetensorsEntry> arrays,
                             SafetensorsMetadata facts) {
    std::erase_if(facts, [](const auto& fact) { return fact.first.starts_with("crc32"); });
    facts["format"] = "sinter checkpoint 1";
    write_safetensors(path, arrays, facts);
}

}  // namespace sinter
