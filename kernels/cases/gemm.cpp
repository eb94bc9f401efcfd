// Cases of kernels/gemm.h.
//
// Shapes are swept on small integers: every partial sum is exact in float, in any order, so one wrong, lost or doubled
// product anywhere shows, whatever the depth. Real numbers guard the rounding, epilogues are swept on a few shapes.
#include "kernels/gemm.h"

#include "kernels/cases/activations.h"
#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

std::string describe(const GemmShape& shape) {
    return "m=" + std::to_string(shape.m) + " n=" + std::to_string(shape.n) + " k=" + std::to_string(shape.k) +
           (shape.transpose_a ? " A^T" : "") + (shape.transpose_b ? " B^T" : "");
}

/// What follows the product, free of pointers and of the number type.
struct EpilogueKind {
    bool bias = false;
    bool accumulate = false;
    Activation activation;
};

/// C = f(accumulate * C + op(A) op(B) + bias). Arguments: c, a, b, bias (empty without one).
KernelCase product(const GemmShape& shape, const EpilogueKind& kind, const std::string& variant, Fill fill,
                   const Tolerance& tolerance) {
    const Index count = shape.m * shape.n;
    const double operands = static_cast<double>(shape.m * shape.k + shape.k * shape.n);
    KernelCase test("gemm", "gemm", describe(shape) + variant);
    if (kind.accumulate)
        test.inout("c", count, fill);
    else
        test.output("c", count);
    return test.input("a", shape.m * shape.k, fill)
        .input("b", shape.k * shape.n, fill)
        .input("bias", kind.bias ? shape.n : 0, fill)
        .moves(4 * (operands + static_cast<double>(count) * (kind.accumulate ? 2 : 1) + (kind.bias ? shape.n : 0)))
        .computes(2.0 * static_cast<double>(count) * static_cast<double>(shape.k))
        .multiplies(shape)
        .within(tolerance)
        .uses_transcendentals(is_transcendental(kind.activation))
        .runs([=]<class Queue>(Queue& queue, const auto& b) {
            Epilogue<typename Queue::Real> epilogue;
            if (kind.bias) epilogue.bias = b.real(3);
            epilogue.activation = kind.activation;
            epilogue.accumulate = kind.accumulate;
            gemm(queue, b.real(0), b.real(1), b.real(2), shape, epilogue);
        });
}

/// Products of numbers in [-1, 1) have variance 1/9: partial sums grow like sqrt(j) / 3, each is rounded once, and the
/// error walks at random to about 0.14 k units of 2^-24 (one standard deviation, plain summation); k is seven of these.
/// Bias, old content and activation add a few roundings.
Tolerance random_product(Index k) {
    return {(static_cast<double>(k) + 8) * kRounding, 8 * kRounding,
            "the random walk of the roundings of " + std::to_string(k) + " products, and an activation's 4 ulp"};
}

const Tolerance kExactProduct = exact("products and sums of small integers have no rounding");

/// A training that diverges must be seen to: a NaN and an infinity in A come through, in their rows alone, however the
/// operands are rounded.
KernelCase not_finite(const GemmShape& shape) {
    KernelCase test = product(shape, {}, " NaN and infinity", uniform(-1, 1),
                              {static_cast<double>(shape.k) * 0x1p-8, 0, "two operands rounded to bfloat16"});
    const Index count = shape.m * shape.k;
    test.arguments[1].fill = nonfinite(count / 3, count - 1);
    return test;
}

template <class Body>
void for_transposes(const Body& body) {
    for (const bool transpose_a : {false, true}) {
        for (const bool transpose_b : {false, true}) body(transpose_a, transpose_b);
    }
}

void add_shape_sweep(CaseList& cases) {
    constexpr Index kSides[] = {0, 1, 2, 13, 14, 15, 16, 17, 31, 32, 33, 49, 100};
    constexpr Index kDepths[] = {0, 1, 2, 7, 16, 33, 100};
    for_transposes([&](bool transpose_a, bool transpose_b) {
        unsigned count = 0;
        const auto add = [&](Index m, Index n, Index k) {
            // Bias, accumulation and ReLU are exact too: their eight combinations take turns.
            const bool bias = count & 1, accumulate = count & 2, relu = count & 4;
            ++count;
            const EpilogueKind kind{bias, accumulate, {relu ? ActivationKind::relu : ActivationKind::identity}};
            const std::string name = std::string(bias ? " bias" : "") + (accumulate ? " accumulate" : "") +
                                     (relu ? " relu" : "") + " integers";
            cases.push_back(product({m, n, k, transpose_a, transpose_b}, kind, name, integers(-8, 8), kExactProduct));
        };
        // Every pair of sides meets two of the seven depths, in turn.
        std::size_t depth = 0;
        for (const Index m : kSides) {
            for (const Index n : kSides) {
                for (int repeat = 0; repeat < 2; ++repeat) add(m, n, kDepths[depth++ % std::size(kDepths)]);
            }
        }
        for (const Index k : {700, 1023, 1024, 1025, 1500}) {
            for (const Index m : {1, 14, 37}) {
                for (const Index n : {1, 33, 65}) add(m, n, k);
            }
        }
        add(300, 500, 70);  // several panels of rows and columns
        add(1, 3000, 5);    // wide
        add(2000, 1, 7);    // tall
        // Several blocks of rows: B is packed for all of them; the third also has several blocks of depth.
        const auto add_on_cpu = [&](Index m, Index n, Index k) {
            add(m, n, k);
            cases.back().only_on_cpu();
        };
        add_on_cpu(785, 70, 257);
        add_on_cpu(1001, 33, 600);
        add_on_cpu(300, 70, 1500);
        add_on_cpu(401, 65, 1025);
        add_on_cpu(129, 785, 401);  // the VAE's layers, each side one too large
    });
}

void add_rounding_and_epilogues(CaseList& cases) {
    for_transposes([&](bool transpose_a, bool transpose_b) {
        for (const Index k : {0, 3, 700, 1500}) {
            const GemmShape shape{15, 49, k, transpose_a, transpose_b};
            cases.push_back(product(shape, {}, " uniform", uniform(-1, 1), random_product(k)));
        }
        cases.push_back(not_finite({15, 49, 33, transpose_a, transpose_b}));
        for (const GemmShape& sides : {GemmShape{1, 1, 1}, GemmShape{3, 5, 0}, GemmShape{17, 33, 20}}) {
            const GemmShape shape{sides.m, sides.n, sides.k, transpose_a, transpose_b};
            for (const NamedActivation& named : kAllActivations) {
                for (const bool bias : {false, true}) {
                    for (const bool accumulate : {false, true}) {
                        const std::string name =
                            std::string(" ") + named.name + (bias ? " bias" : "") + (accumulate ? " accumulate" : "");
                        // Under exp an absolute error of its argument is a relative one of the result.
                        Tolerance tolerance = random_product(shape.k);
                        if (named.activation.kind == ActivationKind::exp) tolerance.relative += tolerance.absolute;
                        cases.push_back(
                            product(shape, {bias, accumulate, named.activation}, name, uniform(-1, 1), tolerance));
                    }
                }
            }
        }
    });
}

/// The old contents of dw and db, where they are added to, and everything else are small integers.
KernelCase parameter_gradients(const LinearShape& shape, bool accumulate_dw, bool accumulate_db) {
    const Fill fill = integers(-8, 8);
    KernelCase test("gemm", "linear_parameter_gradients",
                    "batch=" + std::to_string(shape.batch) + " " + std::to_string(shape.in) + "-" +
                        std::to_string(shape.out) + (accumulate_dw ? " accumulate dw" : "") +
                        (accumulate_db ? " accumulate db" : ""));
    const auto result = [&](const char* name, Index count, bool accumulate) {
        accumulate ? test.inout(name, count, fill) : test.output(name, count);
    };
    result("dw", shape.in * shape.out, accumulate_dw);
    result("db", shape.out, accumulate_db);
    const double elements = static_cast<double>(shape.batch * (shape.in + shape.out) + shape.in * shape.out);
    return test.input("x", shape.batch * shape.in, fill)
        .input("ds", shape.batch * shape.out, fill)
        .moves(4 * elements)
        .computes(2.0 * static_cast<double>(shape.batch * shape.in * shape.out))
        .within(kExactProduct)
        .runs([=](auto& queue, const auto& b) {
            linear_parameter_gradients(queue, b.real(0), b.real(1), b.real(2), b.real(3), shape, accumulate_dw,
                                       accumulate_db);
        });
}

void add_parameter_gradients(CaseList& cases) {
    unsigned turn = 0;
    for (const LinearShape& shape : {LinearShape{0, 3, 5}, LinearShape{1, 1, 1}, LinearShape{5, 0, 7},
                                     LinearShape{7, 5, 0}, LinearShape{9, 20, 33}, LinearShape{33, 6, 31},
                                     LinearShape{130, 401, 66}, LinearShape{700, 20, 41}, LinearShape{3, 70, 5000}}) {
        for (int repeat = 0; repeat < 2; ++repeat, turn += 3)
            cases.push_back(parameter_gradients(shape, turn & 1, turn & 2));
    }
}

/// A dense layer's three products: y = f(x W + b), dx = dy W^T, dW += x^T dy.
void add_layer_benchmarks(CaseList& cases, Index batch, Index inputs, Index outputs, ActivationKind activation) {
    const Fill fill = uniform(-1, 1);
    const std::string layer = " layer " + std::to_string(inputs) + "-" + std::to_string(outputs);
    cases.push_back(product({batch, outputs, inputs}, {true, false, {activation}}, layer + " forward", fill, {}));
    cases.push_back(product({batch, inputs, outputs, false, true}, {}, layer + " input gradient", fill, {}));
    cases.push_back(product({inputs, outputs, batch, true, false}, {}, layer + " weight gradient", fill, {}));
}

}  // namespace

void add_gemm_tile_cases(CaseList& cases) {
    for_transposes([&](bool transpose_a, bool transpose_b) {
        // Two tiles of rows or of columns and a few more, which no tile divides; the first in fours, the second not.
        // Six stages of the depth, more than a pipeline holds.
        cases.push_back(product({292, 36, 168, transpose_a, transpose_b}, {true, true, {ActivationKind::relu}},
                                " bias accumulate relu integers", integers(-8, 8), kExactProduct));
        cases.push_back(
            product({61, 131, 165, transpose_a, transpose_b}, {}, " integers", integers(-8, 8), kExactProduct));
        cases.push_back(not_finite({61, 131, 69, transpose_a, transpose_b}));
    });
}

void add_gemm_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::test) {
        add_shape_sweep(cases);
        add_rounding_and_epilogues(cases);
        add_parameter_gradients(cases);
        return;
    }
    add_layer_benchmarks(cases, 128, 784, 400, ActivationKind::relu);
    add_layer_benchmarks(cases, 128, 400, 40, ActivationKind::identity);
    add_layer_benchmarks(cases, 128, 20, 400, ActivationKind::relu);
    add_layer_benchmarks(cases, 128, 400, 784, ActivationKind::identity);
    // The convolutional models' dense layers: DCGAN 28's first and last, the VAE's around its latent space.
    add_layer_benchmarks(cases, 128, 100, 12'544, ActivationKind::identity);
    add_layer_benchmarks(cases, 128, 6272, 1, ActivationKind::identity);
    add_layer_benchmarks(cases, 128, 3136, 16, ActivationKind::relu);
    add_layer_benchmarks(cases, 128, 2, 3136, ActivationKind::relu);
    for (const Index n : {512, 1024, 2048}) {
        cases.push_back(product({n, n, n}, {}, "", uniform(-1, 1), {}));
    }
}

}  // namespace sinter::kernels
