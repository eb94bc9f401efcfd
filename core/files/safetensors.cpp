// The safetensors format: u64 header length, JSON header, data. Nothing in a header is used before it has been checked.
#include "core/files/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/printable.h"

namespace sinter {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian and copied as it is");

constexpr std::size_t kLengthBytes = sizeof(std::uint64_t);
constexpr std::size_t kDataAlignment = 64;
constexpr const char* kMetadataKey = "__metadata__";

struct Dtype {
    std::string_view name;
    std::size_t bytes;
};

constexpr std::array<Dtype, 15> kDtypes{{{"F64", 8},
                                         {"I64", 8},
                                         {"U64", 8},
                                         {"F32", 4},
                                         {"I32", 4},
                                         {"U32", 4},
                                         {"F16", 2},
                                         {"BF16", 2},
                                         {"I16", 2},
                                         {"U16", 2},
                                         {"F8_E4M3", 1},
                                         {"F8_E5M2", 1},
                                         {"I8", 1},
                                         {"U8", 1},
                                         {"BOOL", 1}}};

/// A string from a file as it may stand in a sentence: quoted, printable and short.
std::string quote(std::string_view text) {
    constexpr std::size_t kMaxShown = 80;
    return fmt::format("\"{}\"", printable(text, kMaxShown));
}

std::string known_dtypes() {
    std::vector<std::string_view> names;
    for (const Dtype& dtype : kDtypes) names.push_back(dtype.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

[[noreturn]] void refuse(const std::string& file, const std::string& complaint) {
    throw DataError(fmt::format(
        "[safetensors] {}: {}. The file is damaged or not a safetensors file; use another copy.", file, complaint));
}

/// Bytes of an array, nothing where the count does not fit in 63 bits or a size is negative.
std::optional<std::uint64_t> byte_count(std::span<const std::int64_t> shape, std::size_t element_size) {
    std::int64_t count = static_cast<std::int64_t>(element_size);
    for (const std::int64_t size : shape) {
        if (size < 0 || __builtin_mul_overflow(count, size, &count)) return std::nullopt;
    }
    return static_cast<std::uint64_t>(count);
}

// ---- Reading ----

/// The JSON text between the length and the data.
std::string_view header_text(const std::vector<std::byte>& content, const std::string& file) {
    if (content.size() < kLengthBytes) {
        refuse(file,
               fmt::format("expected a header length of 8 bytes at offset 0, the file ends after {}", content.size()));
    }
    std::uint64_t length = 0;
    std::memcpy(&length, content.data(), kLengthBytes);
    if (length > kMaxSafetensorsHeader) {
        refuse(file,
               fmt::format("the header length at offset 0 is {}, the format allows {}", length, kMaxSafetensorsHeader));
    }
    if (length > content.size() - kLengthBytes) {
        refuse(file, fmt::format("the header should take {} bytes from offset 8, only {} are there", length,
                                 content.size() - kLengthBytes));
    }
    const std::string_view text(reinterpret_cast<const char*>(content.data()) + kLengthBytes, length);
    if (text.empty() || text.front() != '{') {
        refuse(file, fmt::format("the header at offset 8 should begin with '{{', it {}",
                                 text.empty() ? "is empty" : "begins with " + quote(text.substr(0, 1))));
    }
    // The JSON parser takes a zero byte for the end of its input and would let anything follow.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
        refuse(file, fmt::format("expected JSON text, found a zero byte at offset {}", kLengthBytes + zero));
    }
    return text;
}

/// Walks through the text of a header once: refuses what is no JSON, repeated keys, and depth beyond what the format
/// uses.
class HeaderCheck final : public nlohmann::json_sax<json> {
public:
    explicit HeaderCheck(const std::string& file) : file_(file) {}

    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(std::int64_t) override { return true; }
    bool number_unsigned(std::uint64_t) override { return true; }
    bool number_float(double, const std::string&) override { return true; }
    bool string(std::string&) override { return true; }
    bool binary(json::binary_t&) override { return true; }
    bool start_object(std::size_t) override {
        keys_.emplace_back();
        return deeper();
    }
    bool end_object() override {
        keys_.pop_back();
        --depth_;
        return true;
    }
    bool start_array(std::size_t) override { return deeper(); }
    bool end_array() override {
        --depth_;
        return true;
    }
    bool key(std::string& key) override {
        if (!keys_.back().insert(key).second) refuse(file_, fmt::format("the header has {} twice", quote(key)));
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
        if (dynamic_cast<const json::parse_error*>(&error) == nullptr)
            refuse(file_, "the header holds a number that is out of range");
        refuse(file_, fmt::format("the header is not valid JSON at offset {}", kLengthBytes + position - 1));
    }

private:
    bool deeper() {
        constexpr int kDeepest = 4;  // header, entry, shape, and what a shape should not hold
        if (++depth_ > kDeepest) refuse(file_, fmt::format("the header nests deeper than {} levels", kDeepest));
        return true;
    }

    const std::string& file_;
    int depth_ = 0;
    std::vector<std::unordered_set<std::string>> keys_;  // of every object that is open
};

json parse_header(std::string_view text, const std::string& file) {
    HeaderCheck check(file);
    json::sax_parse(text, &check);
    return json::parse(text);
}

SafetensorsMetadata read_metadata(const json& value, const std::string& file) {
    if (!value.is_object())
        refuse(file, fmt::format("{} should be an object, it is {}", kMetadataKey, value.type_name()));
    SafetensorsMetadata metadata;
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) {
            refuse(file, fmt::format("{} should map strings to strings, {} is {}", kMetadataKey, quote(key),
                                     text.type_name()));
        }
        metadata.emplace(key, text.get<std::string>());
    }
    return metadata;
}

/// A list of integers from 0 to 2^63 - 1.
std::vector<std::int64_t> read_sizes(const json& value, const std::string& file, const std::string& where) {
    if (!value.is_array()) refuse(file, fmt::format("{} should be a list, it is {}", where, value.type_name()));
    std::vector<std::int64_t> sizes;
    for (const json& size : value) {
        constexpr auto kMaxSize = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        if (!size.is_number_unsigned() || size.get<std::uint64_t>() > kMaxSize) {
            refuse(file, fmt::format("{} should hold integers from 0 to 2^63 - 1, it holds {}", where,
                                     quote(size.is_structured() ? size.type_name() : size.dump(-1, ' ', true))));
        }
        sizes.push_back(size.get<std::int64_t>());
    }
    return sizes;
}

SafetensorsEntry read_entry(const std::string& name, const json& value, Bytes data, const std::string& file) {
    const std::string where = "entry " + quote(name);
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets")) {
        refuse(file, where + " should be an object of dtype, shape and data_offsets");
    }
    if (!value["dtype"].is_string() || safetensors_element_size(value["dtype"].get<std::string>()) == 0) {
        refuse(file, fmt::format("{} has dtype {}, expected one of {}", where,
                                 value["dtype"].is_string() ? quote(value["dtype"].get<std::string>())
                                                            : value["dtype"].type_name(),
                                 known_dtypes()));
    }
    SafetensorsEntry entry{
        name, value["dtype"].get<std::string>(), read_sizes(value["shape"], file, where + ": shape"), {}};
    const std::vector<std::int64_t> offsets = read_sizes(value["data_offsets"], file, where + ": data_offsets");
    if (offsets.size() != 2) {
        refuse(file, fmt::format("{}: data_offsets should be [begin, end], it has {} numbers", where, offsets.size()));
    }
    const auto begin = static_cast<std::uint64_t>(offsets[0]);
    const auto end = static_cast<std::uint64_t>(offsets[1]);
    if (begin > end || end > data.size()) {
        refuse(file, fmt::format("{}: data_offsets [{}, {}] do not lie within the {} bytes of data", where, begin, end,
                                 data.size()));
    }
    const auto needed = byte_count(entry.shape, safetensors_element_size(entry.dtype));
    if (!needed) refuse(file, fmt::format("{}: shape [{}] is too large", where, fmt::join(entry.shape, ", ")));
    if (end - begin != *needed) {
        refuse(file, fmt::format("{}: {} of shape [{}] takes {} bytes, data_offsets [{}, {}] give {}", where,
                                 entry.dtype, fmt::join(entry.shape, ", "), *needed, begin, end, end - begin));
    }
    entry.data = data.subspan(begin, end - begin);
    return entry;
}

/// The format wants the data covered exactly once, so that nothing can hide between arrays.
void check_cover(std::span<const SafetensorsEntry> entries, Bytes data, const std::string& file) {
    std::vector<const SafetensorsEntry*> in_order;
    for (const SafetensorsEntry& entry : entries) in_order.push_back(&entry);
    // By size where they begin together: an empty array comes before one that begins where it stands.
    std::ranges::sort(in_order, {},
                      [](const SafetensorsEntry* entry) { return std::pair(entry->data.data(), entry->data.size()); });
    std::size_t covered = 0;
    for (const SafetensorsEntry* entry : in_order) {
        const auto begin = static_cast<std::size_t>(entry->data.data() - data.data());
        if (begin != covered) {
            refuse(file, fmt::format("entry {} begins at byte {} of the data, {}", quote(entry->name), begin,
                                     begin < covered ? fmt::format("inside an array that ends at {}", covered)
                                                     : fmt::format("leaving a hole from {}", covered)));
        }
        covered = begin + entry->data.size();
    }
    if (covered != data.size()) {
        refuse(file, fmt::format("{} bytes follow the last array, which ends at byte {} of the data",
                                 data.size() - covered, covered));
    }
}

// ---- Writing ----

[[noreturn]] void reject(const std::filesystem::path& path, const std::string& complaint) {
    throw UsageError(fmt::format("[safetensors] Cannot write {}: {}.", path.string(), complaint));
}

void check_entry(const std::filesystem::path& path, const SafetensorsEntry& entry) {
    const std::string where = "entry " + quote(entry.name);
    if (entry.name == kMetadataKey) reject(path, where + " has the name that the format keeps for metadata; rename it");
    const std::size_t element_size = safetensors_element_size(entry.dtype);
    if (element_size == 0) {
        reject(path, fmt::format("{} has dtype {}, expected one of {}", where, quote(entry.dtype), known_dtypes()));
    }
    const auto needed = byte_count(entry.shape, element_size);
    if (!needed || *needed != entry.data.size()) {
        reject(path, fmt::format("{}: {} of shape [{}] takes {} bytes, {} were given", where, entry.dtype,
                                 fmt::join(entry.shape, ", "), needed ? std::to_string(*needed) : "too many",
                                 entry.data.size()));
    }
}

/// The header, padded with spaces to where the data begins.
std::string make_header(const std::filesystem::path& path, std::span<const SafetensorsEntry* const> in_order,
                        const SafetensorsMetadata& metadata) {
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header[kMetadataKey] = metadata;
    std::uint64_t begin = 0;
    for (const SafetensorsEntry* entry : in_order) {
        const std::uint64_t end = begin + entry->data.size();
        // emplace_back: header[name] searches from the front and would make many names slow.
        header.get_ref<nlohmann::ordered_json::object_t&>().emplace_back(
            entry->name,
            nlohmann::ordered_json{{"dtype", entry->dtype}, {"shape", entry->shape}, {"data_offsets", {begin, end}}});
        begin = end;
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const json::exception&) {
        reject(path, "a name or a metadata string is not valid UTF-8");
    }
    const std::size_t data_begins = (kLengthBytes + text.size() + kDataAlignment - 1) / kDataAlignment * kDataAlignment;
    text.resize(data_begins - kLengthBytes, ' ');
    if (text.size() > kMaxSafetensorsHeader) {
        reject(path, fmt::format("the header takes {} bytes, the format allows {}; shorten names or metadata",
                                 text.size(), kMaxSafetensorsHeader));
    }
    return text;
}

}  // namespace

std::size_t safetensors_element_size(std::string_view dtype) {
    const auto found = std::ranges::find(kDtypes, dtype, &Dtype::name);
    return found == kDtypes.end() ? 0 : found->bytes;
}

void write_safetensors(const std::filesystem::path& path, std::span<const SafetensorsEntry> entries,
                       const SafetensorsMetadata& metadata) {
    std::vector<const SafetensorsEntry*> in_order;
    for (const SafetensorsEntry& entry : entries) {
        check_entry(path, entry);
        in_order.push_back(&entry);
    }
    std::ranges::sort(in_order, [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
        const std::size_t size_a = safetensors_element_size(a->dtype);
        const std::size_t size_b = safetensors_element_size(b->dtype);
        return size_a != size_b ? size_a > size_b : a->name < b->name;
    });
    std::set<std::string_view> names;
    for (const SafetensorsEntry& entry : entries) {
        if (!names.insert(entry.name).second) reject(path, fmt::format("entry {} is given twice", quote(entry.name)));
    }
    const std::string header = make_header(path, in_order, metadata);
    const std::uint64_t length = header.size();
    std::vector<Bytes> pieces{std::as_bytes(std::span(&length, 1)), std::as_bytes(std::span(header))};
    for (const SafetensorsEntry* entry : in_order) pieces.push_back(entry->data);
    write_file_atomically(path, pieces);
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
    return parse(read_whole_file(path), path.string());
}

SafetensorsFile SafetensorsFile::parse(std::vector<std::byte> content, const std::string& file) {
    SafetensorsFile result;
    result.file_ = file;
    result.content_ = std::move(content);
    const std::string_view text = header_text(result.content_, file);
    const Bytes data = Bytes(result.content_).subspan(kLengthBytes + text.size());
    const json header = parse_header(text, file);
    for (const auto& [name, value] : header.items()) {
        if (name == kMetadataKey) {
            result.metadata_ = read_metadata(value, file);
        } else {
            result.entries_.push_back(read_entry(name, value, data, file));
        }
    }
    std::ranges::sort(result.entries_, {}, &SafetensorsEntry::name);
    check_cover(result.entries_, data, file);
    return result;
}

const SafetensorsEntry* SafetensorsFile::find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(entries_, name, {}, &SafetensorsEntry::name);
    return found != entries_.end() && found->name == name ? &*found : nullptr;
}

const SafetensorsEntry& SafetensorsFile::at(std::string_view name) const {
    if (const SafetensorsEntry* entry = find(name)) return *entry;
    constexpr std::size_t kMaxNames = 20;
    std::vector<std::string> names;
    for (const SafetensorsEntry& entry : entries_) {
        if (names.size() == kMaxNames) {
            names.push_back(fmt::format("and {} more", entries_.size() - kMaxNames));
            break;
        }
        names.push_back(quote(entry.name));
    }
    throw DataError(
        fmt::format("[safetensors] {} has no entry {}; it holds {}. Use a file that was saved by the same model.",
                    file_, quote(name), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

}  // namespace sinter
