// Cases of kernels/elementwise.h.
#include "kernels/elementwise.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

/// y = f(x), apart and (in tests) in place. `call` is a generic lambda (queue, y, x).
template <class Call>
void add_unary(CaseList& cases, Purpose purpose, const std::string& kernel, const std::string& size, Index n, Fill fill,
               const Tolerance& tolerance, Call call) {
    const bool transcendental = kernel == "logarithm";
    cases.push_back(KernelCase("elementwise", kernel, size)
                        .output("y", n)
                        .input("x", n, fill)
                        .moves(2.0 * 4 * n)
                        .within(tolerance)
                        .uses_transcendentals(transcendental)
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), b.real(1)); }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("elementwise", kernel, size + " in place")
                        .inout("x", n, fill)
                        .within(tolerance)
                        .uses_transcendentals(transcendental)
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), b.real(0)); }));
}

/// y = f(a, b), apart and (in tests) over either operand. `call` is a generic lambda (queue, y, a, b).
template <class Call>
void add_binary(CaseList& cases, Purpose purpose, const std::string& kernel, Index n, Fill fill_a, Fill fill_b,
                const Tolerance& tolerance, Call call) {
    cases.push_back(KernelCase("elementwise", kernel, describe(n))
                        .output("y", n)
                        .input("a", n, fill_a)
                        .input("b", n, fill_b)
                        .moves(3.0 * 4 * n)
                        .within(tolerance)
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), b.real(1), b.real(2)); }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("elementwise", kernel, describe(n) + " over a")
                        .inout("a", n, fill_a)
                        .input("b", n, fill_b)
                        .within(tolerance)
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), b.real(0), b.real(1)); }));
    cases.push_back(KernelCase("elementwise", kernel, describe(n) + " over b")
                        .input("a", n, fill_a)
                        .inout("b", n, fill_b)
                        .within(tolerance)
                        .runs([=](auto& queue, auto b) { call(queue, b.real(1), b.real(0), b.real(1)); }));
}

/// y[r, c] = f(x[r, c], vector), apart and (in tests) in place. `call` is a generic lambda (queue, y, x, vector).
template <class Call>
void add_broadcast(CaseList& cases, Purpose purpose, const std::string& kernel, MatrixShape shape, Index vector_count,
                   Call call) {
    const Index n = shape.count();
    cases.push_back(KernelCase("elementwise", kernel, describe(shape))
                        .output("y", n)
                        .input("x", n)
                        .input("vector", vector_count)
                        .moves(4.0 * (2 * n + vector_count))
                        .within(rounded(1))
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), b.real(1), b.real(2)); }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("elementwise", kernel, describe(shape) + " in place")
                        .inout("x", n)
                        .input("vector", vector_count)
                        .within(rounded(1))
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), b.real(0), b.real(1)); }));
}

void add_arithmetic(CaseList& cases, Purpose purpose, Index n) {
    const Fill any = uniform(-1, 1);
    add_binary(cases, purpose, "add", n, any, any, rounded(1),
               [=](auto& queue, auto y, auto a, auto b) { add(queue, y, a, b, n); });
    add_binary(cases, purpose, "subtract", n, any, any, rounded(1),
               [=](auto& queue, auto y, auto a, auto b) { subtract(queue, y, a, b, n); });
    add_binary(cases, purpose, "multiply", n, any, any, rounded(1),
               [=](auto& queue, auto y, auto a, auto b) { multiply(queue, y, a, b, n); });
    add_binary(cases, purpose, "divide", n, any, uniform(0.25, 4), rounded(1),
               [=](auto& queue, auto y, auto a, auto b) { divide(queue, y, a, b, n); });

    const double factor = 1.7, offset = -0.3;
    add_unary(cases, purpose, "affine", describe(n), n, any,
              {2 * (factor - offset) * kRounding, kRounding,
               "factor, offset and product rounded once each, at the size of the terms; then the sum"},
              [=](auto& queue, auto y, auto x) { affine(queue, y, x, n, factor, offset); });
    const double weight = 0.3;
    cases.push_back(
        KernelCase("elementwise", "interpolate", describe(n))
            .inout("y", n)
            .input("x", n)
            .input("weight", 1, constant(weight))
            .moves(3.0 * 4 * n)
            .within(3 * 2 * weight * kRounding, kRounding,
                    "weight, difference and product rounded once each, at the size of the step; then the sum")
            .runs([=](auto& queue, auto b) { interpolate(queue, b.real(0), b.real(1), n, b.real(2)); }));
    cases.push_back(
        KernelCase("elementwise", "multiply_scalar", describe(n))
            .output("y", n)
            .input("x", n)
            .input("scalar", 1)
            .moves(2.0 * 4 * n)
            .within(rounded(1))
            .runs([=](auto& queue, auto b) { multiply_scalar(queue, b.real(0), b.real(1), b.real(2), n); }));
}

void add_functions(CaseList& cases, Purpose purpose, Index n) {
    add_unary(cases, purpose, "square_root", describe(n), n, uniform(0, 4), rounded(1),
              [=](auto& queue, auto y, auto x) { square_root(queue, y, x, n); });

    const auto log_of_x = [=](auto& queue, auto y, auto x) { logarithm(queue, y, x, n); };
    const Tolerance log_bound{0, 4 * kRounding, "a polynomial of the mantissa, within 2 units in the last place"};
    add_unary(cases, purpose, "logarithm", describe(n), n, uniform(1e-6, 4), log_bound, log_of_x);
    if (purpose == Purpose::test) {
        add_unary(cases, purpose, "logarithm", describe(n) + " near 1", n, uniform(0.999, 1.001), log_bound, log_of_x);
        add_unary(cases, purpose, "logarithm", describe(n) + " large", n, uniform(1, 3e38), log_bound, log_of_x);
        add_unary(cases, purpose, "logarithm", describe(n) + " tiny", n, uniform(2e-38, 1e-30), log_bound, log_of_x);
        add_unary(cases, purpose, "logarithm", describe(n) + " of zero", n, integers(0, 2), log_bound, log_of_x);
        add_unary(cases, purpose, "logarithm", describe(n) + " of -1", n, constant(-1), log_bound, log_of_x);
    }

    const auto clamp_x = [=](auto& queue, auto y, auto x) { clamp(queue, y, x, n, -0.5, 0.25); };
    add_unary(cases, purpose, "clamp", describe(n), n, uniform(-1, 1), exact("a choice between numbers"), clamp_x);
    if (purpose == Purpose::test) {
        add_unary(cases, purpose, "clamp", describe(n) + " with NaN", n, nonfinite(n / 2, n - 1),
                  exact("a choice between numbers, and NaN stays NaN"), clamp_x);
    }
    // Integers meet the limits exactly; the gradient passes there.
    const Fill fill_x = purpose == Purpose::test ? integers(-3, 3) : uniform(-3, 3);
    cases.push_back(
        KernelCase("elementwise", "clamp_backward", describe(n))
            .output("dx", n)
            .input("dy", n)
            .input("x", n, fill_x)
            .moves(3.0 * 4 * n)
            .within(exact("a choice between dy and 0"))
            .runs([=](auto& queue, auto b) { clamp_backward(queue, b.real(0), b.real(1), b.real(2), n, -2, 1); }));
}

void add_constants(CaseList& cases, Index n) {
    cases.push_back(KernelCase("elementwise", "fill", describe(n))
                        .output("y", n)
                        .moves(4.0 * n)
                        .within(rounded(1))
                        .runs([=](auto& queue, auto b) { fill(queue, b.real(0), n, 0.1); }));
    cases.push_back(KernelCase("elementwise", "broadcast_scalar", describe(n))
                        .output("y", n)
                        .input("scalar", 1)
                        .moves(4.0 * n)
                        .within(exact("a copy"))
                        .runs([=](auto& queue, auto b) { broadcast_scalar(queue, b.real(0), b.real(1), n); }));
}

void add_broadcasts(CaseList& cases, Purpose purpose, MatrixShape shape) {
    const Index n = shape.count();
    add_broadcast(cases, purpose, "add_row", shape, shape.columns,
                  [=](auto& queue, auto y, auto x, auto row) { add_row(queue, y, x, row, shape); });
    add_broadcast(cases, purpose, "multiply_row", shape, shape.columns,
                  [=](auto& queue, auto y, auto x, auto row) { multiply_row(queue, y, x, row, shape); });
    add_broadcast(cases, purpose, "multiply_column", shape, shape.rows,
                  [=](auto& queue, auto y, auto x, auto column) { multiply_column(queue, y, x, column, shape); });
    cases.push_back(KernelCase("elementwise", "broadcast_row", describe(shape))
                        .output("y", n)
                        .input("row", shape.columns)
                        .moves(4.0 * (n + shape.columns))
                        .within(exact("a copy"))
                        .runs([=](auto& queue, auto b) { broadcast_row(queue, b.real(0), b.real(1), shape); }));
    cases.push_back(KernelCase("elementwise", "broadcast_column", describe(shape))
                        .output("y", n)
                        .input("column", shape.rows)
                        .moves(4.0 * (n + shape.rows))
                        .within(exact("a copy"))
                        .runs([=](auto& queue, auto b) { broadcast_column(queue, b.real(0), b.real(1), shape); }));
}

}  // namespace

void add_elementwise_cases(CaseList& cases, Purpose purpose) {
    for (const Index n : counts(purpose)) {
        add_arithmetic(cases, purpose, n);
        add_functions(cases, purpose, n);
        add_constants(cases, n);
    }
    for (const MatrixShape shape : shapes(purpose)) add_broadcasts(cases, purpose, shape);
}

}  // namespace sinter::kernels
