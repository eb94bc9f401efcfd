#include "apps/kernel_bench/filter_table.h"

#include <fmt/format.h>

#include <functional>
#include <vector>

#include "apps/kernel_bench/text.h"
#include "kernels/cases/fill.h"
#include "kernels/cases/filter_errors.h"
#include "kernels/conv.h"
#include "kernels/cpu/minimal_filter/amplification.h"
#include "kernels/cpu/minimal_filter/winograd.h"

namespace sinter::bench {
namespace {

using namespace kernels;

/// The layer that a transform is timed on: one whose kernel has that many taps a phase.
struct TimedLayer {
    const char* name;
    ConvGeometry geometry;
};

TimedLayer layer_of(Index r) {
    if (r == 2) return {"DCGAN 64 up2", conv_geometry({64, 16, 16, 128}, {4, 4, 256}, {2, {1, 1}, {1, 1}})};
    const Padding half = same_padding(14, 5, 2), whole = same_padding(7, 5, 1);
    if (r == 3) return {"DCGAN 28 up2", conv_geometry({128, 14, 14, 64}, {5, 5, 128}, {2, half, half})};
    return {"DCGAN 28 up1", conv_geometry({128, 7, 7, 128}, {5, 5, 256}, {1, whole, whole})};
}

struct Pass {
    const char* name;
    ConvPass pass;
    double OfEachPass::*number;
};
constexpr Pass kPasses[] = {{"forward", ConvPass::forward, &OfEachPass::forward},
                            {"dx", ConvPass::input_gradient, &OfEachPass::input_gradient},
                            {"dw", ConvPass::weight_gradient, &OfEachPass::weight_gradient}};

std::vector<float> numbers(Index count, std::uint64_t seed) {
    std::vector<float> values(static_cast<std::size_t>(count));
    fill_reals(values, {Fill::normal, 0, 1}, seed);
    return values;
}

/// How many times as long the plain sum takes.
double gain(CpuQueue& queue, ConvPass pass, const ConvGeometry& g, Index m, const TimingOptions& options) {
    std::vector<float> x = numbers(g.input_count(), 1), w = numbers(g.weight_count(), 2);
    std::vector<float> y = numbers(g.output_count(), 3);
    const WinogradPlan plan = winograd_tiles(g, m);
    std::vector<std::function<void()>> contenders;
    switch (pass) {
        case ConvPass::forward:
            contenders = {[&] { winograd_forward(queue, y.data(), x.data(), w.data(), plan, {}); },
                          [&] { conv_forward(queue, y.data(), x.data(), w.data(), g, {}); }};
            break;
        case ConvPass::input_gradient:
            contenders = {[&] { winograd_input_gradient(queue, x.data(), y.data(), w.data(), plan, {}); },
                          [&] { conv_input_gradient(queue, x.data(), y.data(), w.data(), g, {}); }};
            break;
        case ConvPass::weight_gradient:
            contenders = {[&] { winograd_weight_gradient(queue, w.data(), x.data(), y.data(), plan, false); },
                          [&] { conv_weight_gradient(queue, w.data(), x.data(), y.data(), g, false); }};
            break;
    }
    const std::vector<Timing> times = time_calls(contenders, options);
    return times[1].seconds / times[0].seconds;
}

template <int m, int r>
void add_rows(std::vector<Row>& rows, CpuQueue& queue, const TimingOptions& options) {
    constexpr int n = m + r - 1;
    const TimedLayer layer = layer_of(r);
    for (const Pass& pass : kPasses) {
        Row row = {fmt::format("F({}, {})", m, r), fmt::format("{:g}", fmt::join(kFilterPoints<n - 1>, " ")),
                   fmt::format("{} of {}", n * n, m * m * r * r), pass.name,
                   fmt::format("{:.1f}", amplification<m, r>().*pass.number)};
        for (const FilterData data : {FilterData::normal, FilterData::positive, FilterData::adversarial}) {
            const FilterResults found = run_study(queue, filter_study(queue, m, r, pass.pass, data));
            row.push_back(fmt::format("{:.1f}", root_mean_square_error(found.filtered, found.truth) /
                                                    root_mean_square_error(found.exact, found.truth)));
        }
        row.push_back(fmt::format("{:.2f}", gain(queue, pass.pass, layer.geometry, m, options)));
        row.push_back(layer.name);
        rows.push_back(row);
    }
}

}  // namespace

std::string filter_table(CpuQueue& queue, const TimingOptions& options) {
    queue.set_convolution_method(ConvolutionMethod::exact);
    std::vector<Row> rows = {{"transform", "points", "products", "kernel", "amplification", "normal", "positive",
                              "adversarial", "times as fast", "layer"}};
    add_rows<2, 2>(rows, queue, options);
    add_rows<4, 2>(rows, queue, options);
    add_rows<2, 3>(rows, queue, options);
    add_rows<4, 3>(rows, queue, options);
    add_rows<2, 5>(rows, queue, options);
    add_rows<4, 5>(rows, queue, options);
    return align(rows, 4);
}

}  // namespace sinter::bench
