// Cases of kernels/random.h.
#include "kernels/random.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

/// Both words of the seed and of the step differ from zero, so that a lost half shows.
constexpr std::uint64_t kSeed = 0x0123456789ABCDEF;
constexpr std::uint32_t kDraw = 7;
constexpr double kStep = 5'000'000'123;

RandomAddress address_of(const std::uint64_t* step) { return {kSeed, kDraw, step}; }

/// A kernel that writes y from an address alone. `call` is a generic lambda (queue, y, address).
template <class Call>
void add_draw(CaseList& cases, const std::string& kernel, Index n, const std::string& variant,
              const Tolerance& tolerance, Call call) {
    cases.push_back(KernelCase("random", kernel, describe(n) + variant)
                        .output("y", n)
                        .input("step", 1, constant(kStep), ElementType::uint64)
                        .moves(4.0 * n)
                        .within(tolerance)
                        .uses_transcendentals(kernel == "random_normal")
                        .runs([=](auto& queue, auto b) { call(queue, b.real(0), address_of(b.uint64(1))); }));
}

void add_uniform_and_normal(CaseList& cases, Index n) {
    add_draw(cases, "random_uniform", n, "", exact("24 bits times a power of two"),
             [=](auto& queue, auto y, const auto& address) { random_uniform(queue, y, n, 0, 1, address); });
    add_draw(cases, "random_uniform", n, " in [-0.3, 1.7)",
             {4 * 1.7 * kRounding, kRounding, "ends and product rounded at their own size; then the sum"},
             [=](auto& queue, auto y, const auto& address) { random_uniform(queue, y, n, -0.3, 1.7, address); });

    // The radius sqrt(-2 log u) is at most sqrt(48 log 2) = 5.77; log, square root, sine and product err by a few
    // roundings each, relative to it.
    constexpr double kMaxRadius = 5.77;
    add_draw(cases, "random_normal", n, "",
             {6 * kMaxRadius * kRounding, 0, "6 roundings at the size of the largest radius, 5.77"},
             [=](auto& queue, auto y, const auto& address) { random_normal(queue, y, n, 0, 1, address); });
    add_draw(cases, "random_normal", n, " mean 3 stddev 0.02",
             {(6 * 0.02 * kMaxRadius + 3) * kRounding, 2 * kRounding,
              "6 roundings at 0.02 times the largest radius; then the mean's and the sum's"},
             [=](auto& queue, auto y, const auto& address) { random_normal(queue, y, n, 3, 0.02, address); });
}

void add_bernoulli(CaseList& cases, Purpose purpose, Index n) {
    const auto add = [&](const std::string& variant, Fill fill) {
        cases.push_back(KernelCase("random", "random_bernoulli", describe(n) + variant)
                            .output("y", n)
                            .input("probability", n, fill)
                            .input("step", 1, constant(kStep), ElementType::uint64)
                            .moves(2.0 * 4 * n)
                            .within(exact("a comparison of two exact numbers"))
                            .runs([=](auto& queue, auto b) {
                                random_bernoulli(queue, b.real(0), b.real(1), n, address_of(b.uint64(2)));
                            }));
    };
    add("", uniform(0, 1));
    if (purpose == Purpose::test) add(" certain", integers(0, 1));
}

void add_dropout(CaseList& cases, Purpose purpose, Index n) {
    for (const double rate : {0.3, 0.5, 0.0}) {
        if (purpose == Purpose::benchmark && rate != 0.3) continue;
        const std::string size = describe(n) + " rate=" + std::to_string(rate).substr(0, 3);
        cases.push_back(KernelCase("random", "dropout", size)
                            .output("y", n)
                            .input("x", n)
                            .input("step", 1, constant(kStep), ElementType::uint64)
                            .moves(2.0 * 4 * n)
                            .within(rounded(2))
                            .runs([=](auto& queue, auto b) {
                                dropout(queue, b.real(0), b.real(1), n, rate, address_of(b.uint64(2)));
                            }));
        if (purpose == Purpose::benchmark) continue;
        cases.push_back(KernelCase("random", "dropout", size + " in place")
                            .inout("x", n)
                            .input("step", 1, constant(kStep), ElementType::uint64)
                            .within(rounded(2))
                            .runs([=](auto& queue, auto b) {
                                dropout(queue, b.real(0), b.real(0), n, rate, address_of(b.uint64(1)));
                            }));
    }
}

void add_permutation(CaseList& cases, Index n) {
    cases.push_back(
        KernelCase("random", "random_permutation", describe(n))
            .output("order", n, ElementType::int32)
            .input("step", 1, constant(kStep), ElementType::uint64)
            .moves(4.0 * n)
            .within(exact("integers"))
            .runs([=](auto& queue, auto b) { random_permutation(queue, b.int32(0), n, address_of(b.uint64(1))); }));
}

}  // namespace

void add_random_cases(CaseList& cases, Purpose purpose) {
    std::vector<Index> sizes = counts(purpose);
    if (purpose == Purpose::benchmark) sizes = {2560, 16'000'000};
    for (const Index n : sizes) {
        add_uniform_and_normal(cases, n);
        add_bernoulli(cases, purpose, n);
        add_dropout(cases, purpose, n);
    }
    if (purpose == Purpose::benchmark)
        sizes = {4096, 60'000};
    else
        sizes.insert(sizes.end(), {4096, 4097});  // the largest that is shuffled and the smallest that is not
    for (const Index n : sizes) add_permutation(cases, n);
}

}  // namespace sinter::kernels
