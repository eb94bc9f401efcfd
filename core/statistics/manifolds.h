// How two sets of feature vectors cover each other, with balls around their points for manifolds: improved precision
// and recall (Kynkaanniemi et al., arXiv:1904.06991), density and coverage (Naeem et al., arXiv:2002.09797).
#pragma once

#include <vector>

#include "core/statistics/pair_distances.h"

namespace sinter {

/// What each vector contributes; a measure is the mean of its values.
struct Coverage {
    std::vector<double> precision;  ///< of each generated one: 1 in a ball of a real one, else 0
    std::vector<double> recall;     ///< of each real one: 1 in a ball of a generated one, else 0
    std::vector<double> density;    ///< of each generated one: balls of real ones that it is in, over k
    std::vector<double> coverage;   ///< of each real one: 1 with a generated one in its ball, else 0
};

/// The neighbours that define the balls: the radius of a point is its distance to its k-th nearest in its own set.
struct BallSizes {
    Index precision = 3;  ///< of precision and recall, whose balls are closed (<=)
    Index density = 5;    ///< of density and coverage, whose balls are open (<)
};

/// Throws UsageError where a set has no more vectors than k.
Coverage measure_coverage(const PointSet& generated, const PointSet& real, const BallSizes& k = {});

/// The coverage to be expected of `generated` vectors of the very distribution of the `real` ones, which is the
/// probability that not all of a point's k nearest are real: 1 minus the product over i < k of (real - 1 - i) / (real +
/// generated - 1 - i) (Naeem et al., lemma 2). For equal counts it is about 1 - 2^-k.
double expected_coverage(Index generated, Index real, Index k);

}  // namespace sinter
