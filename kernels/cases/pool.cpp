// Cases of kernels/pool.h, on small integers: their sums are exact, and they tie for the maximum of a window.
#include "kernels/pool.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

std::string describe(const PoolGeometry& g) {
    return std::to_string(g.batch) + "x" + std::to_string(g.height) + "x" + std::to_string(g.width) + "x" +
           std::to_string(g.channels) + " k=" + std::to_string(g.kernel) + " s=" + std::to_string(g.stride) +
           " p=" + std::to_string(g.pad);
}

PoolGeometry geometry(Index batch, Index height, Index width, Index channels, Index kernel, Index stride, Index pad) {
    const Padding padding{pad, pad};
    return {batch,
            height,
            width,
            channels,
            conv_output_size(height, kernel, stride, padding),
            conv_output_size(width, kernel, stride, padding),
            kernel,
            stride,
            pad};
}

void add_pooling(CaseList& cases, const PoolGeometry& g) {
    const Index inputs = g.input_count(), outputs = g.output_count();
    const double bytes = 4 * static_cast<double>(inputs + outputs);
    const Tolerance scaled{0, 2 * kRounding, "an exact sum of integers times 1 / kernel^2, which is rounded itself"};
    const Tolerance chosen = exact("choices between numbers and sums of small integers");
    cases.push_back(KernelCase("pool", "average_pool_forward", describe(g))
                        .output("y", outputs)
                        .input("x", inputs, integers(-8, 8))
                        .moves(bytes)
                        .within(scaled)
                        .runs([=](auto& queue, auto b) { average_pool_forward(queue, b.real(0), b.real(1), g); }));
    cases.push_back(KernelCase("pool", "average_pool_backward", describe(g))
                        .output("dx", inputs)
                        .input("dy", outputs, integers(-8, 8))
                        .moves(bytes)
                        .within(scaled)
                        .runs([=](auto& queue, auto b) { average_pool_backward(queue, b.real(0), b.real(1), g); }));
    cases.push_back(KernelCase("pool", "max_pool_forward", describe(g))
                        .output("y", outputs)
                        .input("x", inputs, integers(-8, -1))  // below the zeros that a padding might be taken for
                        .moves(bytes)
                        .within(chosen)
                        .runs([=](auto& queue, auto b) { max_pool_forward(queue, b.real(0), b.real(1), g); }));
    cases.push_back(
        KernelCase("pool", "max_pool_backward", describe(g))
            .output("dx", inputs)
            .input("dy", outputs, integers(-8, 8))
            .input("x", inputs, integers(-4, -1))
            .moves(bytes + 4 * static_cast<double>(inputs))
            .within(chosen)
            .runs([=](auto& queue, auto b) { max_pool_backward(queue, b.real(0), b.real(1), b.real(2), g); }));
}

/// NaN and -infinity among the pixels.
void add_nonfinite(CaseList& cases, const PoolGeometry& g, Index nan_at, Index infinity_at) {
    const std::string size = describe(g) + " NaN at " + std::to_string(nan_at);
    const Fill fill = nonfinite(nan_at, infinity_at);
    const Tolerance chosen = exact("choices between numbers and sums of small integers");
    cases.push_back(KernelCase("pool", "max_pool_forward", size)
                        .output("y", g.output_count())
                        .input("x", g.input_count(), fill)
                        .within(chosen)
                        .runs([=](auto& queue, auto b) { max_pool_forward(queue, b.real(0), b.real(1), g); }));
    cases.push_back(
        KernelCase("pool", "max_pool_backward", size)
            .output("dx", g.input_count())
            .input("dy", g.output_count(), integers(-8, 8))
            .input("x", g.input_count(), fill)
            .within(chosen)
            .runs([=](auto& queue, auto b) { max_pool_backward(queue, b.real(0), b.real(1), b.real(2), g); }));
}

void add_upsampling(CaseList& cases, const ImageShape& shape, Index factor) {
    const Index small = shape.count(), large = small * factor * factor;
    const std::string size = std::to_string(shape.batch) + "x" + std::to_string(shape.height) + "x" +
                             std::to_string(shape.width) + "x" + std::to_string(shape.channels) + " times " +
                             std::to_string(factor);
    cases.push_back(
        KernelCase("pool", "upsample_nearest_forward", size)
            .output("y", large)
            .input("x", small)
            .moves(4 * static_cast<double>(small + large))
            .within(exact("a copy"))
            .runs([=](auto& queue, auto b) { upsample_nearest_forward(queue, b.real(0), b.real(1), shape, factor); }));
    cases.push_back(
        KernelCase("pool", "upsample_nearest_backward", size)
            .output("dx", small)
            .input("dy", large, integers(-8, 8))
            .moves(4 * static_cast<double>(small + large))
            .within(exact("sums of small integers"))
            .runs([=](auto& queue, auto b) { upsample_nearest_backward(queue, b.real(0), b.real(1), shape, factor); }));
}

}  // namespace

void add_pool_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::benchmark) {
        add_pooling(cases, geometry(128, 28, 28, 64, 2, 2, 0));
        add_pooling(cases, geometry(128, 14, 14, 128, 3, 2, 1));
        add_upsampling(cases, {128, 14, 14, 128}, 2);
        return;
    }
    for (const Index kernel : {1, 2, 3, 5}) {
        for (const Index stride : {1, 2, 3}) {
            for (const Index channels : {1, 3, 16, 33}) {
                add_pooling(cases, geometry(2, 7, 6, channels, kernel, stride, 0));
                if (kernel > 1) add_pooling(cases, geometry(3, 5, 8, channels, kernel, stride, kernel / 2));
            }
        }
    }
    add_pooling(cases, geometry(1, 2, 2, 5, 3, 1, 1));      // a window larger than the image
    add_pooling(cases, geometry(0, 4, 4, 3, 2, 2, 0));      // no image
    add_pooling(cases, geometry(40, 16, 16, 20, 2, 2, 0));  // several tasks
    add_nonfinite(cases, geometry(2, 6, 6, 3, 3, 2, 1), 50, 51);
    add_nonfinite(cases, geometry(1, 4, 4, 17, 2, 2, 0), 17, 0);

    for (const Index factor : {1, 2, 3}) {
        for (const Index channels : {1, 3, 16, 33}) add_upsampling(cases, {2, 3, 5, channels}, factor);
    }
    add_upsampling(cases, {0, 3, 5, 2}, 2);
    add_upsampling(cases, {20, 8, 8, 20}, 2);
}

}  // namespace sinter::kernels
