// Cases of kernels/vae.h.
#include "kernels/vae.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

constexpr double kScale = 0.01;
constexpr double kMaxNoise = 5.77;  // sqrt(48 log 2), of 24-bit uniforms

RandomAddress address_of(const std::uint64_t* step) { return {0xFEDCBA9876543210, 3, step}; }

/// The heads are uniform in [-range, range), so sigma is at most exp(range / 2) and, by the clamp, exp(10).
struct Heads {
    const char* name;
    Fill fill;
    double range;
};

/// The noise carries 6 roundings of its largest radius (as in random_normal), exp(logvar / 2) 4 ulp of its size.
Tolerance noise_bound(double range) {
    const double sigma = std::exp(std::min(range, kLogVarianceLimit) / 2);
    return {14 * kMaxNoise * sigma * kRounding, 2 * kRounding,
            "6 roundings of the noise and 8 of the exponential, at the size of the largest sigma"};
}

/// A term's parts 1, logvar, mu^2 and e^logvar err by 4 ulp each; over the sum their errors walk at random.
Tolerance divergence_bound(Index count, double range) {
    const double parts = 1 + range + range * range + std::exp(std::min(range, kLogVarianceLimit));
    const double walk = std::sqrt(static_cast<double>(count));
    return {4 * kScale * parts * walk * kRounding, (8 + 2 * walk) * kRounding,
            "4 ulp of a term's parts, and the random walk of the sum"};
}

/// dz and dkl are in [-1, 1); the noise enters with sigma / 2, the divergence with kScale.
Tolerance gradient_bound(double range) {
    const double variance = std::exp(std::min(range, kLogVarianceLimit));
    return {noise_bound(range).absolute / 2 + 8 * kScale * (1 + range + variance) * kRounding, 8 * kRounding,
            "6 roundings of the noise and 8 of the exponentials, at the size of the terms"};
}

void add_both_directions(CaseList& cases, LatentShape shape, const Heads& heads) {
    const Index n = shape.batch * shape.latent;
    const std::string size = describe(MatrixShape{shape.batch, shape.latent}) + heads.name;
    cases.push_back(KernelCase("vae", "reparameterise_kl_forward", size)
                        .output("z", n)
                        .output("kl", 1)
                        .bounded(divergence_bound(n, heads.range))
                        .input("heads", 2 * n, heads.fill)
                        .input("step", 1, constant(42), ElementType::uint64)
                        .moves(3.0 * 4 * n)
                        .within(noise_bound(heads.range))
                        .uses_transcendentals()
                        .runs([=](auto& queue, auto b) {
                            reparameterise_kl_forward(queue, b.real(0), b.real(1), b.real(2), shape, kScale,
                                                      address_of(b.uint64(3)));
                        }));
    cases.push_back(KernelCase("vae", "reparameterise_kl_backward", size)
                        .output("dheads", 2 * n)
                        .input("dz", n)
                        .input("dkl", 1)
                        .input("heads", 2 * n, heads.fill)
                        .input("step", 1, constant(42), ElementType::uint64)
                        .moves(5.0 * 4 * n)
                        .within(gradient_bound(heads.range))
                        .uses_transcendentals()
                        .runs([=](auto& queue, auto b) {
                            reparameterise_kl_backward(queue, b.real(0), b.real(1), b.real(2), b.real(3), shape, kScale,
                                                       address_of(b.uint64(4)));
                        }));
}

/// The parts of a row's terms: log variance, eps^2 and z^2. Each errs by a few roundings of its size; the noise by 6 of
/// its own, and it enters twice squared. The sum of the terms may be far smaller than they are.
Tolerance ratio_bound(Index latent, double range) {
    const double sigma = std::exp(std::min(range, kLogVarianceLimit) / 2);
    const double largest = range + kMaxNoise * sigma;  // of z
    const double walk = std::sqrt(static_cast<double>(std::max<Index>(latent, 1)));
    return {14 * walk * (range + kMaxNoise * kMaxNoise + largest * largest) * kRounding, 0,
            "6 roundings of the noise and 8 of the exponential, squared, and the random walk of the sum"};
}

void add_importance_samples(CaseList& cases, const ImportanceShape& shape, const Heads& heads) {
    const std::string size = std::to_string(shape.images) + "x" + std::to_string(shape.samples) + "x" +
                             std::to_string(shape.latent) + " from " + std::to_string(shape.first) + heads.name;
    cases.push_back(KernelCase("vae", "importance_samples", size)
                        .output("z", shape.rows() * shape.latent)
                        .output("log_ratio", shape.rows())
                        .bounded(ratio_bound(shape.latent, heads.range))
                        .input("heads", 2 * shape.images * shape.latent, heads.fill)
                        .input("step", 1, constant(7), ElementType::uint64)
                        .moves(4.0 * static_cast<double>(shape.rows() * (shape.latent + 1)))
                        .within(noise_bound(heads.range))
                        .uses_transcendentals()
                        .runs([=](auto& queue, auto b) {
                            importance_samples(queue, b.real(0), b.real(1), b.real(2), shape, address_of(b.uint64(3)));
                        }));
}

}  // namespace

void add_vae_cases(CaseList& cases, Purpose purpose) {
    const Heads usual{"", uniform(-2, 2), 2};
    if (purpose == Purpose::benchmark) {
        for (const LatentShape shape : {LatentShape{128, 20}, LatentShape{128, 2}, LatentShape{40'000, 200}}) {
            add_both_directions(cases, shape, usual);
        }
        add_importance_samples(cases, {1, 2000, 20, 0}, usual);
        add_importance_samples(cases, {10, 200, 200, 0}, usual);
        return;
    }
    // Log-variances beyond the clamp, and exactly on it, where the gradient still passes.
    const Heads wide{" wide", uniform(-25, 25), 25};
    const Heads limit{" at the limit", constant(kLogVarianceLimit), kLogVarianceLimit};
    const Heads beyond{" beyond the limit", constant(-30), 30};
    for (const LatentShape shape : {LatentShape{0, 3}, LatentShape{3, 0}, LatentShape{1, 1}, LatentShape{2, 3},
                                    LatentShape{1, 20}, LatentShape{5, 2}, LatentShape{3, 7}, LatentShape{4, 16},
                                    LatentShape{7, 17}, LatentShape{128, 20}, LatentShape{128, 2}, LatentShape{129, 33},
                                    LatentShape{9001, 1}, LatentShape{1, 20'003}, LatentShape{301, 67}}) {
        for (const Heads& heads : {usual, wide, limit, beyond}) add_both_directions(cases, shape, heads);
    }
    for (const ImportanceShape& shape :
         {ImportanceShape{0, 3, 2, 0}, ImportanceShape{3, 0, 2, 0}, ImportanceShape{2, 3, 0, 0},
          ImportanceShape{1, 1, 1, 0}, ImportanceShape{3, 5, 2, 7}, ImportanceShape{2, 37, 20, 4963},
          ImportanceShape{5, 3, 33, 1}, ImportanceShape{1, 301, 50, 0}, ImportanceShape{40, 13, 17, 100},
          ImportanceShape{2, 3, 1024, 2}, ImportanceShape{2, 2, 2053, 5}, ImportanceShape{900, 11, 2, 3}}) {
        for (const Heads& heads : {usual, wide, limit, beyond}) add_importance_samples(cases, shape, heads);
    }
}

}  // namespace sinter::kernels
