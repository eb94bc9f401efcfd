// Squared distances between all pairs of vectors, block by block: sets of 50,000 need no matrix of 50,000 x 50,000.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace sinter {

/// Vectors on a device, with their squared lengths.
class PointSet {
public:
    /// `values` [count, size]. Throws UsageError where they are no whole number of vectors.
    PointSet(std::span<const float> values, Index size, Device device);

    Index count() const { return rows_.size(0); }
    Index size() const { return rows_.size(1); }
    Device device() const { return rows_.device(); }
    const Tensor& rows() const { return rows_; }
    double squared_length(Index i) const { return squares_[static_cast<std::size_t>(i)]; }

private:
    Tensor rows_;
    std::vector<double> squares_;
};

/// products[i * count + j] = the scalar product of points [first_a + i] of a and [first_b + j] of b in double, for
/// `rows` and `count` of them; see kernels/dot_products.h. `products` is as long as it needs to be afterwards.
void scalar_products(std::vector<double>& products, const PointSet& a, Index first_a, Index rows, const PointSet& b,
                     Index first_b, Index count);

/// Calls visit(i, first, distances) with the squared distances from point i of `a` to points first, first + 1, ... of
/// `b`, for all pairs. Blocks of one i come in their order; different i may come at the same time, on the threads of
/// Device::cpu(). The distance of equal points is exactly 0. Throws UsageError where the sizes or devices differ.
void for_each_distance(const PointSet& a, const PointSet& b,
                       const std::function<void(Index i, Index first, std::span<const double> distances)>& visit);

}  // namespace sinter
