// Cases of kernels/likelihood.h.
#include "kernels/likelihood.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

std::string describe(const RepeatedRows& shape) {
    return describe(MatrixShape{shape.rows, shape.columns}) + " of " + std::to_string(shape.targets()) + " targets";
}

/// A row's terms all have one sign, so its sum is of their size. Each has parts as large as `largest_part` with errors
/// of 2 roundings, and the logarithm of a product of 32 factors one of its own; over the row they walk at random.
Tolerance row_bound(Index columns, double largest_part) {
    const double walk = std::sqrt(static_cast<double>(columns));
    return {(6 * walk * (largest_part + 1) + 2 * static_cast<double>(columns)) * kRounding, (8 + 2 * walk) * kRounding,
            "2 roundings of each part, 2 of what is lost beside 1 in a factor, and the random walk of the sum"};
}

void add_bernoulli(CaseList& cases, const RepeatedRows& shape, const std::string& variant, Fill logits, Fill targets,
                   double largest) {
    cases.push_back(KernelCase("likelihood", "bernoulli_log_likelihood", describe(shape) + variant)
                        .output("y", shape.rows)
                        .input("logits", shape.count(), logits)
                        .input("targets", shape.targets() * shape.columns, targets)
                        .moves(4.0 * static_cast<double>(shape.count() + shape.targets() * shape.columns + shape.rows))
                        .within(row_bound(shape.columns, largest))
                        .uses_transcendentals()
                        .runs([=](auto& queue, auto b) {
                            bernoulli_log_likelihood(queue, b.real(0), b.real(1), b.real(2), shape);
                        }));
}

void add_gaussian(CaseList& cases, const RepeatedRows& shape, double log_variance) {
    // The constant, the squares and their sum are one sum of parts that may cancel.
    const double part = 1 + std::abs(log_variance + kLogTwoPi) + 4 * std::exp(-log_variance);
    Tolerance bound = row_bound(shape.columns, part);
    bound.absolute += 2 * part * static_cast<double>(shape.columns) * kRounding;
    bound.reason = "2 roundings of each part and of their sums, which cancel, and the random walk of the sum";
    cases.push_back(KernelCase("likelihood", "gaussian_log_likelihood",
                               describe(shape) + " log variance " + std::to_string(static_cast<int>(log_variance)))
                        .output("y", shape.rows)
                        .input("means", shape.count(), uniform(-1, 1))
                        .input("targets", shape.targets() * shape.columns, uniform(0, 1))
                        .moves(4.0 * static_cast<double>(shape.count() + shape.targets() * shape.columns + shape.rows))
                        .within(bound)
                        .runs([=](auto& queue, auto b) {
                            gaussian_log_likelihood(queue, b.real(0), b.real(1), b.real(2), shape, log_variance);
                        }));
}

}  // namespace

void add_likelihood_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::benchmark) {
        for (const RepeatedRows& shape : {RepeatedRows{2000, 784, 2000}, RepeatedRows{2000, 3072, 20}}) {
            add_bernoulli(cases, shape, "", uniform(-8, 8), integers(0, 1), 8);
            add_gaussian(cases, shape, 0);
        }
        return;
    }
    for (const RepeatedRows& shape :
         {RepeatedRows{0, 5, 3}, RepeatedRows{3, 0, 3}, RepeatedRows{1, 1, 1}, RepeatedRows{6, 3, 2},
          RepeatedRows{5, 17, 5}, RepeatedRows{21, 33, 7}, RepeatedRows{12, 784, 4}, RepeatedRows{30, 65, 1},
          RepeatedRows{4, 10'007, 2}, RepeatedRows{3003, 19, 1001}}) {
        add_bernoulli(cases, shape, "", uniform(-8, 8), uniform(0, 1), 8);
        add_bernoulli(cases, shape, " binary", integers(-90, 90), integers(0, 1), 90);
        add_bernoulli(cases, shape, " confident", constant(-17), constant(0), 1);
        add_bernoulli(cases, shape, " at 0", constant(0), integers(0, 1), 1);
        for (const double log_variance : {0.0, -6.0, 3.0}) add_gaussian(cases, shape, log_variance);
    }
}

}  // namespace sinter::kernels
