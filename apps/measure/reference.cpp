#include "apps/measure/reference.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "core/error.h"
#include "core/files/safetensors.h"
#include "core/options/facts.h"
#include "core/options/parse_number.h"
#include "core/statistics/random_order.h"

namespace sinter {
namespace {

/// The rows of responses that `images` names.
Responses choose(const Responses& all, std::span<const Index> images) {
    Responses chosen{static_cast<Index>(images.size()), all.classes, all.size, {}, {}};
    const auto append = [](std::vector<float>& to, const std::vector<float>& from, Index row, Index columns) {
        to.insert(to.end(), from.begin() + row * columns, from.begin() + (row + 1) * columns);
    };
    for (const Index image : images) {
        append(chosen.features, all.features, image, all.size);
        append(chosen.logits, all.logits, image, all.classes);
    }
    return chosen;
}

constexpr const char* kFormat = "sinter reference 1";

struct Part {
    const char* name;
    Responses Reference::*responses;
};
constexpr Part kParts[] = {{"real", &Reference::real},
                           {"yardstick", &Reference::yardstick},
                           {"yardstick_against", &Reference::yardstick_against}};

/// The floats [rows, columns] of an entry. Throws DataError where it is missing or of another kind.
std::vector<float> read_matrix(const SafetensorsFile& content, const std::string& name, Index rows, Index& columns,
                               const std::string& file) {
    const SafetensorsEntry* const entry = content.find(name);
    if (!entry || entry->dtype != "F32" || entry->shape.size() != 2 || (rows >= 0 && entry->shape[0] != rows)) {
        throw DataError(
            fmt::format("{}: expected a matrix of floats as '{}'; the file is damaged, or none that "
                        "--save-reference wrote",
                        file, name));
    }
    columns = entry->shape[1];
    std::vector<float> values(static_cast<std::size_t>(entry->shape[0] * columns));
    std::memcpy(values.data(), entry->data.data(), entry->data.size());
    return values;
}

const std::string& fact(const SafetensorsMetadata& facts, const char* name, const std::string& file) {
    const auto found = facts.find(name);
    if (found != facts.end()) return found->second;
    throw DataError(fmt::format("{}: expected a file that --save-reference wrote, '{}' is missing in it", file, name));
}

}  // namespace

void Reference::halve(std::uint64_t seed) {
    if (real.images < 4) return;
    const std::vector<Index> order = random_order(real.images, seed);
    const std::size_t half = order.size() / 2;
    yardstick = choose(real, std::span(order).first(half));
    yardstick_against = choose(real, std::span(order).last(half));
    yardstick_words = fmt::format("one half of the real images ({}) against the other", yardstick.images);
}

void Reference::save(const std::string& file) const {
    std::vector<SafetensorsEntry> entries;
    for (const Part& part : kParts) {
        const Responses& responses = this->*part.responses;
        const auto add = [&](const char* what, const std::vector<float>& values, Index columns) {
            entries.push_back(
                {std::string(part.name) + what, "F32", {responses.images, columns}, std::as_bytes(std::span(values))});
        };
        if (responses.images == 0) continue;
        add(".features", responses.features, responses.size);
        add(".logits", responses.logits, responses.classes);
    }
    write_safetensors(file, entries,
                      {{"format", kFormat},
                       {"words", words},
                       {"content", content},
                       {"yardstick", yardstick_words},
                       {"judge", judge.name},
                       {"judge.file", judge_file},
                       {"judge.content", judge_content},
                       {"judge.accuracy", fmt::format("{}", judge.accuracy)},
                       {"judge.knows_classes", judge.knows_classes ? "1" : "0"},
                       {"judge.knows_these", judge.knows_these ? "1" : "0"},
                       {"judge.knows_other_classes", judge.knows_other_classes ? "1" : "0"},
                       {"judge.has_seen_real", judge.has_seen_real ? "1" : "0"}});
}

Reference Reference::load(const std::string& file) {
    const SafetensorsFile content = SafetensorsFile::open(file);
    const SafetensorsMetadata& facts = content.metadata();
    if (fact(facts, "format", file) != kFormat) {
        throw DataError(
            fmt::format("{}: expected a file that --save-reference wrote, in the format '{}', came '{}'; save the "
                        "reference again with this sinter",
                        file, kFormat, fact(facts, "format", file)));
    }
    Reference reference;
    for (const Part& part : kParts) {
        const std::string name = part.name;
        const SafetensorsEntry* const features = content.find(name + ".features");
        if (!features && part.responses != &Reference::real) continue;
        Responses& responses = reference.*part.responses;
        responses.features = read_matrix(content, name + ".features", -1, responses.size, file);
        responses.images = features ? features->shape[0] : 0;
        responses.logits = read_matrix(content, name + ".logits", responses.images, responses.classes, file);
        if (responses.size != reference.real.size || responses.size < 1 || !all_finite(responses))
            throw DataError(fmt::format("{}: expected finite features, all of one size; the file is damaged", file));
    }
    reference.words = fact(facts, "words", file);
    reference.content = fact(facts, "content", file);
    reference.yardstick_words = fact(facts, "yardstick", file);
    reference.judge.name = fact(facts, "judge", file);
    reference.judge_file = fact(facts, "judge.file", file);
    const auto judge_content = facts.find("judge.content");
    if (judge_content != facts.end()) reference.judge_content = judge_content->second;
    reference.judge.knows_classes = fact(facts, "judge.knows_classes", file) == "1";
    reference.judge.knows_these = fact(facts, "judge.knows_these", file) == "1";
    reference.judge.knows_other_classes = fact(facts, "judge.knows_other_classes", file) == "1";
    reference.judge.has_seen_real = fact(facts, "judge.has_seen_real", file) == "1";
    const bool is_known = fact(facts, "judge.accuracy", file) != "nan";
    reference.judge.accuracy =
        is_known ? FactReader(facts, file).number("judge.accuracy") : std::numeric_limits<double>::quiet_NaN();
    return reference;
}

}  // namespace sinter
