// Cases of kernels/dot_products.h. A product of two floats is exact in double and the order of a sum is fixed, so every
// backend must give the bits of the reference.
#include "kernels/dot_products.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

void add_pairs(CaseList& cases, const PairShape& shape, const std::string& variant, Fill fill) {
    const double vectors = static_cast<double>((shape.rows + shape.columns) * shape.depth);
    const Index count = shape.rows * shape.columns;
    cases.push_back(
        KernelCase("dot_products", "dot_products",
                   std::to_string(shape.rows) + "x" + std::to_string(shape.columns) + " of " +
                       std::to_string(shape.depth) + variant)
            .output("products", count, ElementType::real64)
            .input("a", shape.rows * shape.depth, fill)
            .input("b", shape.columns * shape.depth, fill)
            .moves(4 * vectors + 8 * static_cast<double>(count))
            .computes(2 * shape.multiply_adds())
            .within(exact("exact products of floats, summed in one order"))
            .runs([=](auto& queue, auto b) { dot_products(queue, b.real64(0), b.real(1), b.real(2), shape); }));
}

}  // namespace

void add_dot_products_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::benchmark) {
        add_pairs(cases, {1024, 8192, 128}, "", uniform(-1, 1));
        add_pairs(cases, {1000, 10'000, 1000}, "", uniform(-1, 1));
        return;
    }
    for (const Index rows : {0, 1, 5, 6, 7, 12, 13, 64, 65, 130}) {
        for (const Index columns : {0, 1, 2, 15, 16, 17, 64, 67}) {
            for (const Index depth : {0, 1, 16, 19}) add_pairs(cases, {rows, columns, depth}, "", uniform(-1, 1));
        }
    }
    for (const Index depth : {255, 256, 257, 700}) add_pairs(cases, {125, 33, depth}, "", uniform(-1, 1));
    add_pairs(cases, {3, 5, 300}, " NaN and infinity", nonfinite(310, 30));
}

}  // namespace sinter::kernels
