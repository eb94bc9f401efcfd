#include "core/train/checkpoint.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/files/safetensors.h"
#include "core/watch.h"

namespace sinter {
namespace {

constexpr const char* kFormatFact = "format";
constexpr const char* kFormat = "sinter checkpoint 2";
constexpr const char* kFormatWithoutChecksums = "sinter checkpoint 1";
/// The order of images that are an axis of an array. A file that does not say it has them as memory has, channels last.
constexpr const char* kFlattenedImagesFact = "flattened_images";
constexpr const char* kChannelsFirst = "channels first";
constexpr const char* kChecksum = "crc32";  // of the other metadata; kChecksum.<array> of an array

/// An array of a part, under its name in the file.
struct StoredTensor {
    std::string name;
    Tensor tensor;
    FileLayout layout;
};

std::vector<StoredTensor> stored_tensors(const CheckpointPart& part) {
    std::vector<StoredTensor> stored;
    for (const Parameter& p : part.module->state()) stored.push_back({part.prefix + p.name, p.tensor, p.layout});
    if (!part.optimizer) return stored;
    const ParameterArena& arena = part.optimizer->arena();
    for (const Optimizer::State& state : part.optimizer->state()) {
        for (std::size_t i = 0; i < arena.parameters().size(); ++i) {
            const Parameter& p = arena.parameters()[i];
            stored.push_back(
                {"optimizer." + part.prefix + state.name + "." + p.name, arena.part(state.values, i), p.layout});
        }
    }
    return stored;
}

/// Throws DivergedError where an array holds NaN or infinity.
void require_finite(const std::filesystem::path& path, std::span<const CheckpointPart> parts) {
    for (const CheckpointPart& part : parts) {
        for (const StoredTensor& stored : stored_tensors(part)) {
            const Index index = find_nonfinite(stored.tensor);
            if (index < 0) continue;
            throw DivergedError(fmt::format(
                "{}: '{}' holds {} at element {} of {}; nothing was saved, and a checkpoint that was there before is "
                "still there",
                path.string(), stored.name, stored.tensor.to_doubles()[static_cast<std::size_t>(index)], index,
                stored.tensor.shape()));
        }
    }
}

std::string steps_fact(const CheckpointPart& part) { return "optimizer." + part.prefix + "steps"; }

std::vector<std::int64_t> file_shape(const StoredTensor& stored) {
    return file_shape(stored.tensor.shape(), stored.layout);
}

template <class T>
std::vector<T> to_file(std::vector<T> values, const StoredTensor& stored) {
    return to_file_order(std::move(values), stored.tensor.shape(), stored.layout);
}

template <class T>
void from_file(const SafetensorsEntry& entry, StoredTensor& stored) {
    std::vector<T> file(entry.data.size() / sizeof(T));
    if (!file.empty()) std::memcpy(file.data(), entry.data.data(), entry.data.size());
    const std::vector<T> values = to_memory_order(std::move(file), stored.tensor.shape(), stored.layout);
    stored.tensor.assign(std::span<const T>(values));
}

template <class T>
std::string list(const std::vector<T>& sizes) {
    return fmt::format("[{}]", fmt::join(sizes, ", "));
}

std::string hexadecimal(unsigned long checksum) { return fmt::format("{:08x}", checksum); }

std::string checksum_of(Bytes bytes) {
    return hexadecimal(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string checksum_name(const std::string& array) { return fmt::format("{}.{}", kChecksum, array); }

std::string checksum_of(const SafetensorsMetadata& metadata) {
    std::string text;
    for (const auto& [name, value] : metadata) {
        if (name != kChecksum) text.append(name).append(1, '\0').append(value).append(1, '\0');
    }
    return checksum_of(std::as_bytes(std::span(text)));
}

[[noreturn]] void refuse_damaged(const std::filesystem::path& path, const std::string& what) {
    throw DataError(
        fmt::format("{}: the checksum of {} is wrong: the file is damaged; use another copy", path.string(), what));
}

/// The facts, without the checksums.
CheckpointFacts checked_facts(const SafetensorsFile& file, const std::filesystem::path& path) {
    CheckpointFacts facts = file.metadata();
    const std::string format = facts.contains(kFormatFact) ? "'" + facts.at(kFormatFact) + "'" : "none";
    const bool has_checksums = format == fmt::format("'{}'", kFormat);
    if (!has_checksums && format != fmt::format("'{}'", kFormatWithoutChecksums)) {
        throw DataError(
            fmt::format("{}: expected a checkpoint written by sinter (metadata format = '{}'), found {}; give the "
                        "checkpoints/last.safetensors of a run",
                        path.string(), kFormat, format));
    }
    if (has_checksums && facts[kChecksum] != checksum_of(file.metadata())) refuse_damaged(path, "its facts");
    if (facts.contains(kFlattenedImagesFact) && facts.at(kFlattenedImagesFact) != kChannelsFirst) {
        throw DataError(fmt::format("{}: expected '{}' to be '{}', found '{}'; a later version of sinter may read it",
                                    path.string(), kFlattenedImagesFact, kChannelsFirst,
                                    facts.at(kFlattenedImagesFact)));
    }
    std::erase_if(
        facts, [](const auto& fact) { return fact.first == kChecksum || fact.first.starts_with(checksum_name("")); });
    return facts;
}

/// Of every array, those that nobody asks for included. The facts have been checked.
void check_arrays(const SafetensorsFile& file, const std::filesystem::path& path) {
    if (file.metadata().at(kFormatFact) != kFormat) return;
    for (const SafetensorsEntry& entry : file.entries()) {
        const auto checksum = file.metadata().find(checksum_name(entry.name));
        if (checksum == file.metadata().end() || checksum->second != checksum_of(entry.data))
            refuse_damaged(path, "'" + entry.name + "'");
    }
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, std::span<const CheckpointPart> parts,
                     const CheckpointFacts& facts) {
    require_finite(path, parts);
    SafetensorsMetadata metadata = facts;
    metadata[kFormatFact] = kFormat;
    metadata[kFlattenedImagesFact] = kChannelsFirst;
    std::vector<SafetensorsEntry> entries;
    std::deque<std::vector<float>> floats;  // a deque: the entries point into its vectors
    std::deque<std::vector<double>> doubles;
    for (const CheckpointPart& part : parts) {
        if (part.optimizer) metadata[steps_fact(part)] = std::to_string(part.optimizer->steps());
        for (const StoredTensor& stored : stored_tensors(part)) {
            if (stored.tensor.device().element_bytes() == sizeof(float)) {
                const auto& values = floats.emplace_back(to_file(stored.tensor.to_floats(), stored));
                entries.push_back({stored.name, "F32", file_shape(stored), std::as_bytes(std::span(values))});
            } else {
                const auto& values = doubles.emplace_back(to_file(stored.tensor.to_doubles(), stored));
                entries.push_back({stored.name, "F64", file_shape(stored), std::as_bytes(std::span(values))});
            }
        }
    }
    for (const SafetensorsEntry& entry : entries) metadata[checksum_name(entry.name)] = checksum_of(entry.data);
    metadata[kChecksum] = checksum_of(metadata);
    write_safetensors(path, entries, metadata);
}

CheckpointFacts read_checkpoint_facts(const std::filesystem::path& path) {
    return checked_facts(SafetensorsFile::open(path), path);
}

CheckpointFacts load_checkpoint(const std::filesystem::path& path, std::span<const CheckpointPart> parts) {
    const SafetensorsFile file = SafetensorsFile::open(path);
    CheckpointFacts facts = checked_facts(file, path);
    check_arrays(file, path);

    std::vector<std::pair<StoredTensor, const SafetensorsEntry*>> matches;
    for (const CheckpointPart& part : parts) {
        if (part.optimizer) FactReader(facts, path.string()).whole_number(steps_fact(part), 0, kMaxCount);
        for (StoredTensor& stored : stored_tensors(part)) {
            if (!facts.contains(kFlattenedImagesFact)) stored.layout.images = {};
            const SafetensorsEntry* entry = file.find(stored.name);
            if (!entry || entry->shape != file_shape(stored)) {
                throw DataError(
                    fmt::format("{}: this model expects '{}' of shape {}, the checkpoint {}; it belongs to another "
                                "model or to other "
                                "options (layer sizes, optimizer)",
                                path.string(), stored.name, list(file_shape(stored)),
                                entry ? "has it with shape " + list(entry->shape) : "does not have it"));
            }
            if (entry->dtype != "F32" && entry->dtype != "F64") {
                throw DataError(
                    fmt::format("{}: expected '{}' as F32 or F64, found {}", path.string(), stored.name, entry->dtype));
            }
            matches.emplace_back(std::move(stored), entry);
        }
    }
    for (const SafetensorsEntry& entry : file.entries()) {
        const bool expected =
            std::any_of(matches.begin(), matches.end(), [&](const auto& m) { return m.second == &entry; });
        if (!expected && entry.name.rfind("optimizer.", 0) != 0) {
            throw DataError(
                fmt::format("{}: the checkpoint holds '{}', which this model does not have; it belongs to another "
                            "model or to other options",
                            path.string(), entry.name));
        }
    }
    for (auto& [stored, entry] : matches) {
        if (entry->dtype == "F32")
            from_file<float>(*entry, stored);
        else
            from_file<double>(*entry, stored);
    }
    for (const CheckpointPart& part : parts) {
        if (part.optimizer)
            part.optimizer->resume_at(FactReader(facts, path.string()).whole_number(steps_fact(part), 0, kMaxCount));
    }
    return facts;
}

}  // namespace sinter
