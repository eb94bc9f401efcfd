// The variational bottleneck on the CPU: noise, sample and KL divergence tile by tile. The noise of a tile lives in the
// nearest cache only; backward makes it again. Importance samples are rows of their own, in runs of one image.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/vae.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>

#include "hwy/highway.h"
#include "kernels/cpu/toolbox/math-inl.h"
#include "kernels/cpu/toolbox/parallel_sum.h"
#include "kernels/cpu/toolbox/random-inl.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/cpu/toolbox/sum-inl.h"
#include "kernels/vae.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// A run of elements b * latent + l, their rows laid end to end so that vectors are full however narrow the latent is.
struct Tile {
    HWY_ALIGN float mu[kRandomTile];
    HWY_ALIGN float log_variance[kRandomTile];
    HWY_ALIGN float noise[kRandomTile];
};

/// Calls body(head, i, count) for every piece of a row in [begin, end). A piece is `count` elements from `i` on,
/// counted from begin; their mu stand from heads[head] on.
template <class Body>
HWY_ATTR HWY_INLINE void for_row_pieces(LatentShape shape, Index begin, Index end, const Body& body) {
    Index row = begin / shape.latent;
    Index column = begin % shape.latent;
    for (Index i = begin; i < end; ++row, column = 0) {
        const Index count = std::min(shape.latent - column, end - i);
        body(row * 2 * shape.latent + column, i - begin, count);
        i += count;
    }
}

HWY_ATTR void load_tile(Tile& tile, const float* heads, LatentShape shape, const RandomStream& stream, Index begin,
                        Index end) {
    for_row_pieces(shape, begin, end, [&](Index head, Index i, Index count) {
        std::copy_n(heads + head, count, tile.mu + i);
        std::copy_n(heads + head + shape.latent, count, tile.log_variance + i);
    });
    random_numbers(tile.noise, stream, begin, end, Normals{});
}

struct Deviation {
    FloatVector sigma;
    FloatVector variance_minus_one;
};

/// sigma and sigma^2 - 1 from log sigma^2 within the limit. With d = sigma - 1 the latter is d (d + 2), which keeps its
/// digits near the prior, where log sigma^2 and the gradient of the KL divergence are close to zero.
HWY_ATTR HWY_INLINE Deviation deviation(FloatVector log_variance) {
    const FloatVector half = hn::Mul(constant(0.5f), log_variance);
    const FloatVector d = expm1_bounded(half);
    return {exp(half), hn::Mul(d, hn::Add(d, constant(2.0f)))};
}

/// Within +-kLogVarianceLimit, or NaN: Min and Max may lose it.
HWY_ATTR HWY_INLINE FloatVector clamped(FloatVector log_variance) {
    const FloatVector limit = constant(kLogVarianceLimit);
    const FloatVector minus_limit = hn::Neg(limit);
    log_variance = hn::IfThenElse(hn::Gt(log_variance, limit), limit, log_variance);
    return hn::IfThenElse(hn::Lt(log_variance, minus_limit), minus_limit, log_variance);
}

HWY_ATTR double reparameterise_kl_forward_range(float* z, const float* heads, LatentShape shape,
                                                const RandomStream& stream, Index begin, Index end) {
    Tile tile;
    load_tile(tile, heads, shape, stream, begin, end);
    const double sum = sum_vectors(0, end - begin, [&](auto access, Index i) HWY_ATTR {
        const FloatVector mu = access.load(tile.mu + i);
        const FloatVector log_variance = clamped(access.load(tile.log_variance + i));
        const Deviation s = deviation(log_variance);
        access.store(hn::MulAdd(s.sigma, access.load(tile.noise + i), mu), z + begin + i);
        return hn::MulAdd(mu, mu, hn::Sub(s.variance_minus_one, log_variance));
    });
    return 0.5 * sum;
}

HWY_ATTR void reparameterise_kl_backward_range(float* dheads, const float* dz, const float* dkl, const float* heads,
                                               LatentShape shape, double scale, const RandomStream& stream, Index begin,
                                               Index end) {
    Tile tile;
    load_tile(tile, heads, shape, stream, begin, end);
    const FloatVector kl_weight = constant(dkl[0] * scale);
    const FloatVector limit = constant(kLogVarianceLimit);
    // The gradients take the places of the values that they belong to.
    for_vectors(0, end - begin, [&](auto access, Index i) HWY_ATTR {
        const FloatVector mu = access.load(tile.mu + i);
        const FloatVector log_variance = access.load(tile.log_variance + i);
        const FloatVector dz_i = access.load(dz + begin + i);
        const Deviation s = deviation(log_variance);
        const FloatVector dsigma = hn::Mul(dz_i, access.load(tile.noise + i));
        const FloatVector twice = hn::MulAdd(dsigma, s.sigma, hn::Mul(kl_weight, s.variance_minus_one));
        const auto clamped = hn::Gt(hn::Abs(log_variance), limit);
        access.store(hn::MulAdd(kl_weight, mu, dz_i), tile.mu + i);
        access.store(hn::IfThenZeroElse(clamped, hn::Mul(constant(0.5f), twice)), tile.log_variance + i);
    });
    for_row_pieces(shape, begin, end, [&](Index head, Index i, Index count) {
        std::copy_n(tile.mu + i, count, dheads + head);
        std::copy_n(tile.log_variance + i, count, dheads + head + shape.latent);
    });
}

/// z of `columns` units of a row, and the sum of their parts of twice the log ratio.
HWY_ATTR HWY_INLINE double importance_sample(float* z, const float* mu, const float* log_variance, const float* noise,
                                             Index columns) {
    return sum_vectors(0, columns, [&](auto access, Index l) HWY_ATTR {
        const FloatVector logvar = clamped(access.load(log_variance + l));
        const FloatVector eps = access.load(noise + l);
        const FloatVector sample = hn::MulAdd(exp(hn::Mul(constant(0.5f), logvar)), eps, access.load(mu + l));
        access.store(sample, z + l);
        return hn::Add(logvar, hn::NegMulAdd(sample, sample, hn::Mul(eps, eps)));
    });
}

/// The noise of neighbouring samples of an image is one run of the draw: as many as a tile holds are drawn at once, or
/// a part of one.
HWY_ATTR void importance_samples_rows(float* z, float* log_ratio, const float* heads, const ImportanceShape& shape,
                                      const RandomStream& noise, Index begin, Index end) {
    HWY_ALIGN float tile[kRandomTile];
    double sums[kRandomTile / 4];
    const Index latent = shape.latent, stride = shape.noise_stride();
    const Index tile_rows = std::max<Index>(1, kRandomTile / stride);
    for (Index row = begin; row < end;) {
        const Index image = row / shape.samples, sample = row % shape.samples;
        const Index rows = std::min({tile_rows, shape.samples - sample, end - row});
        const float* const mu = heads + image * 2 * latent;
        RandomStream stream = noise;
        stream.step += static_cast<std::uint64_t>(image);
        std::fill_n(sums, rows, 0.0);
        for (Index column = 0; column < latent; column += kRandomTile) {
            const Index columns = std::min(kRandomTile, latent - column);
            const Index first = (shape.first + sample) * stride + column;
            random_numbers(tile, stream, first, first + (rows - 1) * stride + columns, Normals{});
            for (Index i = 0; i < rows; ++i) {
                sums[i] += importance_sample(z + (row + i) * latent + column, mu + column, mu + latent + column,
                                             tile + i * stride, columns);
            }
        }
        for (Index i = 0; i < rows; ++i) log_ratio[row + i] = static_cast<float>(0.5 * sums[i]);
        row += rows;
    }
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(reparameterise_kl_forward_range);
HWY_EXPORT(reparameterise_kl_backward_range);
HWY_EXPORT(importance_samples_rows);

void reparameterise_kl_forward(CpuQueue& queue, Real* z, Real* kl, const Real* heads, LatentShape shape, double scale,
                               const RandomAddress& noise) {
    const auto range = HWY_DYNAMIC_DISPATCH(reparameterise_kl_forward_range);
    const RandomStream stream = read_stream(noise);
    const double sum = parallel_sum(queue, shape.batch * shape.latent, HWY_NAMESPACE::kRandomTile,
                                    [&](Index begin, Index end) { return range(z, heads, shape, stream, begin, end); });
    kl[0] = static_cast<Real>(scale * sum);
}

void reparameterise_kl_backward(CpuQueue& queue, Real* dheads, const Real* dz, const Real* dkl, const Real* heads,
                                LatentShape shape, double scale, const RandomAddress& noise) {
    const auto range = HWY_DYNAMIC_DISPATCH(reparameterise_kl_backward_range);
    const RandomStream stream = read_stream(noise);
    parallel_for(queue, shape.batch * shape.latent, HWY_NAMESPACE::kRandomTile,
                 [&](Index begin, Index end) { range(dheads, dz, dkl, heads, shape, scale, stream, begin, end); });
}

void importance_samples(CpuQueue& queue, Real* z, Real* log_ratio, const Real* heads, ImportanceShape shape,
                        const RandomAddress& noise) {
    const auto some_rows = HWY_DYNAMIC_DISPATCH(importance_samples_rows);
    const RandomStream stream = read_stream(noise);
    const Index rows_per_task = std::max<Index>(1, kElementsPerTask / shape.noise_stride());
    parallel_for(queue, shape.rows(), rows_per_task,
                 [&](Index begin, Index end) { some_rows(z, log_ratio, heads, shape, stream, begin, end); });
}

}  // namespace sinter::kernels
#endif
