// Convolution and its gradients by minimal filtering: it transforms tiles of the image, of the weight and of the
// outputs. At each of the n * n positions of a transformed tile there is one matrix product:
//
//   forward          M[p] = V[p] U[p]       V[p] [tiles, channels of all phases], the transformed image
//   input gradient   V[p] = M[p] U[p]^T     U[p] [channels of all phases, out], the transformed weight
//   weight gradient  U[p] = V[p]^T M[p]     M[p] [tiles, out], the transformed outputs
//
// The algorithm is bilinear, so the gradients go through the same transforms, transposed. It works on groups of tiles
// whose V and M stay in the third-level cache. Compared with the plain product, DCGAN layers need 1.8 (kernel 4, deep
// layers) to 4.8 (kernel 5, stride 1, 7x7) times fewer multiply-adds; transforms and their traffic cost a third of what
// is left.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/minimal_filter/winograd.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/minimal_filter/winograd.h"
#include "kernels/cpu/minimal_filter/winograd_images-inl.h"
#include "kernels/cpu/minimal_filter/winograd_products-inl.h"
#include "kernels/cpu/minimal_filter/winograd_weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

/// Calls body(Filter<m, r>{}) for the plan's m and r.
template <class Body>
HWY_ATTR void with_filter(const WinogradPlan& plan, const Body& body) {
    switch (plan.m * 10 + plan.r) {
        case 22:
            return body(Filter<2, 2>{});
        case 23:
            return body(Filter<2, 3>{});
        case 25:
            return body(Filter<2, 5>{});
        case 42:
            return body(Filter<4, 2>{});
        case 43:
            return body(Filter<4, 3>{});
        case 45:
            return body(Filter<4, 5>{});
    }
}

/// The memory of a call in one scratch, its parts in whole cache lines: the transformed images and outputs of so many
/// strips of tiles, the transformed weight, and what the products pack.
struct Workspace {
    Index rows, v_floats, m_floats, weight_floats;
    Scratch scratch;
    Positions v, m;
    float* weight;
    float* packed;

    static Index whole_lines(Index floats) { return (floats + 15) / 16 * 16; }
    Workspace(CpuQueue& queue, const WinogradPlan& plan, Index strips, Index floats_of_weight, Index packed_floats)
        : rows(strips * plan.tiles_x),
          v_floats(whole_lines(Positions::floats(plan.positions(), rows, plan.depth))),
          m_floats(whole_lines(Positions::floats(plan.positions(), rows, plan.geometry.out_channels))),
          weight_floats(whole_lines(floats_of_weight)),
          scratch(queue, static_cast<std::size_t>(v_floats + m_floats + weight_floats + packed_floats) * sizeof(float)),
          v(scratch.as<float>(), rows, plan.depth),
          m(v.data + v_floats, rows, plan.geometry.out_channels),
          weight(m.data + m_floats),
          packed(weight + weight_floats) {}
};

void forward(CpuQueue& queue, float* y, const float* x, const float* w, const WinogradPlan& plan,
             const Epilogue<float>& epilogue) {
    const ConvGeometry& g = plan.geometry;
    const Index packed = plan.group_strips * plan.tiles_x * even_part(plan.depth, kTallDepth);
    const Workspace space(queue, plan, plan.group_strips, plan.positions() * Panels::floats(g.out_channels, plan.depth),
                          queue.threads() * packed);
    const Panels u(space.weight, g.out_channels, plan.depth);
    with_filter(plan, [&](auto filter) HWY_ATTR {
        using F = decltype(filter);
        transform_weight<F>(queue, u, w, plan);
        for_groups(plan, plan.group_strips, [&](const TileGroup& group) HWY_ATTR {
            transform_data<F>(queue, space.v, x, plan, group);
            multiply_positions(queue, space.m, space.v, u, space.packed, group.tiles(plan), plan.positions());
            transform_outputs<F>(queue, y, space.m, plan, group, epilogue);
        });
    });
}

void input_gradient(CpuQueue& queue, float* dx, const float* dy, const float* w, const WinogradPlan& plan,
                    const Epilogue<float>& epilogue) {
    const ConvGeometry& g = plan.geometry;
    const Index packed = plan.group_strips * plan.tiles_x * even_part(g.out_channels, kTallDepth);
    const Index block = plan.positions() * Panels::panel_width() * static_cast<Index>(hn::Lanes(kFloats));
    const Workspace space(queue, plan, plan.group_strips, plan.positions() * Panels::floats(plan.depth, g.out_channels),
                          queue.threads() * std::max(packed, block));
    const Panels u(space.weight, plan.depth, g.out_channels);
    with_filter(plan, [&](auto filter) HWY_ATTR {
        using F = decltype(filter);
        transform_weight_transposed<F>(queue, u, space.packed, w, plan);
        for_groups(plan, plan.group_strips, [&](const TileGroup& group) HWY_ATTR {
            transform_output_gradient<F>(queue, space.m, dy, plan, group);
            multiply_positions(queue, space.v, space.m, u, space.packed, group.tiles(plan), plan.positions());
            add_data_gradient<F>(queue, dx, space.v, plan, group, epilogue);
        });
    });
}

void weight_gradient(CpuQueue& queue, float* dw, const float* x, const float* dy, const WinogradPlan& plan,
                     bool accumulate) {
    const ConvGeometry& g = plan.geometry;
    // A group is a term of the sum over all pixels, and whole images.
    const Index strips = std::max(plan.group_strips, plan.tiles_y), width = Panels::panel_width();
    const Index packed = strips * plan.tiles_x * (task_count(g.out_channels, width) * width + kTaskRows);
    const Workspace space(queue, plan, strips, Positions::floats(plan.positions(), plan.depth, g.out_channels),
                          queue.threads() * packed);
    const Positions u(space.weight, plan.depth, g.out_channels);
    with_filter(plan, [&](auto filter) HWY_ATTR {
        using F = decltype(filter);
        for_groups(plan, strips, [&](const TileGroup& group) HWY_ATTR {
            transform_data<F>(queue, space.v, x, plan, group);
            transform_output_gradient<F>(queue, space.m, dy, plan, group);
            multiply_transposed(queue, u, space.v, space.m, space.packed, group.tiles(plan), plan.positions(),
                                group.first > 0);
        });
        transform_weight_gradient<F>(queue, dw, u, plan, accumulate);
    });
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(forward);
HWY_EXPORT(input_gradient);
HWY_EXPORT(weight_gradient);

void winograd_forward(CpuQueue& queue, float* y, const float* x, const float* w, const WinogradPlan& plan,
                      const Epilogue<float>& epilogue) {
    HWY_DYNAMIC_DISPATCH(forward)(queue, y, x, w, plan, epilogue);
}

void winograd_input_gradient(CpuQueue& queue, float* dx, const float* dy, const float* w, const WinogradPlan& plan,
                             const Epilogue<float>& epilogue) {
    HWY_DYNAMIC_DISPATCH(input_gradient)(queue, dx, dy, w, plan, epilogue);
}

void winograd_weight_gradient(CpuQueue& queue, float* dw, const float* x, const float* dy, const WinogradPlan& plan,
                              bool accumulate) {
    HWY_DYNAMIC_DISPATCH(weight_gradient)(queue, dw, x, dy, plan, accumulate);
}

}  // namespace sinter::kernels
#endif
