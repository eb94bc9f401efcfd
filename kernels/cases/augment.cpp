// Cases of kernels/augment.h.
#include "kernels/augment.h"

#include "kernels/cases/toolbox.h"

namespace sinter::kernels {
namespace {

// Both words of the step differ from zero, so that a lost half shows.
constexpr double kStep = 5'000'000'123;

constexpr Augmentation kAll{true, true, true};

std::string describe(const ImageShape& shape, const Augmentation& which, AugmentPass pass) {
    const std::string size = std::to_string(shape.batch) + "x" + std::to_string(shape.height) + "x" +
                             std::to_string(shape.width) + "x" + std::to_string(shape.channels);
    const char* const names[] = {"", " direction", " transpose"};
    return size + (which.colour ? " colour" : "") + (which.translation ? " translation" : "") +
           (which.cutout ? " cutout" : "") + names[static_cast<int>(pass)];
}

void add_augment(CaseList& cases, const ImageShape& shape, const Augmentation& which, AugmentPass pass) {
    // |x| <= 1. The mean of an image errs by the walk of a thread's sum and those of threads and vectors; a result is
    // at most 3 + 1.5 + 0.5 + 0.5 and rounded a few times at that size.
    const double terms = static_cast<double>(shape.height * shape.width * shape.channels) / 256 + 64;
    const Tolerance tolerance =
        which.colour ? Tolerance{(terms / 2 + 5 * 5.5) * kRounding, 0,
                                 "half the walk of the sum over the image, and five roundings at the largest result"}
                     : exact("numbers are moved");
    cases.push_back(KernelCase("augment", "augment", describe(shape, which, pass))
                        .output("y", shape.count())
                        .input("x", shape.count())
                        .input("step", 1, constant(kStep), ElementType::uint64)
                        .moves(2.0 * 4 * static_cast<double>(shape.count()))
                        .within(tolerance)
                        .runs([=](auto& queue, auto b) {
                            augment(queue, b.real(0), b.real(1), shape, which, pass,
                                    RandomAddress{0x0123456789ABCDEF, 7, b.uint64(2)});
                        }));
}

}  // namespace

void add_augment_cases(CaseList& cases, Purpose purpose) {
    constexpr AugmentPass kPasses[] = {AugmentPass::images, AugmentPass::direction, AugmentPass::transpose};
    if (purpose == Purpose::benchmark) {
        for (const ImageShape& shape : {ImageShape{64, 28, 28, 1}, ImageShape{128, 32, 32, 3},
                                        ImageShape{64, 64, 64, 3}, ImageShape{32, 256, 256, 3}}) {
            for (const AugmentPass pass : {AugmentPass::images, AugmentPass::transpose})
                add_augment(cases, shape, kAll, pass);
        }
        return;
    }
    // No image, one pixel, sides that are no multiple of anything, channels of every path, several tasks and blocks.
    constexpr ImageShape kShapes[] = {{0, 5, 5, 3},   {3, 1, 1, 1},   {2, 2, 3, 3},   {9, 8, 8, 1},    {5, 17, 9, 3},
                                      {4, 28, 28, 1}, {3, 32, 32, 3}, {2, 21, 33, 4}, {40, 16, 19, 2}, {2, 67, 65, 3}};
    for (const ImageShape& shape : kShapes) {
        for (const AugmentPass pass : kPasses) add_augment(cases, shape, kAll, pass);
    }
    for (const Augmentation& which : {Augmentation{true, false, false}, Augmentation{false, true, false},
                                      Augmentation{false, false, true}, Augmentation{}}) {
        for (const AugmentPass pass : kPasses) add_augment(cases, {6, 19, 24, 3}, which, pass);
    }
}

}  // namespace sinter::kernels
