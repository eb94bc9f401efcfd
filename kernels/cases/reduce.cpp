// Cases of kernels/reduce.h.
//
// Most sums are tested on small integers: every partial sum is then exact in float, in any order, so a lost or doubled
// element shows, which a rounding bound would hide in a large sum. One fill of reals per kernel guards the rounding.
#include "kernels/reduce.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

const Tolerance kExactSum = exact("sums of small integers have no rounding");

/// n terms in [-1, 1): partial sums grow like sqrt(j / 3) and each is rounded once, so that the error walks at random
/// to about 0.24 n units of 2^-24 (one standard deviation, plain summation); 2 n is eight of these.
Tolerance random_sum(Index n) {
    return {2.0 * static_cast<double>(n) * kRounding, 2 * kRounding,
            "the random walk of " + std::to_string(n) + " roundings"};
}

/// n terms of one sign: partial sums grow like j, their roundings walk at random: sqrt(n) / 3 units, relatively.
Tolerance positive_sum(Index n) {
    return {0, (4 + 2 * std::sqrt(static_cast<double>(n))) * kRounding,
            "the random walk of " + std::to_string(n) + " roundings of growing sums"};
}

void add_whole_sums(CaseList& cases, Purpose purpose, Index n) {
    const auto add_sum = [&](const std::string& variant, Fill fill, const Tolerance& tolerance) {
        cases.push_back(KernelCase("reduce", "sum_all", describe(n) + variant)
                            .output("sum", 1)
                            .input("x", n, fill)
                            .moves(4.0 * n)
                            .within(tolerance)
                            .runs([=](auto& queue, auto b) { sum_all(queue, b.real(0), b.real(1), n, 0.5, false); }));
    };
    const auto add_squares = [&](const std::string& variant, Fill fill, const Tolerance& tolerance) {
        cases.push_back(KernelCase("reduce", "sum_squares", describe(n) + variant)
                            .output("sum", 1)
                            .input("x", n, fill)
                            .moves(4.0 * n)
                            .within(tolerance)
                            .runs([=](auto& queue, auto b) { sum_squares(queue, b.real(0), b.real(1), n); }));
    };
    add_sum("", uniform(-1, 1), random_sum(n));
    add_squares("", uniform(-1, 1), positive_sum(n));
    if (purpose == Purpose::benchmark) return;
    add_sum(" integers", integers(-8, 8), kExactSum);
    add_squares(" integers", integers(-8, 8), kExactSum);
    cases.push_back(KernelCase("reduce", "sum_all", describe(n) + " accumulate")
                        .inout("sum", 1, integers(-8, 8))
                        .input("x", n, integers(-8, 8))
                        .within(kExactSum)
                        .runs([=](auto& queue, auto b) { sum_all(queue, b.real(0), b.real(1), n, 2, true); }));
}

void add_row_and_column_sums(CaseList& cases, Purpose purpose, MatrixShape shape) {
    const auto add_both = [&](const std::string& variant, Fill fill, const Tolerance& rows_tolerance,
                              const Tolerance& columns_tolerance) {
        cases.push_back(KernelCase("reduce", "sum_rows", describe(shape) + variant)
                            .output("sums", shape.columns)
                            .input("x", shape.count(), fill)
                            .moves(4.0 * (shape.count() + shape.columns))
                            .within(rows_tolerance)
                            .runs([=](auto& queue, auto b) { sum_rows(queue, b.real(0), b.real(1), shape, false); }));
        cases.push_back(
            KernelCase("reduce", "sum_columns", describe(shape) + variant)
                .output("sums", shape.rows)
                .input("x", shape.count(), fill)
                .moves(4.0 * (shape.count() + shape.rows))
                .within(columns_tolerance)
                .runs([=](auto& queue, auto b) { sum_columns(queue, b.real(0), b.real(1), shape, false); }));
    };
    add_both("", uniform(-1, 1), random_sum(shape.rows), random_sum(shape.columns));
    if (purpose == Purpose::benchmark) return;
    add_both(" integers", integers(-8, 8), kExactSum, kExactSum);
    cases.push_back(KernelCase("reduce", "sum_rows", describe(shape) + " accumulate")
                        .inout("sums", shape.columns, integers(-8, 8))
                        .input("x", shape.count(), integers(-8, 8))
                        .within(kExactSum)
                        .runs([=](auto& queue, auto b) { sum_rows(queue, b.real(0), b.real(1), shape, true); }));
    cases.push_back(KernelCase("reduce", "sum_columns", describe(shape) + " accumulate")
                        .inout("sums", shape.rows, integers(-8, 8))
                        .input("x", shape.count(), integers(-8, 8))
                        .within(kExactSum)
                        .runs([=](auto& queue, auto b) { sum_columns(queue, b.real(0), b.real(1), shape, true); }));
}

void add_find_nonfinite(CaseList& cases, Index n, const std::string& variant, Fill fill) {
    cases.push_back(KernelCase("reduce", "find_nonfinite", describe(n) + variant)
                        .output("index", 1, ElementType::int64)
                        .input("x", n, fill)
                        .moves(4.0 * n)
                        .within(exact("an index"))
                        .runs([=](auto& queue, auto b) { find_nonfinite(queue, b.int64(0), b.real(1), n); }));
}

}  // namespace

void add_reduce_cases(CaseList& cases, Purpose purpose) {
    for (const Index n : counts(purpose)) {
        add_whole_sums(cases, purpose, n);
        add_find_nonfinite(cases, n, "", uniform(-1, 1));
        if (purpose == Purpose::benchmark || n == 0) continue;
        add_find_nonfinite(cases, n, " NaN first", nonfinite(0, n - 1));
        add_find_nonfinite(cases, n, " NaN last", nonfinite(n - 1, -1));
        add_find_nonfinite(cases, n, " infinity before NaN", nonfinite(n - 1, n / 2));
        add_find_nonfinite(cases, n, " infinity last", nonfinite(-1, n - 1));
        add_find_nonfinite(cases, n, " largest finite", constant(3.4028234e38));
    }
    for (const MatrixShape shape : shapes(purpose)) add_row_and_column_sums(cases, purpose, shape);
}

}  // namespace sinter::kernels
