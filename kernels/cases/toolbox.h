// What the case files are written with: names for fills, the sizes that tests and benchmarks sweep, error bounds.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "kernels/cases/case.h"
#include "kernels/geometry.h"

namespace sinter::kernels {

inline Fill uniform(double low, double high) { return {Fill::uniform, low, high}; }
/// Integers in [low, high], in the buffer's element type.
inline Fill integers(double low, double high) { return {Fill::integers, low, high + 1}; }
inline Fill constant(double value) { return {Fill::constant, value, 0}; }
inline Fill permutation() { return {Fill::permutation, 0, 0}; }
/// Uniform in [-1, 1) with NaN and -infinity at these places. A place outside of the buffer leaves its value out.
inline Fill nonfinite(Index nan_at, Index infinity_at) {
    return {Fill::nonfinite, static_cast<double>(nan_at), static_cast<double>(infinity_at)};
}

/// Element counts of flat kernels. Tests: nothing, around every vector width, several tasks of a thread pool.
/// Benchmarks: hidden units and pixels of a batch of 128, and more than any cache holds.
inline std::vector<Index> counts(Purpose purpose) {
    if (purpose == Purpose::benchmark) return {128 * 400, 128 * 784, 16'000'000};
    return {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 1000, 8192, 20'001};
}

/// Shapes of kernels with rows and columns. Tests: empty ones, single rows and columns, odd widths, wide, tall, and
/// large enough to be split in either direction.
inline std::vector<MatrixShape> shapes(Purpose purpose) {
    if (purpose == Purpose::benchmark) return {{128, 400}, {128, 784}, {20'000, 800}};
    return {{0, 5}, {5, 0},   {1, 1},    {3, 1},     {1, 7},      {2, 8},      {2, 16},    {5, 17},    {7, 33},
            {9, 3}, {33, 65}, {128, 20}, {129, 401}, {20'001, 1}, {1, 20'001}, {3001, 19}, {5, 10'007}};
}

/// Whether a test's shape is long enough to be divided into many blocks or tasks.
inline bool is_long(MatrixShape shape) { return shape.rows > 1000 || shape.columns > 1000; }

inline std::string describe(Index count) { return "n=" + std::to_string(count); }
inline std::string describe(MatrixShape shape) {
    return std::to_string(shape.rows) + "x" + std::to_string(shape.columns);
}

/// The largest relative error of one rounding to float: half a unit in the last place, 2^-24.
inline constexpr double kRounding = 0x1p-24;

/// For results that every backend must give to the bit: bytes and floats that are moved, and arithmetic without a
/// rounding.
inline Tolerance exact(std::string reason) { return {0, 0, std::move(reason)}; }

/// For a chain of `roundings` operations on values that do not cancel.
inline Tolerance rounded(int roundings) {
    return {0, roundings * kRounding, std::to_string(roundings) + " rounding(s) of 2^-24 each"};
}

}  // namespace sinter::kernels
