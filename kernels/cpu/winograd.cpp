// Convolution and its gradients by minimal filtering: tiles of the image, of the weight and of the outputs are
// transformed, and at each of the n * n positions of a transformed tile there is one matrix product:
//
//   forward          M[p] = V[p] U[p]       V[p] [tiles, channels of all phases], the transformed image
//   input gradient   V[p] = M[p] U[p]^T     U[p] [channels of all phases, out], the transformed weight
//   weight gradient  U[p] = V[p]^T M[p]     M[p] [tiles, out], the transformed outputs
//
// The algorithm is bilinear, so the gradients go through the same transforms, transposed. Images are worked on in
// groups whose V and M stay in the third-level cache. Compared with the plain product, DCGAN layers need 1.8 (kernel 4,
// deep layers) to 4.8 (kernel 5, stride 1, 7x7) times fewer multiply-adds; transforms and their traffic cost a third
// of what is left.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/winograd.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/gemm-inl.h"
#include "kernels/cpu/winograd.h"
#include "kernels/cpu/winograd_transform-inl.h"

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

/// Matrices [rows, columns], one for each position of a tile. Their distance is odd in cache lines, so that the
/// elements of one tile fall into different sets of the cache.
struct Positions {
    float* data = nullptr;
    Index columns = 0, distance = 0;

    static Index floats(Index positions, Index rows, Index columns) { return positions * gap(rows, columns); }
    static Index gap(Index rows, Index columns) { return (rows * columns + 15) / 16 * 16 | 16; }
    Positions(float* memory, Index rows, Index row_columns)
        : data(memory), columns(row_columns), distance(gap(rows, row_columns)) {}
    float* at(Index position) const { return data + position * distance; }
};

/// One tile of one image.
struct Tile {
    Index image, i, j;
    Tile(const WinogradPlan& plan, Index row)
        : image(row / plan.tiles()), i(row / plan.tiles_x % plan.tiles_y), j(row % plan.tiles_x) {}
};

/// Where the n x n pixels of one phase under a tile are; null outside of the image.
template <class Float>
HWY_ATTR void find_pixels(Float** pixels, Float* image, const WinogradPlan& plan, const Tile& tile, Index phase) {
    const ConvGeometry& g = plan.geometry;
    const Index phase_y = phase / g.stride, phase_x = phase % g.stride;
    for (Index a = 0; a < plan.n; ++a) {
        for (Index b = 0; b < plan.n; ++b) {
            const Index y = (plan.m * tile.i + a) * g.stride + phase_y - g.pad_top;
            const Index x = (plan.m * tile.j + b) * g.stride + phase_x - g.pad_left;
            const bool inside = y >= 0 && y < g.height && x >= 0 && x < g.width;
            *pixels++ = inside ? image + ((tile.image * g.height + y) * g.width + x) * g.in_channels : nullptr;
        }
    }
}

/// The first coordinate in the image of a phase of the padded image.
inline Index phase_start(Index phase, Index pad, Index stride) { return ((phase - pad) % stride + stride) % stride; }

/// Where the m x m outputs of a tile are; null where the tile reaches beyond the image.
template <class Float>
HWY_ATTR void find_outputs(Float** outputs, Float* image, const WinogradPlan& plan, const Tile& tile) {
    const ConvGeometry& g = plan.geometry;
    for (Index a = 0; a < plan.m; ++a) {
        for (Index b = 0; b < plan.m; ++b) {
            const Index y = plan.m * tile.i + a, x = plan.m * tile.j + b;
            const bool inside = y < g.out_height && x < g.out_width;
            *outputs++ =
                inside ? image + ((tile.image * g.out_height + y) * g.out_width + x) * g.out_channels : nullptr;
        }
    }
}

/// Where tap (a, b) of one phase is in the weight: null where the kernel has no such tap.
template <class Float>
Float* find_tap(Float* weight, const ConvGeometry& g, Index phase, Index a, Index b) {
    const Index y = a * g.stride + phase / g.stride, x = b * g.stride + phase % g.stride;
    return y < g.kernel_height && x < g.kernel_width
               ? weight + (y * g.kernel_width + x) * g.in_channels * g.out_channels
               : nullptr;
}

inline constexpr int kMaxProducts = 8, kMaxTaps = 5;

/// V = B^T d B of the tiles of a group of images that begins at x.
template <class F>
HWY_ATTR void transform_data(CpuQueue& queue, const Positions& v, const float* x, const WinogradPlan& plan,
                             Index rows) {
    const ConvGeometry& g = plan.geometry;
    parallel_for(queue, rows, 4, [&](Index begin, Index end) HWY_ATTR {
        const float* pixels[kMaxProducts * kMaxProducts];
        for (Index row = begin; row < end; ++row) {
            for (Index phase = 0; phase < g.stride * g.stride; ++phase) {
                find_pixels(pixels, x, plan, Tile(plan, row), phase);
                float* const to = v.data + row * v.columns + phase * g.in_channels;
                for_vectors(0, g.in_channels, [&](auto access, Index c) HWY_ATTR {
                    transform_tile<typename F::Data>(
                        [&](int i, int j) HWY_ATTR {
                            const float* pixel = pixels[i * plan.n + j];
                            return pixel ? access.load(pixel + c) : hn::Zero(kFloats);
                        },
                        [&](int i, int j, FloatVector value)
                            HWY_ATTR { access.store(value, to + (i * plan.n + j) * v.distance + c); });
                });
            }
        }
    });
}

/// dx = f(accumulate dx + B V B^T + bias) of a group of images. A task owns one phase of one image, where neighbouring
/// tiles overlap.
template <class F>
HWY_ATTR void add_data_gradient(CpuQueue& queue, float* dx, const Positions& v, const WinogradPlan& plan, Index images,
                                const Epilogue<float>& epilogue) {
    const ConvGeometry& g = plan.geometry;
    const Index phases = g.stride * g.stride;
    queue.pool().run(images * phases, [&](std::int64_t task, int) HWY_ATTR {
        const Index image = task / phases, phase = task % phases;
        const auto for_each_row = [&](const auto& body) HWY_ATTR {
            for (Index y = phase_start(phase / g.stride, g.pad_top, g.stride); y < g.height; y += g.stride) {
                for (Index x = phase_start(phase % g.stride, g.pad_left, g.stride); x < g.width; x += g.stride)
                    body(dx + ((image * g.height + y) * g.width + x) * g.in_channels);
            }
        };
        if (!epilogue.accumulate) {
            for_each_row([&](float* pixel) HWY_ATTR { std::fill_n(pixel, g.in_channels, 0.0f); });
        }
        float* pixels[kMaxProducts * kMaxProducts];
        for (Index row = image * plan.tiles(); row < (image + 1) * plan.tiles(); ++row) {
            find_pixels(pixels, dx, plan, Tile(plan, row), phase);
            const float* const from = v.data + row * v.columns + phase * g.in_channels;
            for_vectors(0, g.in_channels, [&](auto access, Index c) HWY_ATTR {
                transform_tile<typename F::DataTransposed>(
                    [&](int i, int j) HWY_ATTR { return access.load(from + (i * plan.n + j) * v.distance + c); },
                    [&](int i, int j, FloatVector value) HWY_ATTR {
                        float* pixel = pixels[i * plan.n + j];
                        if (pixel) access.store(hn::Add(access.load(pixel + c), value), pixel + c);
                    });
            });
        }
        if (!epilogue.bias && epilogue.activation.kind == ActivationKind::identity) return;
        for_each_row([&](float* pixel) HWY_ATTR {
            if (epilogue.bias) {
                for_vectors(0, g.in_channels, [&](auto access, Index c) HWY_ATTR {
                    access.store(hn::Add(access.load(pixel + c), access.load(epilogue.bias + c)), pixel + c);
                });
            }
            activate_tile(&pixel, 1, g.in_channels, epilogue.activation);
        });
    });
}

/// M = A dy A^T of the tiles of a group of images.
template <class F>
HWY_ATTR void transform_output_gradient(CpuQueue& queue, const Positions& m, const float* dy, const WinogradPlan& plan,
                                        Index rows) {
    parallel_for(queue, rows, 4, [&](Index begin, Index end) HWY_ATTR {
        const float* outputs[kMaxProducts * kMaxProducts];
        for (Index row = begin; row < end; ++row) {
            find_outputs(outputs, dy, plan, Tile(plan, row));
            float* const to = m.data + row * m.columns;
            for_vectors(0, m.columns, [&](auto access, Index o) HWY_ATTR {
                transform_tile<typename F::OutputsTransposed>(
                    [&](int i, int j) HWY_ATTR {
                        const float* output = outputs[i * plan.m + j];
                        return output ? access.load(output + o) : hn::Zero(kFloats);
                    },
                    [&](int i, int j, FloatVector value)
                        HWY_ATTR { access.store(value, to + (i * plan.n + j) * m.distance + o); });
            });
        }
    });
}

/// y = f(accumulate y + A^T M A + bias) of a group of images.
template <class F>
HWY_ATTR void transform_outputs(CpuQueue& queue, float* y, const Positions& m, const WinogradPlan& plan, Index rows,
                                const Epilogue<float>& epilogue) {
    parallel_for(queue, rows, 4, [&](Index begin, Index end) HWY_ATTR {
        float* outputs[kMaxProducts * kMaxProducts];
        for (Index row = begin; row < end; ++row) {
            find_outputs(outputs, y, plan, Tile(plan, row));
            const float* const from = m.data + row * m.columns;
            for_vectors(0, m.columns, [&](auto access, Index o) HWY_ATTR {
                transform_tile<typename F::Outputs>(
                    [&](int i, int j) HWY_ATTR { return access.load(from + (i * plan.n + j) * m.distance + o); },
                    [&](int i, int j, FloatVector value) HWY_ATTR {
                        float* output = outputs[i * plan.m + j];
                        if (!output) return;
                        if (epilogue.accumulate) value = hn::Add(value, access.load(output + o));
                        if (epilogue.bias) value = hn::Add(value, access.load(epilogue.bias + o));
                        access.store(value, output + o);
                    });
            });
            for (Index i = 0; i < plan.m * plan.m; ++i) {
                if (outputs[i]) activate_tile(outputs + i, 1, m.columns, epilogue.activation);
            }
        }
    });
}

/// A matrix as panels of B, two vectors wide: element (d, j) of panel q is column q * width + j at depth d.
struct Panels {
    float* data;
    Index width, columns, depth;

    static Index panel_width() { return kTileVectors * static_cast<Index>(hn::Lanes(kFloats)); }
    static Index floats(Index columns, Index depth) {
        return task_count(columns, panel_width()) * panel_width() * depth;
    }
    Panels(float* memory, Index all_columns, Index all_depth)
        : data(memory), width(panel_width()), columns(all_columns), depth(all_depth) {}
    Index count() const { return task_count(columns, width); }
    Index columns_of(Index panel) const { return std::min(width, columns - panel * width); }
    /// Position p's panel.
    float* at(Index p, Index panel) const { return data + (p * count() + panel) * width * depth; }
};

/// U = G g G^T as panels with the output channels as columns.
template <class F>
HWY_ATTR void transform_weight(CpuQueue& queue, const Panels& u, const float* w, const WinogradPlan& plan) {
    const ConvGeometry& g = plan.geometry;
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    parallel_for(queue, plan.depth, 4, [&](Index begin, Index end) HWY_ATTR {
        for (Index d = begin; d < end; ++d) {
            const Index phase = d / g.in_channels;
            const float* const row = w + d % g.in_channels * g.out_channels;
            for_vectors(0, g.out_channels, [&](auto access, Index o) HWY_ATTR {
                transform_tile<typename F::Taps>(
                    [&](int a, int b) HWY_ATTR {
                        const float* tap = find_tap(row, g, phase, a, b);
                        return tap ? access.load(tap + o) : hn::Zero(kFloats);
                    },
                    [&](int i, int j, FloatVector value) HWY_ATTR {
                        // Panels are wide enough for whole vectors.
                        float* panel = u.at(i * plan.n + j, o / u.width);
                        hn::StoreU(value, kFloats, panel + d * u.width + o % u.width);
                    });
            });
            // The second vector of a last panel that has but one.
            const Index end_of_row = task_count(g.out_channels, lanes) * lanes;
            if (end_of_row % u.width == 0) continue;
            for (Index p = 0; p < plan.positions(); ++p) {
                hn::StoreU(hn::Zero(kFloats), kFloats,
                           u.at(p, end_of_row / u.width) + d * u.width + end_of_row % u.width);
            }
        }
    });
}

/// U^T as panels with the channels of all phases as columns. A block of one panel's columns and one vector of output
/// channels is transformed, then turned.
template <class F>
HWY_ATTR void transform_weight_transposed(CpuQueue& queue, const Panels& u, float* blocks, const float* w,
                                          const WinogradPlan& plan) {
    const ConvGeometry& g = plan.geometry;
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const Index vectors = task_count(g.out_channels, lanes);
    queue.pool().run(u.count() * vectors, [&](std::int64_t task, int thread) HWY_ATTR {
        const Index panel = task / vectors, o = task % vectors * lanes;
        const Index columns = u.columns_of(panel);
        const Index depth = std::min(lanes, g.out_channels - o);
        float* const block = blocks + thread * plan.positions() * u.width * lanes;
        for (Index column = 0; column < columns; ++column) {
            const Index d = panel * u.width + column;
            const float* const row = w + d % g.in_channels * g.out_channels + o;
            for_vectors(0, depth, [&](auto access, Index) HWY_ATTR {
                transform_tile<typename F::Taps>(
                    [&](int a, int b) HWY_ATTR {
                        const float* tap = find_tap(row, g, d / g.in_channels, a, b);
                        return tap ? access.load(tap) : hn::Zero(kFloats);
                    },
                    [&](int i, int j, FloatVector value) HWY_ATTR {
                        hn::StoreU(value, kFloats, block + ((i * plan.n + j) * u.width + column) * lanes);
                    });
            });
        }
        const PlainOperand columns_of_block{block, lanes, true};
        for (Index p = 0; p < plan.positions(); ++p)
            columns_of_block.pack(u.at(p, panel) + o * u.width, u.width, p * u.width, columns, 0, depth);
    });
}

/// dw = (or +=) G^T U G, U [channels of all phases, out] at each position.
template <class F>
HWY_ATTR void transform_weight_gradient(CpuQueue& queue, float* dw, const Positions& u, const WinogradPlan& plan,
                                        bool accumulate) {
    const ConvGeometry& g = plan.geometry;
    parallel_for(queue, plan.depth, 4, [&](Index begin, Index end) HWY_ATTR {
        for (Index d = begin; d < end; ++d) {
            const float* const from = u.data + d * u.columns;
            float* const row = dw + d % g.in_channels * g.out_channels;
            for_vectors(0, g.out_channels, [&](auto access, Index o) HWY_ATTR {
                transform_tile<typename F::TapsTransposed>(
                    [&](int i, int j) HWY_ATTR { return access.load(from + (i * plan.n + j) * u.distance + o); },
                    [&](int a, int b, FloatVector value) HWY_ATTR {
                        float* tap = find_tap(row, g, d / g.in_channels, a, b);
                        if (!tap) return;
                        if (accumulate) value = hn::Add(value, access.load(tap + o));
                        access.store(value, tap + o);
                    });
            });
        }
    });
}

/// A panels of rows [first, first + m) of op(A), one after the other.
HWY_ATTR void pack_rows(float* to, const PlainOperand& a, Index first, Index m, Index first_depth, Index depth) {
    const Index panel_rows = even_part(m, kTileRows);
    for (Index row = 0; row < m; row += panel_rows) {
        const Index rows = std::min(panel_rows, m - row);
        a.pack(to + row * depth, rows, first + row, rows, first_depth, depth);
    }
}

inline constexpr Index kTaskPanels = 8;  // panels of B that one packing of A serves

/// C[p] [rows, columns of b] = A[p] b[p] at every position.
HWY_ATTR void multiply_positions(CpuQueue& queue, const Positions& c, const Positions& a, const Panels& b,
                                 float* packed, Index rows, Index positions) {
    const Index chunks = task_count(b.count(), kTaskPanels);
    const Index block = even_part(b.depth, kTallDepth);
    queue.pool().run(positions * chunks, [&](std::int64_t task, int thread) HWY_ATTR {
        const Index p = task / chunks, panel = task % chunks * kTaskPanels;
        float* const panels_a = packed + thread * rows * block;
        const Index column = panel * b.width, columns = std::min(kTaskPanels * b.width, b.columns - column);
        for (Index first = 0; first < b.depth; first += block) {
            const Index depth = std::min(block, b.depth - first);
            pack_rows(panels_a, PlainOperand{a.at(p), a.columns, true}, 0, rows, first, depth);
            multiply_panels(c.at(p) + column, c.columns, rows, columns, panels_a, b.at(p, panel) + first * b.width,
                            b.width * b.depth, depth, first > 0);
        }
    });
}

inline constexpr Index kTaskRows = 8 * kTileRows;  // rows of U that one packing of M serves

/// U[p] = (or +=) V[p]^T M[p] over the rows of V and M, at every position.
HWY_ATTR void multiply_transposed(CpuQueue& queue, const Positions& u, const Positions& v, const Positions& m,
                                  float* packed, Index rows, Index positions, bool add) {
    const Index chunks = task_count(v.columns, kTaskRows);
    const Index width = Panels::panel_width(), panels = task_count(m.columns, width);
    queue.pool().run(positions * chunks, [&](std::int64_t task, int thread) HWY_ATTR {
        const Index p = task / chunks, first = task % chunks * kTaskRows;
        const Index task_rows = std::min(kTaskRows, v.columns - first);
        float* const panels_b = packed + thread * (panels * width + kTaskRows) * rows;
        float* const panels_a = panels_b + panels * width * rows;
        const PlainOperand right{m.at(p), m.columns, false};
        for (Index panel = 0; panel < panels; ++panel) {
            right.pack(panels_b + panel * width * rows, width, panel * width,
                       std::min(width, m.columns - panel * width), 0, rows);
        }
        pack_rows(panels_a, PlainOperand{v.at(p), v.columns, false}, first, task_rows, 0, rows);
        multiply_panels(u.at(p) + first * u.columns, u.columns, task_rows, m.columns, panels_a, panels_b, width * rows,
                        rows, add);
    });
}

/// The memory of a call, carved out of one scratch in pieces of whole cache lines.
struct Sizes {
    Index total = 0;
    Index add(Index floats) {
        const Index begin = total;
        total += (floats + 15) / 16 * 16;
        return begin;
    }
    std::size_t bytes() const { return static_cast<std::size_t>(total) * sizeof(float); }
};

void forward(CpuQueue& queue, float* y, const float* x, const float* w, const WinogradPlan& plan,
             const Epilogue<float>& epilogue) {
    const ConvGeometry& g = plan.geometry;
    const Index rows = plan.group_images * plan.tiles();
    Sizes sizes;
    const Index at_u = sizes.add(plan.positions() * Panels::floats(g.out_channels, plan.depth));
    const Index at_v = sizes.add(Positions::floats(plan.positions(), rows, plan.depth));
    const Index at_m = sizes.add(Positions::floats(plan.positions(), rows, g.out_channels));
    const Index at_packed = sizes.add(queue.threads() * rows * even_part(plan.depth, kTallDepth));
    const Scratch scratch(queue, sizes.bytes());
    float* const memory = scratch.as<float>();
    const Panels u(memory + at_u, g.out_channels, plan.depth);
    const Positions v(memory + at_v, rows, plan.depth), m(memory + at_m, rows, g.out_channels);
    with_filter(plan, [&](auto filter) HWY_ATTR {
        using F = decltype(filter);
        transform_weight<F>(queue, u, w, plan);
        for (Index first = 0; first < g.batch; first += plan.group_images) {
            const Index group_rows = std::min(plan.group_images, g.batch - first) * plan.tiles();
            transform_data<F>(queue, v, x + first * g.height * g.width * g.in_channels, plan, group_rows);
            multiply_positions(queue, m, v, u, memory + at_packed, group_rows, plan.positions());
            transform_outputs<F>(queue, y + first * g.out_height * g.out_width * g.out_channels, m, plan, group_rows,
                                 epilogue);
        }
    });
}

void input_gradient(CpuQueue& queue, float* dx, const float* dy, const float* w, const WinogradPlan& plan,
                    const Epilogue<float>& epilogue) {
    const ConvGeometry& g = plan.geometry;
    const Index rows = plan.group_images * plan.tiles();
    Sizes sizes;
    const Index at_u = sizes.add(plan.positions() * Panels::floats(plan.depth, g.out_channels));
    const Index at_v = sizes.add(Positions::floats(plan.positions(), rows, plan.depth));
    const Index at_m = sizes.add(Positions::floats(plan.positions(), rows, g.out_channels));
    const Index block = plan.positions() * Panels::panel_width() * static_cast<Index>(hn::Lanes(kFloats));
    const Index at_packed = sizes.add(queue.threads() * std::max(rows * even_part(g.out_channels, kTallDepth), block));
    const Scratch scratch(queue, sizes.bytes());
    float* const memory = scratch.as<float>();
    const Panels u(memory + at_u, plan.depth, g.out_channels);
    const Positions v(memory + at_v, rows, plan.depth), m(memory + at_m, rows, g.out_channels);
    with_filter(plan, [&](auto filter) HWY_ATTR {
        using F = decltype(filter);
        transform_weight_transposed<F>(queue, u, memory + at_packed, w, plan);
        for (Index first = 0; first < g.batch; first += plan.group_images) {
            const Index images = std::min(plan.group_images, g.batch - first), group_rows = images * plan.tiles();
            transform_output_gradient<F>(queue, m, dy + first * g.out_height * g.out_width * g.out_channels, plan,
                                         group_rows);
            multiply_positions(queue, v, m, u, memory + at_packed, group_rows, plan.positions());
            add_data_gradient<F>(queue, dx + first * g.height * g.width * g.in_channels, v, plan, images, epilogue);
        }
    });
}

void weight_gradient(CpuQueue& queue, float* dw, const float* x, const float* dy, const WinogradPlan& plan,
                     bool accumulate) {
    const ConvGeometry& g = plan.geometry;
    const Index rows = plan.group_images * plan.tiles();
    Sizes sizes;
    const Index at_u = sizes.add(Positions::floats(plan.positions(), plan.depth, g.out_channels));
    const Index at_v = sizes.add(Positions::floats(plan.positions(), rows, plan.depth));
    const Index at_m = sizes.add(Positions::floats(plan.positions(), rows, g.out_channels));
    const Index width = Panels::panel_width();
    const Index at_packed = sizes.add(queue.threads() * rows * (task_count(g.out_channels, width) * width + kTaskRows));
    const Scratch scratch(queue, sizes.bytes());
    float* const memory = scratch.as<float>();
    const Positions u(memory + at_u, plan.depth, g.out_channels);
    const Positions v(memory + at_v, rows, plan.depth), m(memory + at_m, rows, g.out_channels);
    with_filter(plan, [&](auto filter) HWY_ATTR {
        using F = decltype(filter);
        for (Index first = 0; first < g.batch; first += plan.group_images) {
            const Index group_rows = std::min(plan.group_images, g.batch - first) * plan.tiles();
            transform_data<F>(queue, v, x + first * g.height * g.width * g.in_channels, plan, group_rows);
            transform_output_gradient<F>(queue, m, dy + first * g.out_height * g.out_width * g.out_channels, plan,
                                         group_rows);
            multiply_transposed(queue, u, v, m, memory + at_packed, group_rows, plan.positions(), first > 0);
        }
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
