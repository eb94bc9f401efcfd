// Convolution of images and its two gradients: three kernels that serve convolution and transposed convolution alike. A
// transposed convolution's forward is conv_input_gradient, its input gradient conv_forward, its weight gradient
// conv_weight_gradient with the roles of x and dy exchanged.
#pragma once

#include "kernels/contract.h"
#include "kernels/gemm.h"
#include "kernels/geometry.h"

namespace sinter::kernels {

/// y = f(accumulate * y + conv(x, w) + bias), bias [out_channels]
SINTER_KERNEL(conv_forward, Real* y, const Real* x, const Real* w, const ConvGeometry& geometry,
              const Epilogue<Real>& epilogue);

/// dx = f(accumulate * dx + the transpose of conv applied to dy + bias), bias [in_channels]:
///   dx[n, p, q, c] = sum over a, b, o with i stride + a - pad_top = p, j stride + b - pad_left = q of dy[n, i, j, o]
///   w[a, b, c, o]
/// The epilogue is for transposed convolutions; a gradient has none.
SINTER_KERNEL(conv_input_gradient, Real* dx, const Real* dy, const Real* w, const ConvGeometry& geometry,
              const Epilogue<Real>& epilogue);

/// dw = (or += if accumulate) sum over n, i, j of x[n, i stride + a - pad_top, j stride + b - pad_left, c] dy[n, i, j,
/// o]
SINTER_KERNEL(conv_weight_gradient, Real* dw, const Real* x, const Real* dy, const ConvGeometry& geometry,
              bool accumulate);

}  // namespace sinter::kernels
