// Cases of kernels/gather.h.
#include "kernels/gather.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

/// A batch of rows from a set of `examples`, starting at `position` of a permutation of it.
struct Batch {
    Index examples;
    Index position;
    MatrixShape shape;
};

std::string describe(const Batch& batch) {
    return describe(batch.shape) + " of " + std::to_string(batch.examples) + " from " + std::to_string(batch.position);
}

void add_images(CaseList& cases, const Batch& batch, const std::string& variant, double scale, double offset,
                const Tolerance& tolerance) {
    const double bytes = static_cast<double>(batch.shape.count());
    cases.push_back(KernelCase("gather", "gather_images", describe(batch) + variant)
                        .output("y", batch.shape.count())
                        .input("images", batch.examples * batch.shape.columns, integers(0, 255), ElementType::byte)
                        .input("order", batch.examples, permutation(), ElementType::int32)
                        .input("position", 1, constant(static_cast<double>(batch.position)), ElementType::int64)
                        .moves(5 * bytes)
                        .within(tolerance)
                        .runs([=](auto& queue, auto b) {
                            gather_images(queue, b.real(0), b.bytes(1), b.int32(2), b.int64(3), batch.shape, scale,
                                          offset);
                        }));
}

void add_labels(CaseList& cases, const Batch& batch) {
    const Index n = batch.shape.rows;
    cases.push_back(KernelCase("gather", "gather_labels", describe(batch))
                        .output("y", n, ElementType::int32)
                        .input("labels", batch.examples, integers(0, 255), ElementType::byte)
                        .input("order", batch.examples, permutation(), ElementType::int32)
                        .input("position", 1, constant(static_cast<double>(batch.position)), ElementType::int64)
                        .moves(9.0 * n)
                        .within(exact("bytes, widened"))
                        .runs([=](auto& queue, auto b) {
                            gather_labels(queue, b.int32(0), b.bytes(1), b.int32(2), b.int64(3), n);
                        }));
}

/// A block of a wider matrix copied into a block of another. The last row of either ends with the block: what would
/// follow it does not belong to the buffer.
void add_copy(CaseList& cases, Purpose purpose, MatrixShape shape, Index to_gap, Index from_gap) {
    const Index to_stride = shape.columns + to_gap, from_stride = shape.columns + from_gap;
    const auto extent = [&](Index stride) { return shape.rows == 0 ? 0 : (shape.rows - 1) * stride + shape.columns; };
    const std::string size =
        describe(shape) + " strides " + std::to_string(to_stride) + "," + std::to_string(from_stride);
    cases.push_back(KernelCase("gather", "copy_block", size)
                        .output("to", extent(to_stride))
                        .input("from", extent(from_stride))
                        .moves(2.0 * 4 * shape.count())
                        .within(exact("a copy; the gaps keep what they held"))
                        .runs([=](auto& queue, auto b) {
                            copy_block(queue, b.real(0), b.real(1), shape, to_stride, from_stride, false);
                        }));
    if (purpose == Purpose::benchmark) return;
    cases.push_back(KernelCase("gather", "copy_block", size + " accumulate")
                        .inout("to", extent(to_stride))
                        .input("from", extent(from_stride))
                        .within(rounded(1))
                        .runs([=](auto& queue, auto b) {
                            copy_block(queue, b.real(0), b.real(1), shape, to_stride, from_stride, true);
                        }));
}

void add_transpose(CaseList& cases, MatrixShape shape) {
    cases.push_back(KernelCase("gather", "transpose", describe(shape))
                        .output("y", shape.count())
                        .input("x", shape.count())
                        .moves(2.0 * 4 * shape.count())
                        .within(exact("a copy"))
                        .runs([=](auto& queue, auto b) { transpose(queue, b.real(0), b.real(1), shape); }));
}

void add_flip(CaseList& cases, const ImageShape& shape) {
    cases.push_back(KernelCase("gather", "flip_horizontal",
                               std::to_string(shape.batch) + "x" + std::to_string(shape.height) + "x" +
                                   std::to_string(shape.width) + "x" + std::to_string(shape.channels))
                        .output("y", shape.count())
                        .input("x", shape.count())
                        .input("step", 1, constant(7), ElementType::uint64)
                        .moves(2.0 * 4 * static_cast<double>(shape.count()))
                        .within(exact("a copy"))
                        .runs([=](auto& queue, auto b) {
                            flip_horizontal(queue, b.real(0), b.real(1), shape, {5, 3, b.uint64(2)});
                        }));
}

void add_shift(CaseList& cases, const ImageShape& shape, Index most) {
    cases.push_back(KernelCase("gather", "shift_images",
                               std::to_string(shape.batch) + "x" + std::to_string(shape.height) + "x" +
                                   std::to_string(shape.width) + "x" + std::to_string(shape.channels) + " by " +
                                   std::to_string(most))
                        .output("y", shape.count())
                        .input("x", shape.count())
                        .input("step", 1, constant(7), ElementType::uint64)
                        .moves(2.0 * 4 * static_cast<double>(shape.count()))
                        .within(exact("a copy"))
                        .runs([=](auto& queue, auto b) {
                            shift_images(queue, b.real(0), b.real(1), shape, most, -1, {5, 3, b.uint64(2)});
                        }));
}

}  // namespace

void add_gather_cases(CaseList& cases, Purpose purpose) {
    std::vector<Batch> batches;
    if (purpose == Purpose::benchmark) {
        batches = {{60'000, 1280, {128, 784}}};
    } else {
        for (const MatrixShape shape : shapes(purpose)) batches.push_back({shape.rows + 5, 3, shape});
        batches.push_back({200, 0, {128, 784}});  // MNIST's
        batches.push_back({7, 0, {7, 33}});       // a whole set, to its last row
        batches.push_back({7, 6, {1, 15}});
    }
    for (const Batch& batch : batches) {
        add_images(cases, batch, "", 1.0 / 255, 0, {0, 2 * kRounding, "the scale and the product rounded once each"});
        add_labels(cases, batch);
        if (purpose == Purpose::benchmark) continue;
        add_images(cases, batch, " in [-1, 1]", 2.0 / 255, -1,
                   {4 * kRounding, kRounding, "scale and product rounded once each, at most 2 in size; then the sum"});
        add_images(cases, batch, " exact", 0.0078125, -1, exact("bytes times a power of two, less one"));
    }

    for (const MatrixShape shape : shapes(purpose)) {
        add_copy(cases, purpose, shape, 0, 0);
        add_copy(cases, purpose, shape, 3, 0);
        add_copy(cases, purpose, shape, 0, 17);
        if (purpose == Purpose::test) add_copy(cases, purpose, shape, 1, 2);
        add_transpose(cases, shape);
    }
    if (purpose == Purpose::benchmark) {
        add_flip(cases, {128, 28, 28, 1});
        add_flip(cases, {128, 64, 64, 3});
        add_shift(cases, {128, 32, 32, 3}, 4);
        return;
    }
    for (const Index channels : {1, 2, 3, 8, 17}) {
        for (const Index width : {1, 2, 7, 15, 16, 17, 33}) add_flip(cases, {13, 3, width, channels});
    }
    for (const Index channels : {1, 2, 3, 17}) {
        for (const Index width : {1, 2, 7, 16, 33}) {
            for (const Index most : {0, 1, 4, 40}) add_shift(cases, {13, 5, width, channels}, most);
        }
    }
    add_shift(cases, {0, 3, 5, 1}, 2);
    add_shift(cases, {3, 0, 5, 1}, 2);
    add_shift(cases, {3, 5, 0, 1}, 2);
    add_shift(cases, {3, 64, 64, 3}, 8);
    add_flip(cases, {0, 3, 5, 1});
    add_flip(cases, {3, 0, 5, 1});
    add_flip(cases, {3, 64, 64, 3});  // an image longer than a task
    for (const Index rows : {1, 3, 4, 5, 8, 15, 16, 17, 63, 64, 65, 130}) {
        for (const Index columns : {1, 2, 4, 7, 8, 9, 16, 31, 64, 65, 129}) add_transpose(cases, {rows, columns});
    }
}

}  // namespace sinter::kernels
