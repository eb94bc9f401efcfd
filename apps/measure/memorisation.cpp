#include "apps/measure/memorisation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>
#include <unordered_set>

#include "apps/measures/image_measures.h"
#include "apps/training/pictures.h"
#include "core/statistics/moments.h"

namespace sinter {
namespace {

constexpr double kNearShare = 0.01;  // of real images are nearer than the distance that counts as near
constexpr Index kPairs = 50, kColumns = 10;

std::vector<double> distances_of(const std::vector<Neighbour>& neighbours) {
    std::vector<double> distances;
    for (const Neighbour& neighbour : neighbours) distances.push_back(std::sqrt(neighbour.squared_distance));
    return distances;
}

/// The share of the images that are equal, pixel for pixel, to a training image.
double share_of_copies(const ImageSet& images, const ImageSet& training) {
    std::unordered_set<std::size_t> known;
    std::string image(static_cast<std::size_t>(images.bytes_per_image()), '\0');
    const auto hash_of = [&](const ImageSet& set, Index i) {
        set.read(i, 1, reinterpret_cast<std::uint8_t*>(image.data()));
        return std::hash<std::string>()(image);
    };
    for (Index i = 0; i < training.count; ++i) known.insert(hash_of(training, i));
    double copies = 0;
    for (Index i = 0; i < images.count; ++i) copies += known.contains(hash_of(images, i));
    return copies / static_cast<double>(images.count);
}

}  // namespace

Memorisation find_memorisation(Comparison& comparison, Device device) {
    const Responses training = comparison.judge->respond_to(*comparison.training);
    const PointSet points(training.features, training.size, device);
    const auto nearest = [&](const Responses& responses) {
        return nearest_neighbours({responses.features, responses.size, device}, points);
    };
    Memorisation found;
    found.of_images = nearest(comparison.responses);
    found.of_real = nearest(comparison.real_is_training ? comparison.reference.yardstick : comparison.reference.real);

    const std::vector<double> distances = distances_of(found.of_images);
    std::vector<double> real = distances_of(found.of_real);
    const std::vector<std::string> warnings =
        common_warnings(comparison.responses, comparison.reference.real, 0, comparison.reference.judge);
    const auto mean_with_error = [&](const char* name, const std::vector<double>& values) {
        return Measured{name, mean_of(values), standard_error_of(values), "error", {}, warnings};
    };
    found.distance = mean_with_error("nearest_training", distances);
    found.real_distance = mean_with_error("nearest_training", real);
    const auto percentile = real.begin() + static_cast<std::ptrdiff_t>(kNearShare * static_cast<double>(real.size()));
    std::nth_element(real.begin(), percentile, real.end());
    std::vector<double> is_near;
    for (const double distance : distances) is_near.push_back(distance < *percentile ? 1 : 0);
    found.copies = mean_with_error("copies", is_near);
    // Five standard errors above what new images have, and twice as much.
    const double error = std::sqrt(kNearShare * (1 - kNearShare) / static_cast<double>(is_near.size()));
    if (found.copies.value > std::max(2 * kNearShare, kNearShare + 5 * error))
        found.copies.warnings.push_back("copies of training images?");
    found.exact_copies = {"exact_copies", share_of_copies(comparison.images, *comparison.training), Measured::kNone,
                          ""};
    if (found.exact_copies.value > 0) found.exact_copies.warnings.push_back("copies of training images");
    return found;
}

void draw_neighbours(const std::filesystem::path& file, const Comparison& comparison, const Memorisation& found) {
    std::vector<Index> order(found.of_images.size());
    std::iota(order.begin(), order.end(), Index{0});
    const auto is_nearer = [&](Index a, Index b) {
        return found.of_images[static_cast<std::size_t>(a)].squared_distance <
               found.of_images[static_cast<std::size_t>(b)].squared_distance;
    };
    std::stable_sort(order.begin(), order.end(), is_nearer);
    // Rows of images, each with the row of their neighbours below it.
    const Index pairs = std::min<Index>(kPairs, static_cast<Index>(order.size()) / kColumns * kColumns);
    const ImageSet& training = *comparison.training;
    const Index columns = pairs > 0 ? kColumns : static_cast<Index>(order.size()), shown = pairs > 0 ? pairs : columns;
    std::vector<float> pixels;
    const auto append = [&](const ImageSet& set, Index image) {
        const std::vector<float> one = read_pixels(set, image, 1);
        pixels.insert(pixels.end(), one.begin(), one.end());
    };
    for (Index first = 0; first < shown; first += columns) {
        for (Index i = first; i < first + columns; ++i) append(comparison.images, order[static_cast<std::size_t>(i)]);
        for (Index i = first; i < first + columns; ++i)
            append(training, found.of_images[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])].index);
    }
    write_png_grid(file, std::span<const float>(pixels),
                   picture_layout(2 * shown, training.height, training.width, training.channels, columns));
}

}  // namespace sinter
