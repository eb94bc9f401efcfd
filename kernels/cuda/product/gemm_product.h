// The tiled product as its launchers see it: C = f(accumulate * C + A B + bias) for operands and rows of C that are
// views (gemm_operands.cuh).
#pragma once

#include <type_traits>

#include "kernels/cuda/product/gemm_operands.cuh"
#include "kernels/cuda/product/gemm_plan.h"
#include "kernels/gemm.h"

namespace sinter::kernels {

/// C [m, n] = A [m, k] B [k, n].
template <class A, class B>
struct Product {
    A a;
    B b;
    PixelRows c;
    int m = 0, n = 0, k = 0;
};

/// The products of one launch: the phases of a convolution's input gradient, which differ in m and k at most. For other
/// operands a group is one product.
template <class A, class B>
inline constexpr int kMaxProducts = std::is_same_v<A, Rows>&& std::is_same_v<B, Rows> ? 4 : 1;
template <class A, class B>
struct ProductGroup {
    Product<A, B> products[kMaxProducts<A, B>];
    int count = 0;
};

/// A by-product for weight gradients: to[c] = (or += if accumulate) the sum of column c of the first product's B, which
/// is the gradient of a bias. Null for none.
struct ColumnSums {
    float* to = nullptr;
    bool accumulate = false;
};

/// Does the products, in the queue's precision. It is defined for the operands that gemm_*.cu instantiate it for, and
/// has the by-product where both are Columns.
template <class A, class B>
void tiled_products(CudaQueue& queue, const ProductGroup<A, B>& group, const Epilogue<float>& epilogue,
                    const ColumnSums& column_sums = {});

/// A size or count as an int. Throws std::length_error for a product that is too large.
int small_size(Index size);

/// Whether an array whose rows have so many elements can be copied 16 bytes at a time.
bool copies_in_fours(const void* data, Index row);

/// A dense matrix stored [rows, depth] as an operand.
Rows dense_rows(const float* data, Index rows, Index depth);
/// A dense matrix stored [depth, sides].
Columns dense_columns(const float* data, Index depth, Index sides);
/// The rows of a dense result.
PixelRows dense_result(float* data, Index columns);

/// One product. Only the sizes of `shape` count.
template <class A, class B>
void tiled_product(CudaQueue& queue, const A& a, const B& b, const PixelRows& c, const GemmShape& shape,
                   const Epilogue<float>& epilogue, const ColumnSums& column_sums = {}) {
    ProductGroup<A, B> group;
    group.products[0] = {a, b, c, small_size(shape.m), small_size(shape.n), small_size(shape.k)};
    group.count = 1;
    tiled_products(queue, group, epilogue, column_sums);
}

}  // namespace sinter::kernels
