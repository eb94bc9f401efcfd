// The random numbers of kernels/random.h in registers: a thread makes a block of Philox, which is a quad of a draw.
#pragma once

#include "kernels/cuda/toolbox/quad.cuh"
#include "kernels/philox.h"

namespace sinter::kernels {

/// Elements i .. i + 3 of a uniform draw in [0, 1), the same bits as on every backend. i is a multiple of 4.
__device__ __forceinline__ Quad uniforms(const RandomStream& stream, Index i) {
    const PhiloxBlock block = stream.block(static_cast<std::uint32_t>(i / kQuad));
    Quad u;
#pragma unroll
    for (int j = 0; j < kQuad; ++j) u[j] = uniform_from<float>(block.word[j]);
    return u;
}

/// Element i of the same draw, for any i.
__device__ __forceinline__ float uniform(const RandomStream& stream, Index i) {
    const Quad u = uniforms(stream, i - i % kQuad);
    float element = u[0];
#pragma unroll
    for (int j = 1; j < kQuad; ++j) element = i % kQuad == j ? u[j] : element;  // an index would put u into memory
    return element;
}

/// Elements i .. i + 3 of a standard normal draw, by Box and Muller. i is a multiple of 4.
__device__ __forceinline__ Quad normals(const RandomStream& stream, Index i) {
    const PhiloxBlock block = stream.block(static_cast<std::uint32_t>(i / kQuad));
    Quad n;
#pragma unroll
    for (int j = 0; j < kQuad; j += 2) {
        const float radius = sqrtf(-2 * logf(positive_uniform_from<float>(block.word[j])));
        float sine, cosine;
        sincospif(2 * uniform_from<float>(block.word[j + 1]), &sine, &cosine);  // the doubling is exact
        n[j] = radius * cosine;
        n[j + 1] = radius * sine;
    }
    return n;
}

}  // namespace sinter::kernels
