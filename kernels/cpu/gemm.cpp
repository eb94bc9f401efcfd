// The matrix product of plain matrices on the CPU: operands in memory handed to the blocked product.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/gemm.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/product/gemm-inl.h"
#include "kernels/reduce.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

void plain_product(CpuQueue& queue, float* c, const float* a, const float* b, const GemmShape& shape,
                   const Epilogue<float>& epilogue) {
    const PlainOperand left{a, shape.transpose_a ? shape.m : shape.k, !shape.transpose_a};
    const PlainOperand right{b, shape.transpose_b ? shape.k : shape.n, shape.transpose_b};
    blocked_product(queue, PlainOutput{c, shape.n}, left, right, shape.m, shape.n, shape.k, epilogue);
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(plain_product);

void gemm(CpuQueue& queue, Real* c, const Real* a, const Real* b, const GemmShape& shape,
          const Epilogue<Real>& epilogue) {
    HWY_DYNAMIC_DISPATCH(plain_product)(queue, c, a, b, shape, epilogue);
}

void linear_parameter_gradients(CpuQueue& queue, Real* dw, Real* db, const Real* x, const Real* ds,
                                const LinearShape& shape, bool accumulate_dw, bool accumulate_db) {
    gemm(queue, dw, x, ds, {shape.in, shape.out, shape.batch, true, false}, {nullptr, {}, accumulate_dw});
    sum_rows(queue, db, ds, {shape.batch, shape.out}, accumulate_db);
}

}  // namespace sinter::kernels
#endif
