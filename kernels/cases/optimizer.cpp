// Cases of kernels/optimizer.h.
#include "kernels/optimizer.h"

#include <limits>
#include <optional>
#include <type_traits>

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

// The four step scalars travel as a buffer of reals, each different. Between a half and one they leave the updates
// large beside the parameters, so that an error in an update shows.
constexpr Index kStepScalars = 4;
const Fill kStepFill = uniform(0.5, 1);

template <class Real>
StepScalars<Real>* as_step(Real* scalars) {
    return reinterpret_cast<StepScalars<Real>*>(scalars);
}

/// No `proceed`, in the type of the queue's numbers.
template <class Buffers>
auto always(const Buffers& b) {
    return static_cast<decltype(b.real(0))>(nullptr);
}

/// A running mean a m + (1 - a) g of numbers of one sign, or of numbers in [-1.1, 1.1].
const Tolerance kSquaresBound{0, 6 * kRounding, "2 roundings of each of 2 positive terms and of their sum"};
const Tolerance kMeanBound{5 * kRounding, 2 * kRounding, "2 roundings of each of 2 terms near 1, then the sum"};

/// An update of size `largest` subtracted from a parameter in [-1, 1): a chain of some ten roundings at its size.
Tolerance update_bound(double largest) {
    return {10 * largest * kRounding, 4 * kRounding,
            "a chain of 10 roundings of an update of at most " + std::to_string(largest)};
}

// A running mean of squares is at least 0.04 and the squared gradient only adds to it, so the root is at least 0.19 and
// the quotient of a mean or gradient in [-1.1, 1.1] below 6. The learning rate over its correction is at most 2.
const Fill kSquares = uniform(0.04, 1);
const Tolerance kAdaptiveBound = update_bound(12);

void add_adam(CaseList& cases, Index n, const std::string& variant, const AdamOptions& options, Fill means,
              Fill squares, Fill gradients, Fill parameters = {}) {
    cases.push_back(KernelCase("optimizer", "adam", describe(n) + variant)
                        .inout("w", n, parameters)
                        .inout("m", n, means)
                        .bounded(kMeanBound)
                        .inout("v", n, squares)
                        .bounded(kSquaresBound)
                        .input("dw", n, gradients)
                        .input("step", kStepScalars, kStepFill)
                        .moves(7.0 * 4 * n)
                        .within(kAdaptiveBound)
                        .runs([=](auto& queue, auto b) {
                            adam(queue, b.real(0), b.real(1), b.real(2), b.real(3), n, options, as_step(b.real(4)),
                                 always(b));
                        }));
}

void add_adam_cases(CaseList& cases, Purpose purpose, Index n) {
    const Fill any = uniform(-1, 1);
    add_adam(cases, n, "", {}, any, kSquares, any);
    AdamOptions decayed{.weight_decay = 0.1, .decoupled = true};
    add_adam(cases, n, " AdamW", decayed, any, kSquares, any);
    if (purpose == Purpose::benchmark) return;
    decayed.decoupled = false;
    add_adam(cases, n, " weight decay", decayed, any, kSquares, any);
    // A third of the parameters is zero, whose sign is none.
    add_adam(cases, n, " l1", {.l1 = 0.1}, any, kSquares, any, integers(-1, 1));
    add_adam(cases, n, " AdamW l1", {.weight_decay = 0.1, .l1 = 0.5, .decoupled = true}, any, kSquares, any);
    add_adam(cases, n, " betas 0.5 0.9 epsilon 0.1", {.beta1 = 0.5, .beta2 = 0.9, .epsilon = 0.1}, any, kSquares, any);
    // The first step: m / sqrt(v) = (1 - b1) / sqrt(1 - b2) = 3.2 for any gradient, and zero for none.
    add_adam(cases, n, " first step", {}, constant(0), constant(0), any);
    add_adam(cases, n, " first step, no gradient", {}, constant(0), constant(0), constant(0));
}

void add_rmsprop(CaseList& cases, Index n, const std::string& variant, const RmspropOptions& options) {
    const bool buffered = options.momentum != 0;
    cases.push_back(KernelCase("optimizer", "rmsprop", describe(n) + variant)
                        .inout("w", n, options.l1 != 0 ? integers(-1, 1) : Fill{})
                        .inout("v", n, kSquares)
                        .bounded(kSquaresBound)
                        .inout("buffer", buffered ? n : 0)
                        .input("dw", n)
                        .input("step", kStepScalars, kStepFill)
                        .moves((buffered ? 7.0 : 5.0) * 4 * n)
                        .within(kAdaptiveBound)
                        .runs([=](auto& queue, auto b) {
                            rmsprop(queue, b.real(0), b.real(1), buffered ? b.real(2) : nullptr, b.real(3), n, options,
                                    as_step(b.real(4)), always(b));
                        }));
}

void add_rmsprop_cases(CaseList& cases, Purpose purpose, Index n) {
    add_rmsprop(cases, n, "", {});
    add_rmsprop(cases, n, " momentum", {.momentum = 0.9});
    if (purpose == Purpose::benchmark) return;
    add_rmsprop(cases, n, " weight decay", {.weight_decay = 0.1});
    add_rmsprop(cases, n, " l1", {.l1 = 0.1});
    add_rmsprop(cases, n, " everything", {.alpha = 0.9, .epsilon = 0.1, .momentum = 0.5, .weight_decay = 0.1});
}

void add_sgd(CaseList& cases, Index n, const std::string& variant, const SgdOptions& options) {
    const bool buffered = options.momentum != 0;
    cases.push_back(KernelCase("optimizer", "sgd", describe(n) + variant)
                        .inout("w", n, options.l1 != 0 ? integers(-1, 1) : Fill{})
                        .inout("buffer", buffered ? n : 0)
                        .input("dw", n)
                        .input("step", kStepScalars, kStepFill)
                        .moves((buffered ? 5.0 : 3.0) * 4 * n)
                        .within(update_bound(3))
                        .runs([=](auto& queue, auto b) {
                            sgd(queue, b.real(0), buffered ? b.real(1) : nullptr, b.real(2), n, options,
                                as_step(b.real(3)), always(b));
                        }));
}

void add_sgd_cases(CaseList& cases, Purpose purpose, Index n) {
    add_sgd(cases, n, "", {});
    add_sgd(cases, n, " momentum", {.momentum = 0.9});
    if (purpose == Purpose::benchmark) return;
    add_sgd(cases, n, " weight decay", {.weight_decay = 0.1});
    add_sgd(cases, n, " l1", {.l1 = 0.1});
    add_sgd(cases, n, " nesterov", {.momentum = 0.9, .nesterov = true});
    add_sgd(cases, n, " everything", {.momentum = 0.5, .weight_decay = 0.1, .nesterov = true});
}

void add_clip_scale(CaseList& cases, const std::string& size, double sum_of_squares) {
    cases.push_back(KernelCase("optimizer", "clip_scale", size)
                        .inout("step", kStepScalars, kStepFill)
                        .input("sum_squares", 1, constant(sum_of_squares))
                        .within(rounded(4))
                        .runs([=](auto& queue, auto b) { clip_scale(queue, as_step(b.real(0)), b.real(1), 3); }));
}

/// Every update by NaN: held, it leaves no trace; not held, it leaves nothing else.
void add_held(CaseList& cases, Index n, const std::string& variant, double proceed) {
    const auto held = [&](const char* kernel) {
        return KernelCase("optimizer", kernel, describe(n) + variant)
            .inout("w", n)
            .inout("state", n)
            .inout("more state", n)
            .input("dw", n, constant(std::numeric_limits<double>::quiet_NaN()))
            .input("step", kStepScalars, kStepFill)
            .input("proceed", 1, constant(proceed))
            .within(exact("nothing, or only NaN, is written"));
    };
    cases.push_back(held("adam").runs([=](auto& queue, auto b) {
        adam(queue, b.real(0), b.real(1), b.real(2), b.real(3), n, {}, as_step(b.real(4)), b.real(5));
    }));
    cases.push_back(held("rmsprop").runs([=](auto& queue, auto b) {
        rmsprop(queue, b.real(0), b.real(1), b.real(2), b.real(3), n, {.momentum = 0.9}, as_step(b.real(4)), b.real(5));
    }));
    cases.push_back(held("sgd").runs([=](auto& queue, auto b) {
        sgd(queue, b.real(0), b.real(1), b.real(3), n, {.momentum = 0.9}, as_step(b.real(4)), b.real(5));
    }));
}

/// A step after `before` others. 1 - beta^t is computed from t log(beta) in float, two roundings, and a third of its
/// own (and a fourth where t itself is rounded); a relative error of x is at most one of expm1(x) for x < 0.
void add_count_step(CaseList& cases, const std::string& variant, double before, double held, double proceed,
                    const StepDecays& decays) {
    cases.push_back(KernelCase("optimizer", "count_step", variant)
                        .output("proceeds", 1)
                        .bounded(exact("0 or 1"))
                        .inout("steps", 1, integers(before, before), ElementType::int64)
                        .bounded(exact("counted"))
                        .inout("step", kStepScalars, kStepFill)
                        .input("held", 1, constant(held))
                        .input("proceed", 1, constant(proceed))
                        .within(rounded(6))
                        .runs([=](auto& queue, auto b) {
                            count_step(queue, b.real(0), b.int64(1), as_step(b.real(2)), b.real(3), b.real(4), decays);
                        }));
}

void add_count_step_cases(CaseList& cases) {
    constexpr StepDecays kAdam{0.9, 0.999}, kRadford{0.5, 0.999}, kNone{};
    add_count_step(cases, "first step", 0, 0, 1, kAdam);
    add_count_step(cases, "9th step", 8, 0, 1, kRadford);
    add_count_step(cases, "100,001st step", 100'000, 0, 1, kAdam);
    add_count_step(cases, "without decays", 3, 0, 1, kNone);
    add_count_step(cases, "held", 8, 1, 1, kAdam);
    add_count_step(cases, "stopped", 8, 0, 0, kAdam);
}

/// The costs of real and of fake images, with an even game between 0.25 and 1.
void add_hold_players(CaseList& cases, const std::string& variant, double real, double fake) {
    cases.push_back(KernelCase("optimizer", "hold_players", variant)
                        .output("discriminator_held", 1)
                        .output("generator_held", 1)
                        .input("real_cost", 1, constant(real))
                        .input("fake_cost", 1, constant(fake))
                        .within(exact("0 or 1"))
                        .runs([=](auto& queue, auto b) {
                            hold_players(queue, b.real(0), b.real(1), b.real(2), b.real(3),
                                         EvenCosts{.low = 0.25, .high = 1});
                        }));
}

void add_hold_players_cases(CaseList& cases) {
    add_hold_players(cases, "even", 0.5, 0.75);
    add_hold_players(cases, "at the bounds", 0.25, 1);
    add_hold_players(cases, "real images are easy", 0.125, 0.5);
    add_hold_players(cases, "fakes are easy", 0.5, 0.125);
    add_hold_players(cases, "real images are hard", 1.5, 0.5);
    add_hold_players(cases, "fakes are hard", 0.5, 1.5);
    add_hold_players(cases, "one is easy, the other hard", 0.125, 1.5);
    add_hold_players(cases, "NaN", std::numeric_limits<double>::quiet_NaN(), 0.5);
}

/// So many numbers; number `special` is `value`, or does not exist (null).
void add_step_numbers(CaseList& cases, int count, int special, std::optional<double> value) {
    KernelCase gathered("optimizer", "gather_step_numbers",
                        std::to_string(count) + " numbers" +
                            (special < 0 ? ""
                             : value     ? ", number " + std::to_string(special) + " is " + std::to_string(*value)
                                         : ", without number " + std::to_string(special)));
    gathered.output("y", count + 1).inout("proceed", 1, constant(1)).within(exact("copies; 0 or what it was"));
    for (int i = 0; i < count; ++i) {
        const std::string name = "x" + std::to_string(i);
        i == special&& value ? gathered.input(name, 1, constant(*value)) : gathered.input(name, 1);
    }
    cases.push_back(gathered.runs([=](auto& queue, auto b) {
        NumberPlaces<std::remove_pointer_t<decltype(b.real(0))>> numbers{.count = count};
        for (int i = 0; i < count; ++i) numbers.place[i] = i == special && !value ? nullptr : b.real(i + 2);
        gather_step_numbers(queue, b.real(0), numbers, b.real(1));
    }));
}

}  // namespace

void add_optimizer_cases(CaseList& cases, Purpose purpose) {
    std::vector<Index> sizes = counts(purpose);
    if (purpose == Purpose::benchmark) sizes = {652'824, 16'000'000};  // the VAE's parameters; more than a cache holds
    for (const Index n : sizes) {
        add_adam_cases(cases, purpose, n);
        add_rmsprop_cases(cases, purpose, n);
        add_sgd_cases(cases, purpose, n);
    }
    if (purpose == Purpose::benchmark) return;
    add_clip_scale(cases, "norm 0", 0);
    add_clip_scale(cases, "norm below the limit", 8.9);
    add_clip_scale(cases, "norm at the limit", 9);
    add_clip_scale(cases, "norm above the limit", 1e6);
    add_clip_scale(cases, "norm near the largest float", 1e38);
    add_held(cases, 1000, " held", 0);
    add_held(cases, 1000, " not held", 1);
    add_count_step_cases(cases);
    add_hold_players_cases(cases);
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    add_step_numbers(cases, 1, -1, {});
    add_step_numbers(cases, 8, -1, {});
    add_step_numbers(cases, 4, 1, {});
    add_step_numbers(cases, 4, 1, kNan);
    add_step_numbers(cases, 4, 0, -kInfinity);
    add_step_numbers(cases, 4, 3, kInfinity);
}

}  // namespace sinter::kernels
