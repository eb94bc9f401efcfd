// Spectral normalisation on the tape (Miyato et al., "Spectral normalization for generative adversarial networks",
// arXiv:1802.05957).
#pragma once

#include "core/random.h"
#include "core/tensor.h"

namespace sinter {

/// Estimates of the singular vectors that belong to the largest singular value of a weight [..., out], read as the
/// matrix W [rest, out]. Both have length 1.
struct SingularVectors {
    Tensor u;  ///< [out], on the side of the outputs: what torch.nn.utils.spectral_norm calls u
    Tensor v;  ///< the weight's shape without its last axis, on the side of the inputs
};

/// A random direction u, one draw of the generator, and v = W u / |W u|.
SingularVectors start_power_iteration(const Tensor& weight, Generator& generator);

/// weight / sigma with sigma = v^T W u, the estimate of the largest singular value. With `iterate` the vectors, which
/// are overwritten, first take one step of power iteration, v = W u / |W u| and u = W^T v / |W^T v|; not under a Watch,
/// because it takes a step a second time. The gradient takes u and v as constants, as the paper does. Has derivatives
/// of every order.
Tensor spectral_norm(const Tensor& weight, SingularVectors& vectors, bool iterate);

}  // namespace sinter
