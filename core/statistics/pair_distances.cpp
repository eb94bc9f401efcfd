#include "core/statistics/pair_distances.h"

#include <algorithm>

#include "core/call.h"
#include "core/check.h"
#include "kernels/dot_products.h"
#include "kernels/runtime/thread_pool.h"

namespace sinter {
namespace {

// A block of products takes 32 MB.
constexpr Index kBlockRows = 512, kBlockColumns = 8192;

}  // namespace

PointSet::PointSet(std::span<const float> values, Index size, Device device) {
    const Index numbers = static_cast<Index>(values.size());
    require(size >= 1 && numbers % size == 0, "[distances] expected vectors of {} numbers, got {} numbers", size,
            numbers);
    rows_ = Tensor::from(values, {numbers / size, size}, device);
    squares_.reserve(static_cast<std::size_t>(numbers / size));
    for (auto vector = values; !vector.empty(); vector = vector.subspan(static_cast<std::size_t>(size))) {
        double sum = 0;  // in the order of the kernel, whose bits it then has
        for (const float value : vector.first(static_cast<std::size_t>(size)))
            sum += static_cast<double>(value) * value;
        squares_.push_back(sum);
    }
}

void scalar_products(std::vector<double>& products, const PointSet& a, Index first_a, Index rows, const PointSet& b,
                     Index first_b, Index count) {
    products.resize(static_cast<std::size_t>(rows * count));
    if (products.empty()) return;
    const Buffer<double> on_device(rows * count, a.device());
    const kernels::PairShape shape{rows, count, a.size()};
    call(kernel::dot_products, on_device, FromElement{a.rows(), first_a * a.size(), rows * a.size()},
         FromElement{b.rows(), first_b * b.size(), count * b.size()}, shape);
    on_device.device().run(
        [&](auto& queue) { queue.download(products.data(), on_device.data(), products.size() * sizeof(double)); });
}

void for_each_distance(const PointSet& a, const PointSet& b,
                       const std::function<void(Index i, Index first, std::span<const double> distances)>& visit) {
    require(a.size() == b.size(), "[distances] expected vectors of one size, got {} and {}", a.size(), b.size());
    require(a.device() == b.device(), "[distances] expected vectors on one device, got {} and {}", a.device().name(),
            b.device().name());
    kernels::ThreadPool pool(cpu_threads());
    std::vector<double> distances;
    for (Index row = 0; row < a.count(); row += kBlockRows) {
        const Index rows = std::min(kBlockRows, a.count() - row);
        for (Index column = 0; column < b.count(); column += kBlockColumns) {
            const Index columns = std::min(kBlockColumns, b.count() - column);
            scalar_products(distances, a, row, rows, b, column, columns);
            pool.run(rows, [&](std::int64_t i, int) {
                const std::span line = std::span(distances).subspan(static_cast<std::size_t>(i * columns),
                                                                    static_cast<std::size_t>(columns));
                const double square = a.squared_length(row + i);
                for (Index j = 0; j < columns; ++j) {
                    double& value = line[static_cast<std::size_t>(j)];
                    value = std::max(square + b.squared_length(column + j) - 2 * value, 0.0);
                }
                visit(row + i, column, line);
            });
        }
    }
}

}  // namespace sinter
