// Minimal filtering: images into the transformed domain and back. Included once per target.

#if defined(SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_IMAGES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_IMAGES_INL_H_
#undef SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_IMAGES_INL_H_
#else
#define SINTER_KERNELS_CPU_MINIMAL_FILTER_WINOGRAD_IMAGES_INL_H_
#endif

#include <algorithm>

#include "kernels/cpu/minimal_filter/winograd.h"
#include "kernels/cpu/minimal_filter/winograd_operands-inl.h"
#include "kernels/cpu/minimal_filter/winograd_transform-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// Strips (rows of tiles of one image, numbered through the batch) whose tiles are in the transformed domain together:
/// whole images, or a part of one. Tile `t` of a group is row t of its matrices.
struct TileGroup {
    Index first, strips;

    Index tiles(const WinogradPlan& plan) const { return strips * plan.tiles_x; }
};

/// Calls body(group) for all strips of the batch, `strips` of them at a time.
template <class Body>
HWY_ATTR void for_groups(const WinogradPlan& plan, Index strips, const Body& body) {
    const Index all = plan.geometry.batch * plan.tiles_y;
    for (Index first = 0; first < all;) {
        const Index left = strips < plan.tiles_y ? plan.tiles_y - first % plan.tiles_y : all - first;
        const TileGroup group{first, std::min(strips, left)};
        body(group);
        first += group.strips;
    }
}

/// One tile of one image.
struct Tile {
    Index image, i, j;
    Tile(const WinogradPlan& plan, const TileGroup& group, Index tile) {
        const Index strip = group.first + tile / plan.tiles_x;
        image = strip / plan.tiles_y;
        i = strip % plan.tiles_y;
        j = tile % plan.tiles_x;
    }
};

/// Where the n x n pixels of one phase under a tile are; null outside of the rows [rows.begin, rows.end) of the image.
template <class Float>
HWY_ATTR void find_pixels(Float** pixels, Float* images, const WinogradPlan& plan, const Tile& tile, Index phase,
                          const RowRange& rows) {
    const ConvGeometry& g = plan.geometry;
    find_places(pixels, images + tile.image * g.height * g.width * g.in_channels, {g.width, g.in_channels}, plan.n,
                {plan.m * tile.i * g.stride + phase / g.stride - g.pad_top,
                 plan.m * tile.j * g.stride + phase % g.stride - g.pad_left, g.stride},
                rows);
}

/// Where the m x m outputs of a tile are; null where the tile reaches beyond the image.
template <class Float>
HWY_ATTR void find_outputs(Float** outputs, Float* images, const WinogradPlan& plan, const Tile& tile) {
    const ConvGeometry& g = plan.geometry;
    find_places(outputs, images + tile.image * g.out_height * g.out_width * g.out_channels,
                {g.out_width, g.out_channels}, plan.m, {plan.m * tile.i, plan.m * tile.j, 1}, {0, g.out_height});
}

/// V = B^T d B of the tiles of a group.
template <class F>
HWY_ATTR void transform_data(CpuQueue& queue, const Positions& v, const float* x, const WinogradPlan& plan,
                             const TileGroup& group) {
    const ConvGeometry& g = plan.geometry;
    parallel_for(queue, group.tiles(plan), 4, [&](Index begin, Index end) HWY_ATTR {
        const float* pixels[kMaxProducts * kMaxProducts];
        for (Index tile = begin; tile < end; ++tile) {
            for (Index phase = 0; phase < g.stride * g.stride; ++phase) {
                find_pixels(pixels, x, plan, Tile(plan, group, tile), phase, {0, g.height});
                float* const to = v.data + tile * v.columns + phase * g.in_channels;
                transform_from<typename F::Data>(pixels, g.in_channels,
                                                 [&](auto access, Index c, Index p, FloatVector value)
                                                     HWY_ATTR { access.store(value, to + p * v.distance + c); });
            }
        }
    });
}

/// M = A dy A^T of the tiles of a group.
template <class F>
HWY_ATTR void transform_output_gradient(CpuQueue& queue, const Positions& m, const float* dy, const WinogradPlan& plan,
                                        const TileGroup& group) {
    parallel_for(queue, group.tiles(plan), 4, [&](Index begin, Index end) HWY_ATTR {
        const float* outputs[kMaxProducts * kMaxProducts];
        for (Index tile = begin; tile < end; ++tile) {
            find_outputs(outputs, dy, plan, Tile(plan, group, tile));
            float* const to = m.data + tile * m.columns;
            transform_from<typename F::OutputsTransposed>(
                outputs, m.columns, [&](auto access, Index o, Index p, FloatVector value) HWY_ATTR {
                    access.store(value, to + p * m.distance + o);
                });
        }
    });
}

/// y = f(accumulate y + A^T M A + bias) of the tiles of a group.
template <class F>
HWY_ATTR void transform_outputs(CpuQueue& queue, float* y, const Positions& m, const WinogradPlan& plan,
                                const TileGroup& group, const Epilogue<float>& epilogue) {
    parallel_for(queue, group.tiles(plan), 4, [&](Index begin, Index end) HWY_ATTR {
        float* outputs[kMaxProducts * kMaxProducts];
        for (Index tile = begin; tile < end; ++tile) {
            find_outputs(outputs, y, plan, Tile(plan, group, tile));
            transform_to<typename F::Outputs>(outputs, m.columns, m.data + tile * m.columns, m.distance,
                                              epilogue.accumulate, epilogue.bias);
            for (Index i = 0; i < plan.m * plan.m; ++i) {
                if (outputs[i]) activate_tile(outputs + i, 1, m.columns, epilogue.activation);
            }
        }
    });
}

/// Part of one phase of one image, which one thread adds the tiles of a group to.
struct Band {
    Index image, phase;
    Index first_strip, end_strip;  ///< the tiles that reach it, strips of the image
    RowRange rows;                 ///< of the image; those of the phase belong to the band
    RowRange fresh;                ///< of these, those that no group before has reached
    RowRange complete;             ///< and those that no group after reaches
};

/// The bands of a group: one for each phase and image, or several where these are few for the threads. The place of the
/// cuts does not show in the result, because the tiles are added to a pixel in their order anyway.
class Bands {
public:
    Bands(const WinogradPlan& plan, const TileGroup& group, Index threads)
        : plan_(plan),
          first_image_(group.first / plan.tiles_y),
          first_strip_(group.first % plan.tiles_y),
          strips_(std::min(group.strips, plan.tiles_y)),
          phases_(plan.geometry.stride * plan.geometry.stride) {
        const Index images = group.strips / strips_;
        cuts_ = std::clamp<Index>(task_count(kTasksPerThread * threads, images * phases_), 1, strips_);
        if (threads == 1) cuts_ = 1;
        count_ = images * phases_ * cuts_;
    }

    Index count() const { return count_; }

    Band operator[](Index number) const {
        const ConvGeometry& g = plan_.geometry;
        Band band;
        band.image = first_image_ + number / (phases_ * cuts_);
        band.phase = number / cuts_ % phases_;
        // Strip i of a phase reaches its rows [m i, m i + n), of which the next strip reaches the last r - 1 as well.
        const Index cut = number % cuts_, end = first_strip_ + strips_;
        const Index from = first_strip_ + strips_ * cut / cuts_, to = first_strip_ + strips_ * (cut + 1) / cuts_;
        const auto row = [&](Index of_phase) {
            return std::clamp<Index>(of_phase * g.stride + band.phase / g.stride - g.pad_top, 0, g.height);
        };
        const Index overlap = plan_.r - 1, complete = end == plan_.tiles_y ? g.height : row(plan_.m * end);
        band.first_strip = std::max(first_strip_, from - (plan_.n - 1) / plan_.m);
        band.end_strip = to;
        band.rows.begin = from == 0 ? 0 : row(plan_.m * from);
        band.rows.end = to < end ? row(plan_.m * to) : end == plan_.tiles_y ? g.height : row(plan_.m * end + overlap);
        band.fresh = {std::max(band.rows.begin, first_strip_ == 0 ? 0 : row(plan_.m * first_strip_ + overlap)),
                      band.rows.end};
        band.complete = {band.rows.begin, std::min(band.rows.end, complete)};
        return band;
    }

private:
    static constexpr Index kTasksPerThread = 3;

    const WinogradPlan& plan_;
    Index first_image_, first_strip_, strips_, phases_;
    Index cuts_, count_;
};

/// dx = f(accumulate dx + B V B^T + bias), as far as one group of tiles contributes. Groups come in order.
template <class F>
HWY_ATTR void add_data_gradient(CpuQueue& queue, float* dx, const Positions& v, const WinogradPlan& plan,
                                const TileGroup& group, const Epilogue<float>& epilogue) {
    const ConvGeometry& g = plan.geometry;
    const Bands bands(plan, group, queue.threads());
    queue.pool().run(bands.count(), [&](std::int64_t task, int) HWY_ATTR {
        const Band band = bands[task];
        const auto for_each_pixel = [&](const RowRange& rows, const auto& body) HWY_ATTR {
            const auto first = [&](Index phase, Index pad) { return ((phase - pad) % g.stride + g.stride) % g.stride; };
            const Index first_y = first(band.phase / g.stride, g.pad_top);
            const Index first_x = first(band.phase % g.stride, g.pad_left);
            const Index skipped = task_count(std::max<Index>(0, rows.begin - first_y), g.stride);
            for (Index y = first_y + skipped * g.stride; y < rows.end; y += g.stride) {
                for (Index x = first_x; x < g.width; x += g.stride)
                    body(dx + ((band.image * g.height + y) * g.width + x) * g.in_channels);
            }
        };
        if (!epilogue.accumulate) {
            for_each_pixel(band.fresh, [&](float* pixel) HWY_ATTR { std::fill_n(pixel, g.in_channels, 0.0f); });
        }
        float* pixels[kMaxProducts * kMaxProducts];
        const Index before = band.image * plan.tiles_y - group.first;
        for (Index tile = (before + band.first_strip) * plan.tiles_x; tile < (before + band.end_strip) * plan.tiles_x;
             ++tile) {
            find_pixels(pixels, dx, plan, Tile(plan, group, tile), band.phase, band.rows);
            transform_to<typename F::DataTransposed>(pixels, g.in_channels,
                                                     v.data + tile * v.columns + band.phase * g.in_channels, v.distance,
                                                     true, nullptr);
        }
        if (!epilogue.bias && epilogue.activation.kind == ActivationKind::identity) return;
        for_each_pixel(band.complete, [&](float* pixel) HWY_ATTR {
            if (epilogue.bias) {
                for_vectors(0, g.in_channels, [&](auto access, Index c) HWY_ATTR {
                    access.store(hn::Add(access.load(pixel + c), access.load(epilogue.bias + c)), pixel + c);
                });
            }
            activate_tile(&pixel, 1, g.in_channels, epilogue.activation);
        });
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
