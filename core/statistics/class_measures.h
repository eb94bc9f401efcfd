// What a classifier's probabilities say about a set of images: the inception score (Salimans et al., arXiv:1606.03498)
// by the classifier at hand, the share of each class, and how sure it is. All throw UsageError where logits or
// probabilities are no whole number of rows.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/shape.h"

namespace sinter {

/// softmax of each row of logits [count, classes], in double.
std::vector<double> class_probabilities(std::span<const float> logits, Index classes);

struct InceptionScore {
    double mean = 0;       ///< over the splits; between 1 and the number of classes
    double deviation = 0;  ///< of the splits, as numpy's std has it
};

/// exp(mean over x of KL(p(y|x) || p(y))) of each of `splits` parts of the images, in the order that random_order()
/// gives for the seed. `part` i of n holds images i count / n to (i + 1) count / n - 1 of that order. Throws UsageError
/// for fewer images than parts.
InceptionScore inception_score(std::span<const double> probabilities, Index classes, Index splits, std::uint64_t seed);

/// The most probable class of each image, the first of equal ones.
std::vector<Index> most_probable_classes(std::span<const double> probabilities, Index classes);

}  // namespace sinter
