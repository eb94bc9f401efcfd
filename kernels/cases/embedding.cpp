// Cases of kernels/embedding.h, on small integers: every sum is exact, so a lost or doubled row shows.
#include "kernels/embedding.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

void add_both(CaseList& cases, Purpose purpose, MatrixShape shape, Index entries) {
    const std::string size = describe(shape) + " of " + std::to_string(entries);
    const Index table = entries * shape.columns;
    const Fill indices = integers(0, static_cast<double>(entries - 1));
    const double rows_bytes = 4 * static_cast<double>(2 * shape.count() + shape.rows);
    cases.push_back(
        KernelCase("embedding", "embedding_forward", size)
            .output("y", shape.count())
            .input("table", table)
            .input("indices", shape.rows, indices, ElementType::int32)
            .moves(rows_bytes)
            .within(exact("a copy"))
            .runs([=](auto& queue, auto b) { embedding_forward(queue, b.real(0), b.real(1), b.int32(2), shape); }));
    const Tolerance sums = exact("sums of small integers");
    cases.push_back(KernelCase("embedding", "embedding_backward", size)
                        .output("dtable", table)
                        .input("dy", shape.count(), integers(-8, 8))
                        .input("indices", shape.rows, indices, ElementType::int32)
                        .moves(4 * static_cast<double>(table + shape.count() + shape.rows))
                        .within(sums)
                        .runs([=](auto& queue, auto b) {
                            embedding_backward(queue, b.real(0), b.real(1), b.int32(2), shape, entries, false);
                        }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("embedding", "embedding_backward", size + " accumulate")
                        .inout("dtable", table, integers(-8, 8))
                        .input("dy", shape.count(), integers(-8, 8))
                        .input("indices", shape.rows, indices, ElementType::int32)
                        .within(sums)
                        .runs([=](auto& queue, auto b) {
                            embedding_backward(queue, b.real(0), b.real(1), b.int32(2), shape, entries, true);
                        }));
}

}  // namespace

void add_embedding_cases(CaseList& cases, Purpose purpose) {
    if (purpose == Purpose::benchmark) {
        add_both(cases, purpose, {128, 100}, 10);
        add_both(cases, purpose, {16'384, 128}, 1000);
        return;
    }
    for (const MatrixShape shape : shapes(purpose)) {
        for (const Index entries : {1, 10, 300}) {
            if (entries * shape.columns < 250'000) add_both(cases, purpose, shape, entries);
        }
    }
}

}  // namespace sinter::kernels
