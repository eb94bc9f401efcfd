// What minimal filtering loses against plain sums, measured on kinds of data that are easy, usual and hard for it.
#pragma once

#include <vector>

#include "kernels/cases/case.h"

namespace sinter::kernels {

enum class FilterData {
    normal,       ///< x, w and dy of N(0, 1)
    positive,     ///< of U(0, 1)
    adversarial,  ///< of sizes in U(1/2, 1), with the signs of those rows of the transforms that sum up to most
    outlier       ///< normal, but that one channel of a pixel of x and of dy is 1e4
};

/// A convolution whose images are one tile of F(m, r) each, 64 images of 64 channels in and out, and its data.
struct FilterStudy {
    Index m, r;
    ConvPass pass;
    ConvGeometry geometry;
    std::vector<float> x, w, dy;
};

FilterStudy filter_study(CpuQueue& queue, Index m, Index r, ConvPass pass, FilterData data);

/// The results of the study's pass: in double, by F(m, r), and as the queue's method exact gives them.
struct FilterResults {
    std::vector<double> truth, filtered, exact;
};

FilterResults run_study(CpuQueue& queue, const FilterStudy& study);

/// The square root of the mean square of found - truth.
double root_mean_square_error(const std::vector<double>& found, const std::vector<double>& truth);

}  // namespace sinter::kernels
