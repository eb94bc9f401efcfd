// Cases of kernels/layer_norm.h. As in batch_norm.cpp, activations whose derivative jumps are differentiated on numbers
// that are exact in float, the smooth ones on random numbers.
#include "kernels/layer_norm.h"

#include <algorithm>

#include "kernels/cases/activations.h"
#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

constexpr Activation kIdentity{ActivationKind::identity};
constexpr Activation kLeakyRelu{ActivationKind::leaky_relu, 0.25f};

std::string describe(const LayerNormShape& shape, const Activation& activation) {
    return kernels::describe(MatrixShape{shape.rows, shape.columns}) + " of " + std::to_string(shape.channels) + " " +
           name_of(activation.kind);
}

/// x uniform in [centre - 1, centre + 1).
void add_forward(CaseList& cases, const LayerNormShape& shape, const Activation& activation, double centre) {
    const LayerNormOptions options{1e-3, activation};
    const double largest = std::abs(centre) + 1;
    const double mean_error = (16 + 8 * largest) * kRounding;
    const Tolerance mean{mean_error, 0, "the walk of roundings of differences, and a few at the size of the mean"};
    const Tolerance deviation{0, 44 * kRounding, "half the relative error of the variance, and three roundings"};
    // In few columns a row may happen to be narrow.
    const double largest_inverse = shape.columns >= 32 ? 3 : 1 / std::sqrt(options.epsilon);
    const double largest_xhat = std::min(4.0, std::sqrt(static_cast<double>(shape.columns)));
    const double s_error = largest_inverse * mean_error + (48 * largest_xhat + 2) * kRounding;
    const Tolerance y{largest_slope(activation, largest_xhat + 1) * s_error, 8 * kRounding,
                      "errors of mean and deviation, scaled; then those of the activation"};
    cases.push_back(KernelCase("layer_norm", "layer_norm_forward",
                               describe(shape, activation) + " around " + std::to_string(static_cast<int>(centre)))
                        .output("y", shape.count())
                        .output("mean", shape.rows)
                        .bounded(mean)
                        .output("inverse_deviation", shape.rows)
                        .bounded(deviation)
                        .input("x", shape.count(), uniform(centre - 1, centre + 1))
                        .input("gamma", shape.channels)
                        .input("beta", shape.channels)
                        .moves(2.0 * 4 * shape.count())
                        .within(y)
                        .uses_transcendentals(is_transcendental(activation))
                        .runs([=](auto& queue, auto b) {
                            layer_norm_forward(queue, b.real(0), b.real(1), b.real(2), b.real(3), b.real(4), b.real(5),
                                               shape, options);
                        }));
}

/// What a backward case draws its inputs from, and how far its results may be off.
struct BackwardNumbers {
    std::string name;
    Fill dy, x, gamma, beta, mean, inverse_deviation, gradient;
    Tolerance dx, dgamma, dbeta;
};

void add_backward(CaseList& cases, const LayerNormShape& shape, const Activation& activation, bool accumulate,
                  bool in_place, const BackwardNumbers& numbers) {
    KernelCase test(
        "layer_norm", "layer_norm_backward",
        describe(shape, activation) + numbers.name + (accumulate ? " accumulate" : "") + (in_place ? " in place" : ""));
    const Role sum_role = accumulate ? Role::inout : Role::output;
    test.arguments.push_back(
        {"dx", in_place ? Role::inout : Role::output, ElementType::real, shape.count(), numbers.dy, numbers.dx});
    test.arguments.push_back({"dgamma", sum_role, ElementType::real, shape.channels, numbers.gradient, numbers.dgamma});
    test.arguments.push_back({"dbeta", sum_role, ElementType::real, shape.channels, numbers.gradient, numbers.dbeta});
    test.input("dy", in_place ? 0 : shape.count(), numbers.dy)
        .input("x", shape.count(), numbers.x)
        .input("gamma", shape.channels, numbers.gamma)
        .input("beta", shape.channels, numbers.beta)
        .input("mean", shape.rows, numbers.mean)
        .input("inverse_deviation", shape.rows, numbers.inverse_deviation)
        .moves(5.0 * 4 * shape.count())
        .runs([=](auto& queue, auto b) {
            layer_norm_backward(queue, b.real(0), b.real(1), b.real(2), b.real(in_place ? 0 : 3), b.real(4), b.real(5),
                                b.real(6), b.real(7), b.real(8), shape, activation, accumulate);
        });
    cases.push_back(test.uses_transcendentals(is_transcendental(activation)));
}

/// s and ds are small multiples of 1/4 and s is never 0, the place of the jump; sums have no rounding.
BackwardNumbers exact_numbers() {
    const Tolerance sums = exact("sums of small multiples of 1/8 have no rounding");
    return {
        " exact",
        integers(-4, 4),
        integers(-4, 4),
        integers(-3, 3),
        constant(0.25),
        integers(-2, 2),
        constant(0.5),
        integers(-8, 8),
        // dx = inverse (g - sum / columns - slope xhat): at most (12 + 12 + 108) / 2, each term rounded three times.
        {3 * 66 * kRounding, kRounding, "three roundings at the size of the largest terms"},
        sums,
        sums};
}

/// |gamma|, |beta|, |dy| <= 1, |xhat| <= 3.
BackwardNumbers smooth_numbers(const LayerNormShape& shape, const Activation& activation) {
    const double terms = static_cast<double>(shape.by_channel().rows), columns = static_cast<double>(shape.columns);
    const double slope = largest_slope(activation, 4) * kRounding;
    // ds errs by 12 roundings of s and as many of f'; a sum adds up those and its own walk of as many roundings as it
    // has terms.
    const double ds = 24 * slope, dbeta = (32 + 4 * terms) * slope, of_row = (32 + 4 * columns) * slope;
    const double shared = (of_row + 3 * 3 * of_row) / columns;
    const std::string reason = "the errors of ds, and the walks of the roundings of its sums";
    return {" random",
            uniform(-1, 1),
            uniform(-1, 1),
            uniform(-1, 1),
            uniform(-1, 1),
            uniform(-0.5, 0.5),
            uniform(0.5, 2),
            uniform(-1, 1),
            {2 * (ds + shared + 16 * slope), 2 * kRounding, reason + ", shared by the row"},
            {3 * dbeta, 2 * kRounding, reason},
            {dbeta, 2 * kRounding, reason}};
}

/// The normalised layers of a DCGAN's critic, of 28 at batch 128 and of 64 at 64, and rows of features.
void add_layers(CaseList& cases) {
    constexpr LayerNormShape kLayers[] = {{128, 14 * 14 * 64, 64}, {128, 7 * 7 * 128, 128}, {64, 16 * 16 * 128, 128},
                                          {64, 8 * 8 * 256, 256},  {64, 4 * 4 * 512, 512},  {8192, 512, 512}};
    for (const LayerNormShape& shape : kLayers) {
        add_forward(cases, shape, kLeakyRelu, 0);
        add_backward(cases, shape, kLeakyRelu, false, false, smooth_numbers(shape, kLeakyRelu));
    }
}

}  // namespace

void add_layer_norm_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::benchmark) return add_layers(cases);

    // No row, one value, narrow and wide rows, channels of every kind of tail, several blocks of rows.
    constexpr LayerNormShape kShapes[] = {
        {0, 6, 3},      {1, 1, 1},        {3, 1, 1},      {2, 6, 3},           {5, 17, 17},   {7, 33, 11},
        {9, 64, 64},    {33, 65, 13},     {129, 401, 1},  {64, 16 * 49, 16},   {4, 1024, 64}, {3, 1030, 103},
        {2, 12'288, 3}, {1, 20'001, 339}, {3001, 19, 19}, {2, 10'007, 10'007}, {300, 12, 4}};
    for (const LayerNormShape& shape : kShapes) {
        add_forward(cases, shape, kIdentity, 0);
        add_forward(cases, shape, kLeakyRelu, 0);
        if (shape.columns >= 32) add_forward(cases, shape, kIdentity, 1000);
        for (const bool accumulate : {false, true}) {
            for (const Activation& activation : {kIdentity, kLeakyRelu})
                add_backward(cases, shape, activation, accumulate, accumulate, exact_numbers());
            add_backward(cases, shape, kIdentity, accumulate, !accumulate, smooth_numbers(shape, kIdentity));
        }
    }
    for (const LayerNormShape& shape : {LayerNormShape{12, 132, 44}, LayerNormShape{3, 1200, 60}}) {
        for (const NamedActivation& named : kAllActivations) {
            Activation activation = named.activation;
            if (activation.kind == ActivationKind::elu) activation.slope = 1;  // its derivative jumps otherwise
            if (!is_transcendental(activation)) continue;
            add_forward(cases, shape, activation, 0);
            add_backward(cases, shape, activation, false, false, smooth_numbers(shape, activation));
        }
    }
}

}  // namespace sinter::kernels
