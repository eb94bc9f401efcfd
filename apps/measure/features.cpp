#include "apps/measure/features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "apps/measures/image_measures.h"
#include "core/check.h"
#include "core/error.h"
#include "core/files/npy.h"
#include "core/statistics/kernel_distance.h"
#include "core/statistics/random_order.h"

namespace sinter {
namespace {

/// The features [count, size] in a .npy file; nothing for any other place.
std::optional<Responses> read_features(const char* option, const std::string& place) {
    if (std::filesystem::path(place).extension() != ".npy") return std::nullopt;
    const NpyArray array = read_npy(place);
    if (array.shape.size() != 2) return std::nullopt;
    Responses found{array.shape[0], 0, array.shape[1], {}, {}};
    if (found.images < 2 || found.size < 1) {
        throw DataError(fmt::format("{} {}: expected two vectors of features or more, came {} of {} numbers", option,
                                    place, found.images, found.size));
    }
    if (array.type == npy_type<float>()) {
        found.features.resize(static_cast<std::size_t>(array.count()));
        std::memcpy(found.features.data(), array.data.data(), array.data.size());
    } else if (array.type == npy_type<double>()) {
        std::vector<double> values(static_cast<std::size_t>(array.count()));
        std::memcpy(values.data(), array.data.data(), array.data.size());
        found.features.assign(values.begin(), values.end());
    } else {
        throw DataError(fmt::format("{} {}: expected features of type <f4 or <f8, came {}", option, place, array.type));
    }
    const auto wrong = std::find_if_not(found.features.begin(), found.features.end(),
                                        [](float value) { return std::isfinite(value); });
    if (wrong != found.features.end()) {
        throw DataError(fmt::format("{} {}: expected finite features, came NaN or infinity in vector {}", option, place,
                                    (wrong - found.features.begin()) / found.size));
    }
    return found;
}

}  // namespace

/// Both sides as features that somebody else computed.
std::optional<Comparison> compare_given_features(const MeasureOptions& options) {
    auto images = read_features("--images", options.side_images);
    auto real = read_features("--against", options.side_against);
    if (!images && !real) return std::nullopt;
    if (!images || !real) {
        const std::string features = images ? "--images " + options.side_images : "--against " + options.side_against;
        const std::string& other = images ? options.side_against : options.side_images;
        throw DataError(fmt::format("{} holds features, [count, size]: expected {} with such a file as well, came {}",
                                    features, images ? "--against" : "--images", other.empty() ? "nothing" : other));
    }
    if (images->size != real->size) {
        throw DataError(fmt::format(
            "--images and --against: expected features of one size on both sides, {} has {} features and {} has {}; "
            "give those of one network",
            options.side_images, images->size, options.side_against, real->size));
    }
    require(options.save_reference.empty(),
            "--save-reference: is for images and their judge; features are in a file already, give that");
    Comparison comparison;
    comparison.words = fmt::format("the {} vectors of {}", images->images, options.side_images);
    comparison.responses = std::move(*images);
    Reference& reference = comparison.reference;
    reference.words = fmt::format("the {} vectors of {}", real->images, options.side_against);
    reference.real = std::move(*real);
    reference.judge.name = "none, these are features";
    reference.judge.knows_classes = false;
    reference.halve(options.seed);
    return comparison;
}

void save_features(const std::filesystem::path& file, const Comparison& comparison, const MeasuringOptions& options) {
    const auto beside = [&](const char* ending) { return std::filesystem::path(file).replace_extension(ending); };
    const auto write = [&](const char* ending, const std::vector<float>& values, Index rows) {
        write_npy<float>(beside(ending), values, {rows, static_cast<Index>(values.size()) / rows});
    };
    const Responses &images = comparison.responses, &real = comparison.reference.real;
    write(".npy", images.features, images.images);
    write(".real.npy", real.features, real.images);
    write_npy<Index>(beside(".order.npy"), random_order(images.images, options.seed), {images.images});
    write_npy<Index>(beside(".real_order.npy"), random_order(real.images, options.seed), {real.images});
    if (comparison.reference.judge.knows_classes) write(".logits.npy", images.logits, images.images);
    if (std::min(images.images, real.images) < kKernelSubsetSize) return;
    const KernelDistanceOptions kid{kernel_subsets(options), kKernelSubsetSize, options.seed};
    std::vector<Index> subsets = draw_subsets(images.images, 0, kid);
    const std::vector<Index> of_real = draw_subsets(real.images, 1, kid);
    subsets.insert(subsets.end(), of_real.begin(), of_real.end());
    write_npy<Index>(beside(".subsets.npy"), subsets, {2, kid.subsets, kid.subset_size});
}

}  // namespace sinter
