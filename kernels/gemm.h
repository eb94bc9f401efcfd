// The matrix product that dense layers and convolutions are made of, with its epilogue.
#pragma once

#include <compare>

#include "kernels/activation.h"
#include "kernels/contract.h"

namespace sinter::kernels {

/// C[m, n] = op(A)[m, k] * op(B)[k, n]; op(X) is X, or the transpose of the stored matrix X when its flag is set:
/// A is stored [m, k] (or [k, m] if transpose_a), B is stored [k, n] (or [n, k] if transpose_b).
struct GemmShape {
    Index m = 0;
    Index n = 0;
    Index k = 0;
    bool transpose_a = false;
    bool transpose_b = false;

    constexpr double multiply_adds() const { return static_cast<double>(m) * static_cast<double>(n * k); }

    auto operator<=>(const GemmShape&) const = default;
};

/// What is done to a tile of the product while it is still in registers or the nearest cache: C = f(accumulate * C +
/// product + bias).
template <class Real>
struct Epilogue {
    const Real* bias = nullptr;  ///< [n], added to every row; null for none
    Activation activation;       ///< f
    bool accumulate = false;     ///< add to what C holds
};

/// C = f(accumulate * C + op(A) op(B) + bias). With k == 0 the product is zero and the epilogue still applies.
SINTER_KERNEL(gemm, Real* c, const Real* a, const Real* b, const GemmShape& shape, const Epilogue<Real>& epilogue);

/// A dense layer y [batch, out] = x [batch, in] W [in, out] + b.
struct LinearShape {
    Index batch = 0;
    Index in = 0;
    Index out = 0;

    constexpr double multiply_adds() const { return static_cast<double>(batch) * static_cast<double>(in * out); }
};

/// The gradients of its parameters from that of y, ds [batch, out]:
///   dw = (or += if accumulate_dw) x^T ds              [in, out]
///   db = (or += if accumulate_db) column sums of ds   [out]
SINTER_KERNEL(linear_parameter_gradients, Real* dw, Real* db, const Real* x, const Real* ds, const LinearShape& shape,
              bool accumulate_dw, bool accumulate_db);

}  // namespace sinter::kernels
