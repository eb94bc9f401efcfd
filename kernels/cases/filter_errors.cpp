#include "kernels/cases/filter_errors.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/conv.h"
#include "kernels/cpu/minimal_filter/minimal_filter.h"
#include "kernels/cpu/minimal_filter/winograd.h"
#include "kernels/random.h"
#include "kernels/ref/random.h"

namespace sinter::kernels {
namespace {

constexpr Index kImages = 64, kChannels = 64;

/// The signs along one axis that make most of one product of the tile.
struct Signs {
    std::vector<double> data, taps, outputs;
};

double sign(double x) { return x < 0 ? -1 : 1; }

/// The signs for product p of F(m, r), and how much that product can contribute to a result of the pass.
template <int m, int r>
std::pair<double, Signs> signs_of_product(int p, ConvPass pass) {
    constexpr MinimalFilter<m, r> kFilter;
    Signs signs;
    double data = 0, taps = 0, outputs = 0, data_entry = 0, taps_entry = 0, outputs_entry = 0;
    const auto take = [](std::vector<double>& all, double& sum, double& largest, double entry) {
        all.push_back(sign(entry));
        sum += std::abs(entry);
        largest = std::max(largest, std::abs(entry));
    };
    for (int j = 0; j < m + r - 1; ++j) take(signs.data, data, data_entry, kFilter.data[p][j]);
    for (int k = 0; k < r; ++k) take(signs.taps, taps, taps_entry, kFilter.taps[p][k]);
    for (int i = 0; i < m; ++i) take(signs.outputs, outputs, outputs_entry, kFilter.outputs[i][p]);
    switch (pass) {
        case ConvPass::forward:
            return {outputs_entry * data * taps, signs};
        case ConvPass::input_gradient:
            return {data_entry * outputs * taps, signs};
        case ConvPass::weight_gradient:
            return {taps_entry * data * outputs, signs};
    }
    return {};
}

template <int m, int r>
Signs worst_signs(ConvPass pass) {
    std::pair<double, Signs> worst;
    for (int p = 0; p < m + r - 1; ++p) {
        const auto found = signs_of_product<m, r>(p, pass);
        if (found.first > worst.first) worst = found;
    }
    return worst.second;
}

Signs worst_signs(Index m, Index r, ConvPass pass) {
    switch (m * 10 + r) {
        case 22:
            return worst_signs<2, 2>(pass);
        case 23:
            return worst_signs<2, 3>(pass);
        case 25:
            return worst_signs<2, 5>(pass);
        case 42:
            return worst_signs<4, 2>(pass);
        case 43:
            return worst_signs<4, 3>(pass);
        default:
            return worst_signs<4, 5>(pass);
    }
}

/// Squares of `channels` numbers a pixel; `along` are the signs along both of their axes.
std::vector<float> draw(CpuQueue& queue, FilterData data, Index count, Index channels, const std::vector<double>& along,
                        std::uint32_t number) {
    std::vector<float> values(static_cast<std::size_t>(count));
    const RandomAddress address{1, number, nullptr};
    switch (data) {
        case FilterData::normal:
            random_normal(queue, values.data(), count, 0, 1, address);
            break;
        case FilterData::outlier:
            random_normal(queue, values.data(), count, 0, 1, address);
            if (channels == kChannels) values[values.size() / 2] = 1e4f;
            break;
        case FilterData::positive:
            random_uniform(queue, values.data(), count, 0, 1, address);
            break;
        case FilterData::adversarial: {
            random_uniform(queue, values.data(), count, 0.5, 1, address);
            const std::size_t side = along.size(), floats = static_cast<std::size_t>(channels);
            for (std::size_t i = 0; i < values.size(); ++i)
                values[i] *= static_cast<float>(along[i / floats / side % side] * along[i / floats % side]);
            break;
        }
    }
    return values;
}

template <class Queue, class Run>
std::vector<double> run_on(Queue& queue, const std::vector<float>& a, const std::vector<float>& b, Index results,
                           const Run& run) {
    using Real = typename Queue::Real;
    const std::vector<Real> first(a.begin(), a.end()), second(b.begin(), b.end());
    std::vector<Real> result(static_cast<std::size_t>(results));
    run(queue, result.data(), first.data(), second.data());
    return {result.begin(), result.end()};
}

}  // namespace

FilterStudy filter_study(CpuQueue& queue, Index m, Index r, ConvPass pass, FilterData data) {
    const Index n = m + r - 1;
    const ConvGeometry g = conv_geometry({kImages, n, n, kChannels}, {r, r, kChannels});
    const Signs signs = worst_signs(m, r, pass);
    return {m,
            r,
            pass,
            g,
            draw(queue, data, g.input_count(), kChannels, signs.data, 1),
            draw(queue, data, g.weight_count(), kChannels * kChannels, signs.taps, 2),
            draw(queue, data, g.output_count(), kChannels, signs.outputs, 3)};
}

FilterResults run_study(CpuQueue& queue, const FilterStudy& study) {
    const ConvGeometry& g = study.geometry;
    const WinogradPlan plan = winograd_tiles(g, study.m);
    const auto all = [&](const auto& a, const auto& b, Index results, const auto& filtered, const auto& plain) {
        RefQueue<double> reference;
        const ConvolutionMethod before = queue.convolution_method();
        queue.set_convolution_method(ConvolutionMethod::exact);
        const FilterResults found{run_on(reference, a, b, results, plain), run_on(queue, a, b, results, filtered),
                                  run_on(queue, a, b, results, plain)};
        queue.set_convolution_method(before);
        return found;
    };
    switch (study.pass) {
        case ConvPass::forward:
            return all(
                study.x, study.w, g.output_count(),
                [&](auto& q, auto* y, auto* x, auto* w) { winograd_forward(q, y, x, w, plan, {}); },
                [&](auto& q, auto* y, auto* x, auto* w) { conv_forward(q, y, x, w, g, {}); });
        case ConvPass::input_gradient:
            return all(
                study.dy, study.w, g.input_count(),
                [&](auto& q, auto* dx, auto* dy, auto* w) { winograd_input_gradient(q, dx, dy, w, plan, {}); },
                [&](auto& q, auto* dx, auto* dy, auto* w) { conv_input_gradient(q, dx, dy, w, g, {}); });
        case ConvPass::weight_gradient:
            return all(
                study.x, study.dy, g.weight_count(),
                [&](auto& q, auto* dw, auto* x, auto* dy) { winograd_weight_gradient(q, dw, x, dy, plan, false); },
                [&](auto& q, auto* dw, auto* x, auto* dy) { conv_weight_gradient(q, dw, x, dy, g, false); });
    }
    return {};
}

double root_mean_square_error(const std::vector<double>& found, const std::vector<double>& truth) {
    double sum = 0;
    for (std::size_t i = 0; i < found.size(); ++i) sum += (found[i] - truth[i]) * (found[i] - truth[i]);
    return std::sqrt(sum / static_cast<double>(found.size()));
}

}  // namespace sinter::kernels
