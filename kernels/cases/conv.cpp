// Cases of kernels/conv.h: a grid of kernel, stride, padding and channel shapes, and the layers of the DCGANs
// and of the convolutional VAE.
//
// Shapes are swept on small integers, where every partial sum is exact in float, in any order.
#include "kernels/conv.h"

#include "kernels/cases/activations.h"
#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

std::string describe(const ConvGeometry& g) {
    return "x=" + std::to_string(g.batch) + "x" + std::to_string(g.height) + "x" + std::to_string(g.width) + "x" +
           std::to_string(g.in_channels) + " y=" + std::to_string(g.out_height) + "x" + std::to_string(g.out_width) +
           "x" + std::to_string(g.out_channels) + " k=" + std::to_string(g.kernel_height) + "x" +
           std::to_string(g.kernel_width) + " s=" + std::to_string(g.stride) + " p=" + std::to_string(g.pad_top) + "," +
           std::to_string(g.pad_left);
}

/// What follows the sum, free of pointers and of the number type.
struct EpilogueKind {
    bool bias = false;
    bool accumulate = false;
    Activation activation;
};

template <class Real>
Epilogue<Real> epilogue(const EpilogueKind& kind, const Real* bias) {
    return {kind.bias ? bias : nullptr, kind.activation, kind.accumulate};
}

KernelCase conv_case(const char* kernel, const ConvGeometry& g, const std::string& name, bool accumulate,
                     const char* result, Index result_count, Fill fill, const Tolerance& tolerance) {
    KernelCase test("conv", kernel, describe(g) + name);
    if (accumulate)
        test.inout(result, result_count, fill);
    else
        test.output(result, result_count);
    const double elements = static_cast<double>(g.input_count() + g.output_count() + g.weight_count());
    test.moves(4 * elements).computes(2 * g.multiply_adds()).within(tolerance);
    return test;
}

KernelCase forward(const ConvGeometry& g, const EpilogueKind& kind, const std::string& name, Fill fill,
                   const Tolerance& tolerance) {
    return conv_case("conv_forward", g, name, kind.accumulate, "y", g.output_count(), fill, tolerance)
        .input("x", g.input_count(), fill)
        .input("w", g.weight_count(), fill)
        .input("bias", kind.bias ? g.out_channels : 0, fill)
        .uses_transcendentals(is_transcendental(kind.activation))
        .runs([=](auto& queue, const auto& b) {
            conv_forward(queue, b.real(0), b.real(1), b.real(2), g, epilogue(kind, b.real(3)));
        });
}

KernelCase input_gradient(const ConvGeometry& g, const EpilogueKind& kind, const std::string& name, Fill fill,
                          const Tolerance& tolerance) {
    return conv_case("conv_input_gradient", g, name, kind.accumulate, "dx", g.input_count(), fill, tolerance)
        .input("dy", g.output_count(), fill)
        .input("w", g.weight_count(), fill)
        .input("bias", kind.bias ? g.in_channels : 0, fill)
        .uses_transcendentals(is_transcendental(kind.activation))
        .runs([=](auto& queue, const auto& b) {
            conv_input_gradient(queue, b.real(0), b.real(1), b.real(2), g, epilogue(kind, b.real(3)));
        });
}

KernelCase weight_gradient(const ConvGeometry& g, bool accumulate, const std::string& name, Fill fill,
                           const Tolerance& tolerance) {
    return conv_case("conv_weight_gradient", g, name, accumulate, "dw", g.weight_count(), fill, tolerance)
        .input("x", g.input_count(), fill)
        .input("dy", g.output_count(), fill)
        .runs([=](auto& queue, const auto& b) {
            conv_weight_gradient(queue, b.real(0), b.real(1), b.real(2), g, accumulate);
        });
}

const Tolerance kExact = exact("products and sums of small integers have no rounding");

/// As for the matrix product: the random walk of the roundings of `depth` products of numbers in [-1, 1).
Tolerance random_sum(Index depth) {
    return {(static_cast<double>(depth) + 8) * kRounding, 8 * kRounding,
            "the random walk of the roundings of " + std::to_string(depth) + " products, and an activation's 4 ulp"};
}

void add_all(CaseList& cases, const ConvGeometry& g, unsigned turn) {
    // Bias, accumulation and ReLU are exact too: their eight combinations take turns.
    const bool bias = turn & 1, accumulate = turn & 2, relu = turn & 4;
    const EpilogueKind kind{bias, accumulate, {relu ? ActivationKind::relu : ActivationKind::identity}};
    const std::string name =
        std::string(bias ? " bias" : "") + (accumulate ? " accumulate" : "") + (relu ? " relu" : "") + " integers";
    cases.push_back(forward(g, kind, name, integers(-4, 4), kExact));
    cases.push_back(input_gradient(g, kind, name, integers(-4, 4), kExact));
    cases.push_back(weight_gradient(g, accumulate, name, integers(-4, 4), kExact));
}

void add_sweep(CaseList& cases) {
    unsigned turn = 0;
    for (const Index kernel : {1, 2, 3, 4, 5}) {
        for (const Index stride : {1, 2, 3}) {
            for (const auto& [in, out] : {std::pair<Index, Index>{1, 1}, {3, 5}, {16, 17}, {33, 2}, {1, 64}, {40, 1}}) {
                const Padding same_height = same_padding(7, kernel, stride),
                              same_width = same_padding(6, kernel, stride);
                add_all(cases, conv_geometry({2, 7, 6, in}, {kernel, kernel, out}, {stride, same_height, same_width}),
                        turn++);
                add_all(cases, conv_geometry({3, 5, 9, in}, {kernel, kernel, out}, {stride}), turn++);
            }
            // PyTorch's symmetric padding, with an output padding that leaves the last rows unreached.
            const Padding symmetric{kernel / 2, kernel / 2};
            add_all(cases, conv_geometry({1, 8, 8, 6}, {kernel, kernel, 4}, {stride, symmetric, symmetric}), turn++);
        }
    }
    add_all(cases, conv_geometry({2, 6, 11, 5}, {2, 5, 7}, {1, {0, 1}, {3, 1}}),
            turn++);                                                                      // a kernel that is not square
    add_all(cases, conv_geometry({1, 3, 3, 2}, {5, 5, 3}, {1, {2, 2}, {2, 2}}), turn++);  // larger than the image
    add_all(cases, conv_geometry({1, 2, 2, 2}, {1, 1, 3}, {3}), turn++);  // stride larger than the image
    add_all(cases, conv_geometry({5, 1, 1, 10}, {4, 4, 32}, {1, {3, 3}, {3, 3}}),
            turn++);  // the first layer of DCGAN 64
    for (int all = 0; all < 8; ++all)
        add_all(cases, conv_geometry({5, 4, 4, 10}, {4, 4, 33}), turn++);                 // a whole image
    add_all(cases, conv_geometry({0, 4, 4, 2}, {3, 3, 3}, {1, {1, 1}, {1, 1}}), turn++);  // no image
    add_all(cases, conv_geometry({9, 14, 14, 8}, {5, 5, 20}, {2, {1, 2}, {1, 2}}),
            turn++);  // several blocks of patches
    add_all(cases, conv_geometry({1, 4, 4, 2100}, {2, 2, 3}, {1, {}, {1, 0}}),
            turn++);  // more channels than the longest run
    // Thin images of several tiles: colour, with more outputs than a tile has; grey; taps and channels by the hundred.
    add_all(cases, conv_geometry({2, 23, 50, 3}, {4, 4, 70}, {2, {1, 1}, {1, 1}}), turn++);
    add_all(cases, conv_geometry({1, 96, 97, 1}, {3, 3, 3}, {1, {1, 1}, {1, 1}}), turn++);
    add_all(cases, conv_geometry({2, 15, 14, 3}, {7, 7, 8}, {1, {3, 3}, {3, 3}}), turn++);
}

void add_rounding_and_epilogues(CaseList& cases) {
    const ConvGeometry g = conv_geometry({2, 9, 8, 24}, {5, 5, 19}, {2, {1, 2}, {1, 2}});
    const Activation activations[] = {
        {ActivationKind::identity}, {ActivationKind::leaky_relu, 0.3f}, {ActivationKind::tanh}};
    for (const Activation activation : activations) {
        const std::string name = std::string(" ") + name_of(activation.kind);
        const EpilogueKind kind{true, false, activation};
        cases.push_back(forward(g, kind, name, uniform(-1, 1), random_sum(g.taps() * g.in_channels)));
        cases.push_back(input_gradient(g, kind, name, uniform(-1, 1), random_sum(g.taps() * g.out_channels)));
    }
    cases.push_back(weight_gradient(g, false, "", uniform(-1, 1), random_sum(g.batch * g.out_height * g.out_width)));
}

/// The three kernels of a layer, without the epilogues that its place in a network adds.
void add_layer(CaseList& cases, const std::string& layer, const ConvGeometry& g) {
    const Fill fill = uniform(-1, 1);
    cases.push_back(forward(g, {}, " " + layer, fill, {}).convolves(ConvPass::forward, g));
    cases.push_back(input_gradient(g, {}, " " + layer, fill, {}).convolves(ConvPass::input_gradient, g));
    cases.push_back(weight_gradient(g, false, " " + layer, fill, {}).convolves(ConvPass::weight_gradient, g));
}

/// Square images x of size^2 and in channels, to out channels, with TensorFlow's padding 'same'.
ConvGeometry same(Index batch, Index size, Index in, Index out, Index kernel, Index stride) {
    const Padding padding = same_padding(size, kernel, stride);
    return conv_geometry({batch, size, size, in}, {kernel, kernel, out}, {stride, padding, padding});
}

/// Radford's stage between images of size^2 and of half of that.
ConvGeometry half(Index batch, Index size, Index in, Index out) {
    return conv_geometry({batch, size, size, in}, {4, 4, out}, {2, {1, 1}, {1, 1}});
}

/// Radford's layer between images of 4x4 and a single pixel.
ConvGeometry whole(Index batch, Index in, Index out) { return conv_geometry({batch, 4, 4, in}, {4, 4, out}); }

/// Every convolution of the models, each distinct one once. A transposed convolution ("up") has the geometry of the
/// convolution that it is the input gradient of, which often is a layer of the other network ("down").
void add_layers(CaseList& cases) {
    add_layer(cases, "DCGAN 28 up1", same(128, 7, 128, 256, 5, 1));
    add_layer(cases, "DCGAN 28 up2 down2", same(128, 14, 64, 128, 5, 2));
    add_layer(cases, "DCGAN 28 up3 down1", same(128, 28, 1, 64, 5, 2));

    add_layer(cases, "DCGAN 32 up0", whole(128, 256, 100));
    add_layer(cases, "DCGAN 32 up1 down2", half(128, 8, 128, 256));
    add_layer(cases, "DCGAN 32 up2 down1", half(128, 16, 64, 128));
    add_layer(cases, "DCGAN 32 up3 down0", half(128, 32, 3, 64));
    add_layer(cases, "DCGAN 32 logit", whole(128, 256, 1));

    add_layer(cases, "DCGAN 64 up0", whole(64, 512, 100));
    add_layer(cases, "DCGAN 64 up1 down3", half(64, 8, 256, 512));
    add_layer(cases, "DCGAN 64 up2 down2", half(64, 16, 128, 256));
    add_layer(cases, "DCGAN 64 up3 down1", half(64, 32, 64, 128));
    add_layer(cases, "DCGAN 64 up4 down0", half(64, 64, 3, 64));
    add_layer(cases, "DCGAN 64 logit", whole(64, 512, 1));

    add_layer(cases, "conv VAE 28 conv1", same(128, 28, 1, 32, 3, 2));
    add_layer(cases, "conv VAE 28 conv2", same(128, 14, 32, 64, 3, 2));
    add_layer(cases, "conv VAE 28 up1", same(128, 14, 64, 64, 3, 2));
    add_layer(cases, "conv VAE 28 up2", same(128, 28, 32, 64, 3, 2));
    add_layer(cases, "conv VAE 28 up3", same(128, 28, 1, 32, 3, 1));
}

}  // namespace

void add_conv_tile_cases(CaseList& cases) {
    add_all(cases, same(3, 10, 8, 12, 5, 2), 7);                                     // four phases, channels in fours
    add_all(cases, same(2, 9, 5, 36, 3, 1), 0);                                      // several tiles of rows
    add_all(cases, same(4, 10, 12, 20, 5, 1), 1);                                    // sums over 400 pixels, in stages
    add_all(cases, conv_geometry({2, 8, 7, 3}, {4, 4, 5}, {3, {1, 0}, {0, 2}}), 1);  // nine phases: several launches
}

void add_conv_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::benchmark) return add_layers(cases);
    add_sweep(cases);
    add_rounding_and_epilogues(cases);
}

}  // namespace sinter::kernels
