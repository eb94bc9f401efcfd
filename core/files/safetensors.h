// Reading and writing safetensors files: named arrays behind a JSON header (github.com/huggingface/safetensors).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/files.h"

namespace sinter {

/// One array of a file: little-endian, row-major. It does not own its data.
struct SafetensorsEntry {
    std::string name;
    std::string dtype;                ///< "F32", "F64", "U8", "I32", "I64", "U64", ... as the format spells them
    std::vector<std::int64_t> shape;  ///< empty for a single number
    Bytes data;                       ///< exactly as many bytes as dtype and shape need
};

using SafetensorsMetadata = std::map<std::string, std::string>;

/// The format's longest header, in bytes.
inline constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

/// Bytes per element of a dtype, 0 for one that is not known here.
std::size_t safetensors_element_size(std::string_view dtype);

/// Writes `entries` and `metadata` (left out when empty) with write_file_atomically. The data begins at a multiple of
/// 64 bytes and is sorted by element size, largest first, then by name, so that every array is aligned to its element
/// size without holes, and equal content gives an equal file whatever the order of `entries`. Throws UsageError when an
/// entry is not consistent (dtype, shape against bytes, a name given twice, a name that is not UTF-8), and Error when
/// the file cannot be written.
void write_safetensors(const std::filesystem::path& path, std::span<const SafetensorsEntry> entries,
                       const SafetensorsMetadata& metadata = {});

/// A safetensors file in memory, every claim of its header checked.
class SafetensorsFile {
public:
    /// Throws DataError when the file cannot be read or breaks a rule of the format; the sentence says which and where.
    static SafetensorsFile open(const std::filesystem::path& path);
    /// The same for bytes that are in memory already; `file` names them in sentences.
    static SafetensorsFile parse(std::vector<std::byte> content, const std::string& file);

    // The entries point into content_, which keeps its address when moved but not when copied.
    SafetensorsFile(SafetensorsFile&&) = default;
    SafetensorsFile& operator=(SafetensorsFile&&) = default;

    const SafetensorsMetadata& metadata() const { return metadata_; }

    /// All entries, sorted by name. A file of another program may place data at any offset: copy it out with memcpy
    /// rather than casting the pointer. The data lives as long as this object.
    const std::vector<SafetensorsEntry>& entries() const { return entries_; }

    /// The entry called `name`, or nullptr.
    const SafetensorsEntry* find(std::string_view name) const;
    /// The entry called `name`. Throws DataError, naming what the file holds, when there is none.
    const SafetensorsEntry& at(std::string_view name) const;

private:
    SafetensorsFile() = default;

    std::string file_;
    std::vector<std::byte> content_;
    SafetensorsMetadata metadata_;
    std::vector<SafetensorsEntry> entries_;
};

}  // namespace sinter
