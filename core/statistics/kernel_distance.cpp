#include "core/statistics/kernel_distance.h"

#include "core/call.h"
#include "core/check.h"
#include "core/statistics/moments.h"
#include "kernels/random.h"

namespace sinter {
namespace {

double cubic_kernel(double product, double size) {
    const double base = product / size + 1;
    return base * base * base;
}

/// The sum of the kernel over all pairs of two sets; without those of equal index where `without_self`.
double kernel_sum(const PointSet& a, const PointSet& b, bool without_self) {
    std::vector<double> products;
    scalar_products(products, a, 0, a.count(), b, 0, b.count());
    const double size = static_cast<double>(a.size());
    double sum = 0;
    for (Index i = 0; i < a.count(); ++i) {
        double row = 0;
        for (Index j = 0; j < b.count(); ++j) {
            if (without_self && i == j) continue;
            row += cubic_kernel(products[static_cast<std::size_t>(i * b.count() + j)], size);
        }
        sum += row;
    }
    return sum;
}

PointSet gather(std::span<const float> values, std::span<const Index> subset, Index size, Device device) {
    std::vector<float> vectors;
    vectors.reserve(subset.size() * static_cast<std::size_t>(size));
    for (const Index i : subset) {
        const auto vector = values.subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size));
        vectors.insert(vectors.end(), vector.begin(), vector.end());
    }
    return {vectors, size, device};
}

}  // namespace

std::vector<Index> draw_subsets(Index count, int side, const KernelDistanceOptions& options) {
    require(options.subset_size >= 2 && options.subset_size <= count,
            "[kernel distance] expected subsets of 2 to {} vectors, as many as there are, got {}", count,
            options.subset_size);
    std::vector<Index> subsets;
    const Buffer<std::int32_t> order(count, Device::cpu());
    for (Index s = 0; s < options.subsets; ++s) {
        const kernels::RandomAddress address{options.seed, static_cast<std::uint32_t>(2 * s + side), nullptr};
        call(kernel::random_permutation, order, count, address);
        subsets.insert(subsets.end(), order.data(), order.data() + options.subset_size);
    }
    return subsets;
}

double kernel_distance(std::span<const float> a, std::span<const Index> subset_a, std::span<const float> b,
                       std::span<const Index> subset_b, Index size, Device device) {
    require(subset_a.size() == subset_b.size() && subset_a.size() >= 2,
            "[kernel distance] expected two subsets of one size of at least 2, got {} and {}", subset_a.size(),
            subset_b.size());
    const PointSet x = gather(a, subset_a, size, device), y = gather(b, subset_b, size, device);
    const double m = static_cast<double>(subset_a.size());
    return (kernel_sum(x, x, true) + kernel_sum(y, y, true)) / (m * (m - 1)) - 2 * kernel_sum(x, y, false) / (m * m);
}

KernelDistance kernel_distance(std::span<const float> a, std::span<const float> b, Index size, Device device,
                               const KernelDistanceOptions& options) {
    const auto count = [size](std::span<const float> values) { return static_cast<Index>(values.size()) / size; };
    const std::vector<Index> all_a = draw_subsets(count(a), 0, options), all_b = draw_subsets(count(b), 1, options);
    std::vector<double> distances;
    for (Index s = 0; s < options.subsets; ++s) {
        const auto subset = [&](const std::vector<Index>& all) {
            return std::span(all).subspan(static_cast<std::size_t>(s * options.subset_size),
                                          static_cast<std::size_t>(options.subset_size));
        };
        distances.push_back(kernel_distance(a, subset(all_a), b, subset(all_b), size, device));
    }
    return {mean_of(distances), deviation_of(distances)};
}

}  // namespace sinter
