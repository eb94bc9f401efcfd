// Singular values and the eigenvectors of covariances, by Jacobi's rotations. For matrices of some hundred rows.
#pragma once

#include <span>

#include "core/shape.h"

namespace sinter {

/// Turns the rows of a square matrix [size, size] in pairs, each pair within its plane, until all are orthogonal
/// (Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958). Row i is then sigma_i times
/// the transposed right singular vector v_i, in no particular order: its length is a singular value. For a symmetric
/// positive semidefinite matrix these are an eigenvalue and its eigenvector.
///
/// It is backward stable: a singular value is off by a few roundings of the largest. It takes some ten sweeps of 6
/// size^3 operations.
void orthogonalise_rows(std::span<double> matrix, Index size);

}  // namespace sinter
