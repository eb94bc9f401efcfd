#include "core/statistics/class_measures.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/statistics/moments.h"
#include "core/statistics/random_order.h"

namespace sinter {
namespace {

std::span<const double> row_of(std::span<const double> matrix, Index columns, Index row) {
    return matrix.subspan(static_cast<std::size_t>(row * columns), static_cast<std::size_t>(columns));
}

void require_whole_rows(std::size_t numbers, Index classes) {
    require(classes >= 1 && static_cast<Index>(numbers) % classes == 0,
            "[class measures] expected rows of {} classes, got {} numbers", classes, numbers);
}

/// The score of some images.
double score_of(std::span<const double> probabilities, Index classes, std::span<const Index> images) {
    std::vector<double> marginal(static_cast<std::size_t>(classes), 0);
    double negative_entropies = 0;
    for (const Index image : images) {
        const auto row = row_of(probabilities, classes, image);
        for (std::size_t c = 0; c < row.size(); ++c) {
            marginal[c] += row[c];
            if (row[c] > 0) negative_entropies += row[c] * std::log(row[c]);
        }
    }
    const double count = static_cast<double>(images.size());
    double divergence = negative_entropies / count;
    for (const double sum : marginal) {
        if (sum > 0) divergence -= sum / count * std::log(sum / count);
    }
    return std::exp(divergence);
}

}  // namespace

std::vector<double> class_probabilities(std::span<const float> logits, Index classes) {
    require_whole_rows(logits.size(), classes);
    std::vector<double> probabilities;
    probabilities.reserve(logits.size());
    for (auto left = logits; !left.empty(); left = left.subspan(static_cast<std::size_t>(classes))) {
        const auto row = left.first(static_cast<std::size_t>(classes));
        const double largest = *std::max_element(row.begin(), row.end());
        double sum = 0;
        for (const float logit : row) sum += std::exp(logit - largest);
        for (const float logit : row) probabilities.push_back(std::exp(logit - largest) / sum);
    }
    return probabilities;
}

InceptionScore inception_score(std::span<const double> probabilities, Index classes, Index splits, std::uint64_t seed) {
    require_whole_rows(probabilities.size(), classes);
    const Index count = static_cast<Index>(probabilities.size()) / classes;
    require(splits >= 1 && count >= splits,
            "[inception score] expected at least as many images as parts, got {} and {}", count, splits);
    const std::vector<Index> order = random_order(count, seed);
    std::vector<double> scores;
    for (Index part = 0; part < splits; ++part) {
        const Index begin = part * count / splits, end = (part + 1) * count / splits;
        scores.push_back(
            score_of(probabilities, classes,
                     std::span(order).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin))));
    }
    return {mean_of(scores), deviation_of(scores)};
}

std::vector<Index> most_probable_classes(std::span<const double> probabilities, Index classes) {
    require_whole_rows(probabilities.size(), classes);
    std::vector<Index> labels;
    for (Index image = 0; image * classes < static_cast<Index>(probabilities.size()); ++image) {
        const auto row = row_of(probabilities, classes, image);
        labels.push_back(std::max_element(row.begin(), row.end()) - row.begin());
    }
    return labels;
}

}  // namespace sinter
