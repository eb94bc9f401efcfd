// What the numbers that tell good models from bad ones are called, and how people read them: one table for reports,
// metrics and --keep-best.
#pragma once

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sinter {

enum class Best { neither, low, high };

struct MeasureKind {
    std::string_view name;        ///< in JSON, in metrics.jsonl and for --keep-best
    const char* label;            ///< for people
    int digits;                   ///< behind the point; -1: four that count
    const char* note;             ///< what the number says, in a few words
    Best best = Best::neither;    ///< --keep-best can go by it, unless it is neither
    bool while_training = false;  ///< whether --measure-every measures it
};

inline constexpr MeasureKind kMeasureKinds[] = {
    {"loss", "test loss", 4, "", Best::low},
    {"accuracy", "test accuracy", 4, "", Best::high},
    {"reconstruction_ratio", "reconstruction ratio", 4, "1 where G(E(x)) is no nearer to x than to another image",
     Best::low},
    {"frechet", "Frechet distance", 3, "0 is best", Best::low, true},
    {"kid", "KID", -1, "0 is best, may be slightly negative", Best::low, true},
    {"precision", "precision", 4, "of the images, looking real", Best::high, true},
    {"recall", "recall", 4, "of the real ones, within reach", Best::high, true},
    {"density", "density", 4, "1 for equal distributions", Best::neither, true},
    {"coverage", "coverage", 4, "", Best::high, true},
    {"inception_score", "inception score", 3, "1 to the number of classes"},
    {"confidence", "mean confidence", 4, ""},
    {"nearest_training", "nearest training image", 3, "mean distance"},
    {"copies", "nearer than 99 % of real", 4, "0.01 for new images"},
    {"exact_copies", "equal to a training image", 4, ""},
};

/// Null where there is none of this name.
inline const MeasureKind* find_measure_kind(std::string_view name) {
    const auto found = std::find_if(std::begin(kMeasureKinds), std::end(kMeasureKinds),
                                    [&](const MeasureKind& kind) { return kind.name == name; });
    return found == std::end(kMeasureKinds) ? nullptr : found;
}
/// Throws std::logic_error for a name that nobody entered in the table.
inline const MeasureKind& measure_kind(std::string_view name) {
    if (const MeasureKind* const found = find_measure_kind(name)) return *found;
    throw std::logic_error("a measure that is not in its table: " + std::string(name));
}

/// The names of those that are wanted, in the order of the table.
template <class Wanted>
std::vector<std::string_view> measure_names(const Wanted& wanted) {
    std::vector<std::string_view> names;
    for (const MeasureKind& kind : kMeasureKinds)
        if (wanted(kind)) names.push_back(kind.name);
    return names;
}
inline bool can_be_best(const MeasureKind& kind) { return kind.best != Best::neither; }
inline bool is_measured_while_training(const MeasureKind& kind) { return kind.while_training; }

}  // namespace sinter
