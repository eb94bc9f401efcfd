// Cases of kernels/batch_norm.h. Activations whose derivative jumps are differentiated on numbers that are exact in
// float, where no rounding can carry a value across the jump; the smooth ones on random numbers.
#include "kernels/batch_norm.h"

#include <algorithm>

#include "kernels/cases/activations.h"
#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

constexpr Activation kIdentity{ActivationKind::identity};
constexpr Activation kLeakyRelu{ActivationKind::leaky_relu, 0.3f};

std::string describe(MatrixShape shape, const Activation& activation) {
    return kernels::describe(shape) + " " + name_of(activation.kind);
}

/// x uniform in [centre - 1, centre + 1).
void add_forward(CaseList& cases, MatrixShape shape, const Activation& activation, double centre, bool track) {
    const BatchNormOptions options{1e-3, 0.2, activation};
    const Index columns = shape.columns;
    const double largest = std::abs(centre) + 1;

    // The shift by a block's first row costs the sum of squares at most a factor of 4 (its distance from the mean is at
    // most sqrt(3) deviations; in few rows, less), times the walk of up to 256 roundings.
    const Tolerance variance{0, 80 * kRounding, "4 times the walk of a block's 256 roundings, and the merge's"};
    const Tolerance deviation{0, 44 * kRounding, "half the variance's relative error, and three roundings"};
    const double mean_error = (16 + 8 * largest) * kRounding;
    const Tolerance mean{mean_error, 0, "the walk of roundings of differences, and a few at the size of the mean"};
    const Tolerance running_mean{options.momentum * mean_error + 4 * kRounding * largest, 0,
                                 "momentum times the error of the mean, and three roundings"};

    // In few rows a column may happen to be narrow.
    const double largest_inverse = shape.rows >= 32 ? 3 : 1 / std::sqrt(options.epsilon);
    const double largest_xhat = std::min(4.0, std::sqrt(static_cast<double>(shape.rows)));
    const double s_error = largest_inverse * mean_error + (48 * largest_xhat + 2) * kRounding;
    const Tolerance y{largest_slope(activation, largest_xhat + 1) * s_error, 8 * kRounding,
                      "errors of mean and deviation, scaled; then those of the activation"};

    KernelCase test("batch_norm", "batch_norm_forward",
                    describe(shape, activation) + " around " + std::to_string(static_cast<int>(centre)) +
                        (track ? "" : " untracked"));
    test.output("y", shape.count())
        .output("mean", columns)
        .bounded(mean)
        .output("inverse_deviation", columns)
        .bounded(deviation)
        .inout("running_mean", columns)
        .bounded(running_mean)
        .inout("running_variance", columns, uniform(0.5, 2))
        .bounded(variance)
        .input("x", shape.count(), uniform(centre - 1, centre + 1))
        .input("gamma", columns)
        .input("beta", columns)
        .moves(3.0 * 4 * shape.count())
        .within(y)
        .runs([=](auto& queue, auto b) {
            batch_norm_forward(queue, b.real(0), b.real(1), b.real(2), track ? b.real(3) : nullptr,
                               track ? b.real(4) : nullptr, b.real(5), b.real(6), b.real(7), shape, options);
        });
    cases.push_back(test.uses_transcendentals(is_transcendental(activation)));
}

/// What a backward case draws its inputs from, and how far its results may be off.
struct BackwardNumbers {
    std::string name;
    Fill dy, x, gamma, beta, mean, inverse_deviation, gradient;
    Tolerance dx, dgamma, dbeta;
};

void add_backward(CaseList& cases, MatrixShape shape, const Activation& activation, bool accumulate, bool in_place,
                  const BackwardNumbers& numbers) {
    const Index columns = shape.columns;
    KernelCase test(
        "batch_norm", "batch_norm_backward",
        describe(shape, activation) + numbers.name + (accumulate ? " accumulate" : "") + (in_place ? " in place" : ""));
    const Role dgamma_role = accumulate ? Role::inout : Role::output;
    test.arguments.push_back(
        {"dx", in_place ? Role::inout : Role::output, ElementType::real, shape.count(), numbers.dy, numbers.dx});
    test.arguments.push_back({"dgamma", dgamma_role, ElementType::real, columns, numbers.gradient, numbers.dgamma});
    test.arguments.push_back({"dbeta", dgamma_role, ElementType::real, columns, numbers.gradient, numbers.dbeta});
    test.input("dy", in_place ? 0 : shape.count(), numbers.dy)
        .input("x", shape.count(), numbers.x)
        .input("gamma", columns, numbers.gamma)
        .input("beta", columns, numbers.beta)
        .input("mean", columns, numbers.mean)
        .input("inverse_deviation", columns, numbers.inverse_deviation)
        .moves(5.0 * 4 * shape.count())
        .runs([=](auto& queue, auto b) {
            batch_norm_backward(queue, b.real(0), b.real(1), b.real(2), b.real(in_place ? 0 : 3), b.real(4), b.real(5),
                                b.real(6), b.real(7), b.real(8), shape, activation, accumulate);
        });
    cases.push_back(test.uses_transcendentals(is_transcendental(activation)));
}

/// s and ds are small multiples of 1/4 and s is never 0, the place of the jump; sums have no rounding.
BackwardNumbers exact_numbers() {
    const Tolerance sums = exact("sums of small multiples of 1/8 have no rounding");
    return {" exact",
            integers(-4, 4),
            integers(-4, 4),
            integers(-3, 3),
            constant(0.25),
            integers(-2, 2),
            constant(0.5),
            integers(-8, 8),
            // dx = scale (ds - sum / rows - slope (x - mean)): at most 1.5 (4 + 4 + 36), each term rounded three times.
            {3 * 66 * kRounding, kRounding, "three roundings at the size of the largest terms"},
            sums,
            sums};
}

/// |gamma|, |beta|, |dy| <= 1, |xhat| <= 3.
BackwardNumbers smooth_numbers(MatrixShape shape, const Activation& activation) {
    const double rows = static_cast<double>(shape.rows);
    const double slope = largest_slope(activation, 4) * kRounding;
    // ds errs by 12 roundings of s and as many of f'; a sum adds up those and its own walk of `rows` roundings.
    const double ds = 24 * slope, dbeta = (32 + 4 * rows) * slope, dgamma = 3 * dbeta;
    const double shared = (dbeta + 3 * dgamma) / std::max(1.0, rows);
    const std::string reason =
        "the errors of ds, and the walk of the roundings of " + std::to_string(shape.rows) + " terms";
    return {" random",
            uniform(-1, 1),
            uniform(-1, 1),
            uniform(-1, 1),
            uniform(-1, 1),
            uniform(-0.5, 0.5),
            uniform(0.5, 2),
            uniform(-1, 1),
            {2 * (ds + shared + 16 * slope), 2 * kRounding, reason + ", shared by the rows"},
            {dgamma, 2 * kRounding, reason},
            {dbeta, 2 * kRounding, reason}};
}

void add_inference(CaseList& cases, MatrixShape shape, const Activation& activation, bool in_place) {
    const Index columns = shape.columns;
    const double slope = largest_slope(activation, 5);
    KernelCase test("batch_norm", "batch_norm_inference", describe(shape, activation) + (in_place ? " in place" : ""));
    test.arguments.push_back({"y", in_place ? Role::inout : Role::output, ElementType::real, shape.count(), {}, {}});
    test.input("x", in_place ? 0 : shape.count())
        .input("gamma", columns)
        .input("beta", columns)
        .input("running_mean", columns)
        .input("running_variance", columns, uniform(0.25, 4))
        .moves(2.0 * 4 * shape.count())
        .within(
            slope * 10 * kRounding, 8 * kRounding,
            "scale (at most 2) and shift (at most 3) rounded once, a product and a sum; then the activation's error")
        .runs([=](auto& queue, auto b) {
            batch_norm_inference(queue, b.real(0), b.real(in_place ? 0 : 1), b.real(2), b.real(3), b.real(4), b.real(5),
                                 shape, 1e-3, activation);
        });
    cases.push_back(test.uses_transcendentals(is_transcendental(activation)));
}

/// The batch normalised layers of the DCGANs, each distinct one once: those of 28 and 32 at batch 128, of 64 at 64.
void add_layers(CaseList& cases) {
    constexpr MatrixShape kLayers[] = {{128, 12'544},      {128 * 7 * 7, 128}, {128 * 14 * 14, 64},  // 28
                                       {128 * 4 * 4, 256}, {128 * 8 * 8, 128}, {128 * 16 * 16, 64},  // 32
                                       {64 * 4 * 4, 512},  {64 * 8 * 8, 256},  {64 * 16 * 16, 128},  // 64
                                       {64 * 32 * 32, 64}};
    for (const MatrixShape shape : kLayers) {
        add_forward(cases, shape, kLeakyRelu, 0, true);
        add_backward(cases, shape, kLeakyRelu, false, false, smooth_numbers(shape, kLeakyRelu));
        add_inference(cases, shape, kLeakyRelu, false);
    }
}

}  // namespace

void add_batch_norm_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::benchmark) return add_layers(cases);

    constexpr Activation kExact[] = {kIdentity, {ActivationKind::relu}, {ActivationKind::leaky_relu, 0.25f}};
    std::vector<MatrixShape> matrices = shapes(purpose);
    matrices.insert(matrices.end(),
                    {{2, 3}, {3, 70}, {3000, 64}, {1027, 130}, {300, 12}});  // several blocks and strips
    for (const MatrixShape shape : matrices) {
        add_forward(cases, shape, kIdentity, 0, shape.rows != 1);
        add_forward(cases, shape, kLeakyRelu, 0, false);
        if (shape.rows >= 32) add_forward(cases, shape, kIdentity, 1000, true);
        for (const bool accumulate : {false, true}) {
            for (const Activation& activation : kExact)
                add_backward(cases, shape, activation, accumulate, accumulate, exact_numbers());
            add_backward(cases, shape, kIdentity, accumulate, !accumulate, smooth_numbers(shape, kIdentity));
        }
        add_inference(cases, shape, kLeakyRelu, false);
        add_inference(cases, shape, kIdentity, true);
    }
    for (const MatrixShape shape : {MatrixShape{129, 401}, MatrixShape{300, 12}}) {
        add_forward(cases, shape, {ActivationKind::relu}, 0, true);
        for (const NamedActivation& named : kAllActivations) {
            Activation activation = named.activation;
            if (activation.kind == ActivationKind::elu) activation.slope = 1;  // its derivative jumps otherwise
            if (!is_transcendental(activation) && activation != kIdentity) continue;
            add_forward(cases, shape, activation, 0, true);
            add_backward(cases, shape, activation, false, false, smooth_numbers(shape, activation));
            add_inference(cases, shape, activation, false);
        }
    }
}

}  // namespace sinter::kernels
