#include "apps/measures/image_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <unordered_set>

#include "core/check.h"
#include "core/statistics/class_measures.h"
#include "core/statistics/frechet.h"
#include "core/statistics/kernel_distance.h"
#include "core/statistics/moments.h"

namespace sinter {
namespace {

constexpr double kMostEqual = 0.01;
constexpr Index kImagesPerFeature = 10;
// Of the mean length of real features. Those of a dense VAE's means on MNIST have 0.62 of it, of a DCGAN's images 0.92.
constexpr double kShortestFeatures = 0.8;

/// The share of what content(i) returns for i below `count` that is equal to one before it.
template <class Content>
double share_of_equal(Index count, const Content& content) {
    std::unordered_set<std::size_t> seen;  // hashes of 64 bits: two of a million images share one once in 10^7 sets
    Index equal = 0;
    for (Index i = 0; i < count; ++i) equal += !seen.insert(std::hash<std::string_view>()(content(i))).second;
    return static_cast<double>(equal) / static_cast<double>(count);
}

/// Collects the numbers, each with the warnings of all.
class Measuring {
public:
    explicit Measuring(std::vector<std::string> warnings) : warnings_(std::move(warnings)) {}

    Measured& add(const char* name, double value, double spread, const char* spread_name = "error") {
        measured_.push_back({name, value, spread, spread_name, {}, warnings_});
        return measured_.back();
    }
    /// The mean of values that each belong to an image, with its standard error.
    void add_mean(const char* name, std::span<const double> values, const std::string& warning = {}) {
        Measured& measured = add(name, mean_of(values), standard_error_of(values));
        if (!warning.empty()) measured.warnings.push_back(warning);
    }
    void leave_out(const char* name, std::string reason) {
        measured_.push_back({name, Measured::kNone, Measured::kNone, "", std::move(reason), {}});
    }
    std::vector<Measured> take() { return std::move(measured_); }

private:
    std::vector<std::string> warnings_;
    std::vector<Measured> measured_;
};

void add_frechet(Measuring& measuring, const Responses& images, const Responses& real, std::uint64_t seed) {
    const FrechetDistance found = frechet_distance(images.features, real.features, images.size, seed);
    Measured& frechet = measuring.add("frechet", found.distance, found.error);
    const Index fewest = std::min(images.images, real.images);
    if (fewest < kImagesPerFeature * images.size) {
        frechet.warnings.push_back(
            fmt::format("{} images, fewer than {} for each of {} features", fewest, kImagesPerFeature, images.size));
    }
}

void add_kernel_distance(Measuring& measuring, const Responses& images, const Responses& real,
                         const MeasuringOptions& options, Device device) {
    const Index fewest = std::min(images.images, real.images);
    if (fewest < kKernelSubsetSize) {
        return measuring.leave_out(
            "kid", fmt::format("needs {} images on each side, there are {}", kKernelSubsetSize, fewest));
    }
    const KernelDistance found =
        kernel_distance(images.features, real.features, images.size, device,
                        {.subsets = kernel_subsets(options), .subset_size = kKernelSubsetSize, .seed = options.seed});
    measuring.add("kid", found.mean, found.deviation, "std");
}

double mean_length(const Responses& responses) {
    double sum = 0;
    const std::size_t size = static_cast<std::size_t>(responses.size);
    for (auto left = std::span<const float>(responses.features); !left.empty(); left = left.subspan(size)) {
        double squares = 0;
        for (const float feature : left.first(size)) squares += static_cast<double>(feature) * feature;
        sum += std::sqrt(squares);
    }
    return sum / static_cast<double>(responses.images);
}

void add_coverage(Measuring& measuring, const Responses& images, const Responses& real, const BallSizes& k,
                  Device device) {
    const Index fewest = std::min(images.images, real.images), most_neighbours = std::max(k.precision, k.density);
    if (fewest <= most_neighbours) {
        const std::string reason =
            fmt::format("needs more than {} images on each side, there are {}", most_neighbours, fewest);
        for (const char* name : {"precision", "recall", "density", "coverage"}) measuring.leave_out(name, reason);
        return;
    }
    const Coverage found =
        measure_coverage({images.features, images.size, device}, {real.features, real.size, device}, k);
    // A blurred or faint image excites the judge little: it lies near the origin, within the wide balls of rare real
    // images, and counts as one that looks real.
    const double length = mean_length(images) / mean_length(real);
    const std::string faint =
        length < kShortestFeatures
            ? fmt::format("features {:.0f} % shorter than real ones: blurred images are flattered", 100 * (1 - length))
            : "";
    measuring.add_mean("precision", found.precision, faint);
    measuring.add_mean("recall", found.recall);
    measuring.add_mean("density", found.density, faint);
    measuring.add_mean("coverage", found.coverage);
}

void add_class_measures(Measuring& measuring, const Responses& images, const JudgeStanding& judge,
                        const MeasuringOptions& options) {
    if (!judge.knows_classes) return;
    const std::vector<double> probabilities = class_probabilities(images.logits, images.classes);
    if (images.images >= kScoreParts) {
        const InceptionScore score = inception_score(probabilities, images.classes, kScoreParts, options.seed);
        measuring.add("inception_score", score.mean, score.deviation, "std");
    } else {
        measuring.leave_out("inception_score",
                            fmt::format("needs {} images, there are {}", kScoreParts, images.images));
    }
    std::vector<double> confidence;
    const std::size_t classes = static_cast<std::size_t>(images.classes);
    for (auto left = std::span<const double>(probabilities); !left.empty(); left = left.subspan(classes))
        confidence.push_back(*std::max_element(left.begin(), left.begin() + images.classes));
    measuring.add_mean("confidence", confidence);
}

}  // namespace

std::vector<std::string> common_warnings(const Responses& images, const Responses& real, double equal_share,
                                         const JudgeStanding& judge) {
    std::vector<std::string> warnings;
    if (judge.accuracy < kLeastAccuracy)
        warnings.push_back(fmt::format("the judge is right {:.1f} % of the time", 100 * judge.accuracy));
    if (!judge.knows_other_classes && std::isnan(judge.accuracy)) warnings.push_back("the judge is untested");
    if (judge.knows_other_classes) warnings.push_back("the judge knows other classes than the real images have");
    if (!judge.knows_these) warnings.push_back("the judge was trained on other images");
    if (judge.has_seen_real) warnings.push_back("the judge has learned from these real images");
    if (equal_share > kMostEqual) warnings.push_back(fmt::format("{:.1f} % equal images", 100 * equal_share));
    if (images.images != real.images)
        warnings.push_back(fmt::format("unequal counts, {} and {}", images.images, real.images));
    return warnings;
}

std::vector<Measured> measure_images(const Responses& images, const Responses& real, double equal_share,
                                     const JudgeStanding& judge, const MeasuringOptions& options, Device device) {
    require(images.images >= 2 && real.images >= 2, "[measure] expected two images or more on each side, got {} and {}",
            images.images, real.images);
    Measuring measuring(common_warnings(images, real, equal_share, judge));
    add_frechet(measuring, images, real, options.seed);
    add_kernel_distance(measuring, images, real, options, device);
    add_coverage(measuring, images, real, options.neighbours, device);
    add_class_measures(measuring, images, judge, options);
    return measuring.take();
}

double share_of_equal_images(const ImageSet& images) {
    std::string image(static_cast<std::size_t>(images.bytes_per_image()), '\0');
    return share_of_equal(images.count, [&](Index i) -> std::string_view {
        images.read(i, 1, reinterpret_cast<std::uint8_t*>(image.data()));
        return image;
    });
}

double share_of_equal_features(const Responses& responses) {
    const std::size_t bytes = static_cast<std::size_t>(responses.size) * sizeof(float);
    const auto* const first = reinterpret_cast<const char*>(responses.features.data());
    return share_of_equal(responses.images, [&](Index i) {
        return std::string_view(first + static_cast<std::size_t>(i) * bytes, bytes);
    });
}

std::vector<double> class_shares(const Responses& responses) {
    std::vector<double> shares(static_cast<std::size_t>(responses.classes), 0);
    const std::vector<double> probabilities = class_probabilities(responses.logits, responses.classes);
    for (const Index label : most_probable_classes(probabilities, responses.classes))
        shares[static_cast<std::size_t>(label)] += 1;
    for (double& share : shares) share /= static_cast<double>(responses.images);
    return shares;
}

}  // namespace sinter
