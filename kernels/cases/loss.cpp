// Cases of kernels/loss.h.
#include "kernels/loss.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

/// What a loss over the whole batch is divided by: a power of ten, so that scaling rounds.
constexpr double kScale = 0.01;

/// A sum of `terms` non-negative terms. A term is computed from parts as large as `largest_part`, whose errors of 2
/// roundings do not cancel as the parts do; over the sum they walk at random.
Tolerance value_bound(Index terms, double largest_part) {
    const double walk = std::sqrt(static_cast<double>(terms));
    return {4 * kScale * walk * largest_part * kRounding, (8 + 2 * walk) * kRounding,
            "2 roundings of each part, 4 ulp of the exponential, and the random walk of the sum"};
}

/// A difference of two numbers of at most `largest`, one of them a sigmoid, a softmax or given, scaled.
Tolerance gradient_bound(double largest) {
    return {8 * kScale * largest * kRounding, 2 * kRounding,
            "4 ulp of the sigmoid or softmax and one rounding of the scale; they remain where the difference cancels"};
}

/// A pointwise loss of two buffers, with its gradient and (in tests) without. `call`: (queue, loss, dx, x, t).
template <class Call>
void add_pointwise_loss(CaseList& cases, Purpose purpose, const std::string& kernel, const std::string& size, Index n,
                        Fill fill_x, Fill fill_t, const Tolerance& value, const Tolerance& gradient, Call call) {
    cases.push_back(KernelCase("loss", kernel, size)
                        .output("loss", 1)
                        .bounded(value)
                        .output("dx", n)
                        .input("x", n, fill_x)
                        .input("t", n, fill_t)
                        .moves(3.0 * 4 * n)
                        .within(gradient)
                        .uses_transcendentals(kernel == "sigmoid_cross_entropy")
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), b.real(1), b.real(2), b.real(3)); }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("loss", kernel, size + " without gradient")
                        .output("loss", 1)
                        .bounded(value)
                        .input("x", n, fill_x)
                        .input("t", n, fill_t)
                        .within(gradient)
                        .uses_transcendentals(kernel == "sigmoid_cross_entropy")
                        .runs([=](auto& queue, auto b) {
                            decltype(b.real(0)) no_gradient = nullptr;
                            call(queue, b.real(0), no_gradient, b.real(1), b.real(2));
                        }));
}

void add_pointwise_losses(CaseList& cases, Purpose purpose, Index n) {
    const auto cross_entropy = [=](auto& queue, auto loss, auto dx, auto x, auto t) {
        sigmoid_cross_entropy(queue, loss, dx, x, t, n, kScale);
    };
    const auto squared = [=](auto& queue, auto loss, auto dx, auto x, auto t) {
        squared_error(queue, loss, dx, x, t, n, kScale);
    };
    const auto add_cross_entropy = [&](const std::string& variant, Fill logits, Fill targets, double largest) {
        add_pointwise_loss(cases, purpose, "sigmoid_cross_entropy", describe(n) + variant, n, logits, targets,
                           value_bound(n, largest), gradient_bound(1), cross_entropy);
    };
    add_cross_entropy("", uniform(-8, 8), uniform(0, 1), 8);
    add_pointwise_loss(cases, purpose, "squared_error", describe(n), n, uniform(-1, 1), uniform(0, 1),
                       value_bound(n, 1), gradient_bound(2), squared);
    if (purpose == Purpose::benchmark) return;
    // The formula's corners: saturated logits with right and wrong targets, and logits of exactly zero.
    add_cross_entropy(" extreme", uniform(-100, 100), uniform(0, 1), 100);
    add_cross_entropy(" binary", integers(-90, 90), integers(0, 1), 90);
    add_cross_entropy(" at 90", constant(90), integers(0, 1), 90);
    add_cross_entropy(" at -90", constant(-90), integers(0, 1), 90);
    add_cross_entropy(" at 0", constant(0), uniform(0, 1), 1);
    add_pointwise_loss(cases, purpose, "squared_error", describe(n) + " equal", n, constant(0.5), constant(0.5),
                       exact("no difference, no loss"), exact("no difference, no gradient"), squared);
}

void add_softmax(CaseList& cases, Purpose purpose, MatrixShape shape, const std::string& variant, Fill logits,
                 double largest) {
    const auto labels = integers(0, static_cast<double>(shape.columns) - 1);
    // The sum of a row's exponentials has an error of its own, which the logarithm makes absolute.
    const double columns = static_cast<double>(shape.columns);
    const Tolerance value = value_bound(shape.rows, largest + std::log(columns) + std::sqrt(columns));
    Tolerance gradient = gradient_bound(1);
    gradient.relative += 2 * std::sqrt(columns) * kRounding;
    cases.push_back(KernelCase("loss", "softmax_cross_entropy", describe(shape) + variant)
                        .output("loss", 1)
                        .bounded(value)
                        .output("dlogits", shape.count())
                        .input("logits", shape.count(), logits)
                        .input("labels", shape.rows, labels, ElementType::int32)
                        .moves(4.0 * (2 * shape.count() + shape.rows))
                        .within(gradient)
                        .uses_transcendentals()
                        .runs([=](auto& queue, auto b) {
                            softmax_cross_entropy(queue, b.real(0), b.real(1), b.real(2), b.int32(3), shape, kScale);
                        }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("loss", "softmax_cross_entropy", describe(shape) + variant + " without gradient")
                        .output("loss", 1)
                        .bounded(value)
                        .input("logits", shape.count(), logits)
                        .input("labels", shape.rows, labels, ElementType::int32)
                        .within(gradient)
                        .uses_transcendentals()
                        .runs([=](auto& queue, auto b) {
                            decltype(b.real(0)) no_gradient = nullptr;
                            softmax_cross_entropy(queue, b.real(0), no_gradient, b.real(1), b.int32(2), shape, kScale);
                        }));
}

}  // namespace

void add_loss_cases(CaseList& cases, Purpose purpose) {
    for (const Index n : counts(purpose)) add_pointwise_losses(cases, purpose, n);
    if (purpose == Purpose::benchmark) {
        add_softmax(cases, purpose, {128, 10}, "", uniform(-8, 8), 16);
        add_softmax(cases, purpose, {16'000, 1000}, "", uniform(-8, 8), 16);
        return;
    }
    for (const MatrixShape shape : shapes(purpose)) {
        if (shape.columns == 0) continue;  // a label needs a column
        add_softmax(cases, purpose, shape, "", uniform(-8, 8), 16);
        add_softmax(cases, purpose, shape, " extreme", integers(-90, 90), 180);
        add_softmax(cases, purpose, shape, " equal", constant(5), 5);
    }
}

}  // namespace sinter::kernels
