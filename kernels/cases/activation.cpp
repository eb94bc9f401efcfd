// Cases of kernels/activation.h.
#include "kernels/activation.h"

#include "kernels/cases/activations.h"
#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

Tolerance forward_bound(const NamedActivation& named) {
    return {
        named.lost * 0x1p-126, named.forward * kRounding,
        "4 units in the last place, and a result below the smallest normal float may be zero; for gelu and silu see "
        "kernels/cases/activations.h"};
}

Tolerance backward_bound(const NamedActivation& named) {
    return {named.backward * kRounding + named.lost * 0x1p-126, 8 * kRounding,
            "1 - y^2 and 1 - e^-y cancel: their error is that of terms near 1; the rest is relative; for gelu and silu "
            "see kernels/cases/activations.h"};
}

/// From |x| = 17 on sigmoid(x) is 0 or 1 in float. Up to there, what cancels grows with |x|, of which the bound of the
/// other cases has 8.
Tolerance wide_backward_bound(const NamedActivation& named) {
    Tolerance bound = backward_bound(named);
    bound.absolute *= 17.0 / 8;
    return bound;
}

void add_forward(CaseList& cases, const NamedActivation& named, Index n, const std::string& variant, Fill fill) {
    const Activation activation = named.activation;
    cases.push_back(
        KernelCase("activation", "activation_forward", std::string(named.name) + " " + describe(n) + variant)
            .output("y", n)
            .input("x", n, fill)
            .moves(2.0 * 4 * n)
            .within(forward_bound(named))
            .uses_transcendentals(is_transcendental(activation))
            .runs([=](auto& queue, auto b) { activation_forward(queue, b.real(0), b.real(1), n, activation); }));
}

void add_pointwise(CaseList& cases, Purpose purpose, const NamedActivation& named, Index n) {
    const Activation activation = named.activation;
    const std::string size = std::string(named.name) + " " + describe(n);
    const Fill fill_kept = uniform(named.low, named.high);
    add_forward(cases, named, n, "", uniform(-8, 8));
    cases.push_back(KernelCase("activation", "activation_backward", size)
                        .output("dx", n)
                        .input("dy", n)
                        .input("kept", n, fill_kept)
                        .moves((activation.kind == ActivationKind::identity ? 2.0 : 3.0) * 4 * n)
                        .within(backward_bound(named))
                        .uses_transcendentals(is_transcendental(activation))
                        .runs([=](auto& queue, auto b) {
                            activation_backward(queue, b.real(0), b.real(1), b.real(2), n, activation);
                        }));
    if (purpose == Purpose::benchmark) return;

    add_forward(cases, named, n, " near zero", uniform(-1e-3, 1e-3));
    add_forward(cases, named, n, " wide", uniform(-110, 110));
    add_forward(cases, named, n, " integers", integers(-90, 90));
    add_forward(cases, named, n, " of zero", constant(0));
    cases.push_back(
        KernelCase("activation", "activation_forward", size + " in place")
            .inout("x", n, uniform(-8, 8))
            .within(forward_bound(named))
            .uses_transcendentals(is_transcendental(activation))
            .runs([=](auto& queue, auto b) { activation_forward(queue, b.real(0), b.real(0), n, activation); }));
    cases.push_back(KernelCase("activation", "activation_backward", size + " in place")
                        .inout("dx", n)
                        .input("kept", n, fill_kept)
                        .within(backward_bound(named))
                        .uses_transcendentals(is_transcendental(activation))
                        .runs([=](auto& queue, auto b) {
                            activation_backward(queue, b.real(0), b.real(0), b.real(1), n, activation);
                        }));
    if (keeps_input(activation.kind)) {
        cases.push_back(KernelCase("activation", "activation_backward", size + " wide")
                            .output("dx", n)
                            .input("dy", n)
                            .input("kept", n, uniform(-110, 110))
                            .within(wide_backward_bound(named))
                            .uses_transcendentals(true)
                            .runs([=](auto& queue, auto b) {
                                activation_backward(queue, b.real(0), b.real(1), b.real(2), n, activation);
                            }));
    }
    // Where f'(y) jumps, and where a saturated unit stops its gradient.
    cases.push_back(KernelCase("activation", "activation_backward", size + " at the ends")
                        .output("dx", n)
                        .input("dy", n)
                        .input("kept", n, integers(std::ceil(named.low), 1))
                        .within(backward_bound(named))
                        .uses_transcendentals(is_transcendental(activation))
                        .runs([=](auto& queue, auto b) {
                            activation_backward(queue, b.real(0), b.real(1), b.real(2), n, activation);
                        }));
}

void add_with_bias(CaseList& cases, Purpose purpose, const NamedActivation& named, MatrixShape shape) {
    const Activation activation = named.activation;
    const Index n = shape.count();
    const std::string size = std::string(named.name) + " " + describe(shape);
    const Fill fill_kept = uniform(named.low, named.high);
    const double terms = static_cast<double>(shape.rows);
    const double slope = activation.kind == ActivationKind::exp ? named.high : largest_slope(activation, 0);
    const Tolerance walk{(4 + 2 * terms) * slope * kRounding, 8 * kRounding,
                         "the random walk of the roundings of a column's " + std::to_string(shape.rows) + " terms"};
    cases.push_back(KernelCase("activation", "bias_activation_backward", size)
                        .output("dx", n)
                        .output("dbias", shape.columns)
                        .bounded(walk)
                        .input("dy", n)
                        .input("kept", n, fill_kept)
                        .moves(4.0 * (3 * n + shape.columns))
                        .within(backward_bound(named))
                        .uses_transcendentals(is_transcendental(activation))
                        .runs([=](auto& queue, auto b) {
                            bias_activation_backward(queue, b.real(0), b.real(1), b.real(2), b.real(3), shape,
                                                     activation, false);
                        }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("activation", "bias_activation_backward", size + " in place, accumulate")
                        .inout("dx", n)
                        .inout("dbias", shape.columns)
                        .bounded(walk)
                        .input("kept", n, fill_kept)
                        .within(backward_bound(named))
                        .uses_transcendentals(is_transcendental(activation))
                        .runs([=](auto& queue, auto b) {
                            bias_activation_backward(queue, b.real(0), b.real(1), b.real(0), b.real(2), shape,
                                                     activation, true);
                        }));
}

/// Integer gradients and slopes that are powers of two: every sum is exact, so a lost row shows in the tallest column.
void add_exact_with_bias(CaseList& cases, MatrixShape shape) {
    constexpr Activation kExact[] = {
        {ActivationKind::identity}, {ActivationKind::relu}, {ActivationKind::leaky_relu, 0.25f}};
    for (const Activation activation : kExact) {
        for (const bool accumulate : {false, true}) {
            KernelCase test(
                "activation", "bias_activation_backward",
                describe(shape) + " integers, " + name_of(activation.kind) + (accumulate ? " accumulate" : ""));
            test.output("dx", shape.count());
            if (accumulate)
                test.inout("dbias", shape.columns, integers(-8, 8));
            else
                test.output("dbias", shape.columns);
            test.input("dy", shape.count(), integers(-8, 8))
                .input("y", shape.count(), integers(-2, 2))
                .within(exact("sums of small multiples of 1/4 have no rounding"))
                .runs([=](auto& queue, auto b) {
                    bias_activation_backward(queue, b.real(0), b.real(1), b.real(2), b.real(3), shape, activation,
                                             accumulate);
                });
            cases.push_back(test);
        }
    }
}

}  // namespace

void add_activation_cases(CaseList& cases, Purpose purpose) {
    for (const NamedActivation& named : kAllActivations) {
        for (const Index n : counts(purpose)) add_pointwise(cases, purpose, named, n);
        for (const MatrixShape shape : shapes(purpose)) {
            // How a long column is divided does not depend on the activation: the exact cases below cover that.
            const bool one_is_enough = purpose == Purpose::test && is_long(shape);
            if (one_is_enough && named.activation.kind != ActivationKind::tanh) continue;
            add_with_bias(cases, purpose, named, shape);
        }
    }
    if (purpose == Purpose::benchmark) return;
    for (const MatrixShape shape : shapes(purpose)) add_exact_with_bias(cases, shape);
}

}  // namespace sinter::kernels
