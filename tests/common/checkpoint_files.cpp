#include "tests/common/checkpoint_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include <string>

namespace sinter {
namespace {

std::string checksum_of(std::span<const std::byte> bytes) {
    return fmt::format("{:08x}", ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

void write_with_checksums(const std::filesystem::path& path, std::span<const SafetensorsEntry> arrays,
                          SafetensorsMetadata facts) {
    std::erase_if(facts, [](const auto& fact) { return fact.first.starts_with("crc32"); });
    facts["format"] = "sinter checkpoint 2";
    for (const SafetensorsEntry& array : arrays) facts["crc32." + array.name] = checksum_of(array.data);
    std::string text;
    for (const auto& [name, value] : facts) text.append(name).append(1, '\0').append(value).append(1, '\0');
    facts["crc32"] = checksum_of(std::as_bytes(std::span(text)));
    write_safetensors(path, arrays, facts);
}

}  // namespace sinter
