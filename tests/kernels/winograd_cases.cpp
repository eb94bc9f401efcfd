#include "tests/kernels/winograd_cases.h"

#include <type_traits>

#include "kernels/cases/toolbox.h"
#include "kernels/conv.h"
#include "kernels/cpu/minimal_filter/winograd.h"

namespace sinter::kernels {
namespace {

/// Square kernels with equal padding on both axes.
ConvGeometry square(Index batch, Index height, Index width, Index in, Index out, Index kernel, Index stride,
                    Padding padding) {
    return conv_geometry({batch, height, width, in}, {kernel, kernel, out}, {stride, padding, padding});
}

/// The random walk of the roundings of `depth` products of numbers in [-1, 1), multiplied by the transforms, which
/// round once more themselves.
Tolerance filtered_sum(Index depth) {
    return {kFilterNoise * (static_cast<double>(depth) + 16) * kRounding, 8 * kRounding,
            "the random walk of the roundings of " + std::to_string(depth) +
                " products, multiplied by the transforms of minimal filtering"};
}

/// A case whose call runs `on_cpu` on the CPU and `on_reference` elsewhere.
template <class OnCpu, class OnReference>
KernelCase two_ways(KernelCase test, OnCpu on_cpu, OnReference on_reference) {
    return test.runs([=](auto& queue, const auto& buffers) {
        if constexpr (std::is_same_v<std::decay_t<decltype(queue)>, CpuQueue>)
            on_cpu(queue, buffers);
        else
            on_reference(queue, buffers);
    });
}

void add_tiles(CaseList& cases, const char* name, const ConvGeometry& g, Index m, Index group_images,
               Index group_strips = 0) {
    WinogradPlan plan = winograd_tiles(g, m);
    plan.group_strips = group_strips > 0 ? group_strips : group_images * plan.tiles_y;
    const bool accumulate = cases.size() % 2 == 1;
    const Activation leaky{ActivationKind::leaky_relu, 0.2f};
    const Fill fill = uniform(-1, 1);
    const auto result = [&](const char* kernel, const char* output, Index count, Index depth) {
        KernelCase test("winograd", kernel, name);
        return (accumulate ? test.inout(output, count, fill) : test.output(output, count)).within(filtered_sum(depth));
    };

    cases.push_back(two_ways(
        result("winograd_forward", "y", g.output_count(), g.taps() * g.in_channels)
            .input("x", g.input_count(), fill)
            .input("w", g.weight_count(), fill)
            .input("bias", g.out_channels, fill),
        [=](auto& queue, const auto& b) {
            winograd_forward(queue, b.real(0), b.real(1), b.real(2), plan, {b.real(3), leaky, accumulate});
        },
        [=](auto& queue, const auto& b) {
            conv_forward(queue, b.real(0), b.real(1), b.real(2), g, {b.real(3), leaky, accumulate});
        }));
    cases.push_back(two_ways(
        result("winograd_input_gradient", "dx", g.input_count(), g.taps() * g.out_channels)
            .input("dy", g.output_count(), fill)
            .input("w", g.weight_count(), fill)
            .input("bias", g.in_channels, fill),
        [=](auto& queue, const auto& b) {
            winograd_input_gradient(queue, b.real(0), b.real(1), b.real(2), plan, {b.real(3), leaky, accumulate});
        },
        [=](auto& queue, const auto& b) {
            conv_input_gradient(queue, b.real(0), b.real(1), b.real(2), g, {b.real(3), leaky, accumulate});
        }));
    cases.push_back(two_ways(
        result("winograd_weight_gradient", "dw", g.weight_count(), g.batch * g.out_height * g.out_width)
            .input("x", g.input_count(), fill)
            .input("dy", g.output_count(), fill),
        [=](auto& queue, const auto& b) {
            winograd_weight_gradient(queue, b.real(0), b.real(1), b.real(2), plan, accumulate);
        },
        [=](auto& queue, const auto& b) {
            conv_weight_gradient(queue, b.real(0), b.real(1), b.real(2), g, accumulate);
        }));
}

}  // namespace

void add_winograd_cases(CaseList& cases) {
    add_tiles(cases, "2x2 outputs, 2x2 taps", square(5, 6, 9, 3, 17, 2, 1, {0, 0}), 2, 2);
    add_tiles(cases, "2x2 outputs, 3x3 taps", square(3, 7, 5, 16, 5, 3, 1, {1, 1}), 2, 3);
    add_tiles(cases, "2x2 outputs, 5x5 taps", square(2, 5, 6, 7, 33, 5, 1, {2, 2}), 2, 1);
    add_tiles(cases, "4x4 outputs, 2x2 taps", square(3, 11, 9, 17, 16, 2, 1, {1, 0}), 4, 2);
    add_tiles(cases, "4x4 outputs, 3x3 taps", square(4, 9, 13, 5, 40, 3, 1, {1, 1}), 4, 3);
    add_tiles(cases, "4x4 outputs, 5x5 taps", square(3, 7, 7, 33, 18, 5, 1, {2, 2}), 4, 2);
    add_tiles(cases, "four phases of 2x2 taps", square(3, 17, 12, 9, 33, 4, 2, {1, 1}), 4, 2);
    add_tiles(cases, "four phases of up to 3x3 taps", square(5, 14, 14, 10, 12, 5, 2, {1, 2}), 4, 4);
    add_tiles(cases, "four phases, one without taps", square(2, 9, 8, 6, 20, 3, 2, {0, 1}), 2, 1);
    add_tiles(cases, "nine phases", square(2, 16, 15, 3, 7, 5, 3, {2, 2}), 4, 2);
    add_tiles(cases, "several panels", square(2, 8, 8, 80, 300, 4, 2, {1, 1}), 2, 2);
    add_tiles(cases, "several blocks of depth", square(1, 4, 4, 600, 8, 3, 1, {1, 1}), 4, 1);
    add_tiles(cases, "a kernel larger than the image", square(2, 3, 2, 4, 6, 5, 1, {2, 2}), 4, 2);
    add_tiles(cases, "a third of an image at a time", square(2, 21, 9, 5, 18, 5, 1, {2, 2}), 4, 0, 2);
    add_tiles(cases, "a strip at a time, which reaches two others", square(2, 11, 6, 17, 9, 5, 1, {2, 2}), 2, 0, 1);
    add_tiles(cases, "a strip of four phases at a time", square(3, 22, 13, 6, 21, 4, 2, {1, 1}), 4, 0, 1);
    add_tiles(cases, "rows that no output reaches", square(1, 12, 12, 4, 6, 6, 3, {0, 0}), 2, 1);
}

}  // namespace sinter::kernels
