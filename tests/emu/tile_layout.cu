#include "tests/emu/tile_layout.h"

#include "kernels/cuda/product/gemm_operands.cuh"
#include "kernels/cuda/runtime/launch.cuh"

namespace sinter::kernels {
namespace {

constexpr int kSides = 64;
constexpr int kPairs = 2, kGroups = 4;

/// Notes the two sides of accesses, one after the other.
struct Notes {
    int* places;  ///< [access, lane]
    int* expected;

    __device__ void add(float read, int side_place) {
        *places = static_cast<int>(read);
        *expected = side_place;
        places += kWarp;
        expected += kWarp;
    }
};

/// A tile whose elements are their own places.
__device__ float* numbered_tile() {
    auto* const tile = dynamic_shared<float>();
    for (int i = static_cast<int>(threadIdx.x); i < kSides * kDepth; i += kWarp) tile[i] = static_cast<float>(i);
    __syncwarp();
    return tile;
}

template <class Layout>
__global__ void fragments_kernel(int* places, int* expected) {
    const float* const tile = numbered_tile();
    Notes notes{places + threadIdx.x, expected + threadIdx.x};
    for (int depth = 0; depth < kDepth; depth += 16) {
        constexpr int kRow = kSides - 16 * kPairs;
        for (int i = 0; i < kPairs; ++i) {
            RowFragment a;
            Layout::load_rows(a, tile, kRow, 16 * i, depth);
            for (int h = 0; h < 2; ++h) {
                for (int e = 0; e < 4; ++e) {
                    const int side = kRow + 16 * i + Lane::g() + e % 2 * 8,
                              step = depth + 8 * h + Lane::t() + e / 2 * 4;
                    notes.add(a[h][e], Layout::place(side, step));
                }
            }
        }
        ColumnFragments<kGroups> b;
        Layout::load_columns(b, tile, kSides - 8 * kGroups, depth);
        for (int j = 0; j < kGroups; ++j) {
            for (int d = 0; d < 4; ++d) {
                const int side = kSides - 8 * kGroups + 8 * j + Lane::g();
                notes.add(b[j][d], Layout::place(side, depth + 4 * d + Lane::t()));
            }
        }
    }
}
constexpr int kFragmentLoads = 2 * (8 * kPairs + 4 * kGroups);

/// The first of each four that is loaded at once; rows of a warp as in FusedMultiplyAdd.
template <class Layout, bool first_is_side>
__global__ void fours_kernel(int* places, int* expected) {
    const float* const tile = numbered_tile();
    Notes notes{places + threadIdx.x, expected + threadIdx.x};
    const int side = Lane::g() * 4;
    const auto step = [](int i) { return i / 4 * 32 + i % 4; };
    for (int depth = 0; depth < kDepth; depth += 4) {
        float fours[8][4];
        Layout::load_fours(fours, tile, side, step, depth);
        for (int i = 0; i < 8; i += first_is_side ? 4 : 1) {
            for (int d = 0; d < (first_is_side ? 4 : 1); ++d)
                notes.add(fours[i][d], Layout::place(side + step(i), depth + d));
        }
    }
}
constexpr int kFoursLoads = kDepth / 4 * 8;

template <class Plan, class Layout, bool lines_are_sides>
__global__ void copies_kernel(int* places, int* expected) {
    const int warp = static_cast<int>(threadIdx.x) / kWarp, lane = static_cast<int>(threadIdx.x) % kWarp;
    for (int i = 0; i < Plan::kLines; ++i) {
        const int line = Plan::line(i), within = Plan::within();
        const int place = lines_are_sides ? Layout::place(line, within) : Layout::place(within, line);
        const int at = (warp * Plan::kLines + i) * kWarp + lane;
        places[at] = expected[at] = place;
    }
}

template <class Launch>
std::vector<WarpAccess> accesses(CudaQueue& queue, int count, const Launch& launch_kernel) {
    const std::size_t bytes = static_cast<std::size_t>(count) * kWarp * sizeof(int);
    auto* const places = static_cast<int*>(queue.allocate(2 * bytes));
    int* const expected = places + count * kWarp;
    launch_kernel(places, expected);
    std::vector<WarpAccess> result(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        WarpAccess& access = result[static_cast<std::size_t>(i)];
        access.places.resize(kWarp);
        access.expected.resize(kWarp);
        queue.download(access.places.data(), places + i * kWarp, kWarp * sizeof(int));
        queue.download(access.expected.data(), expected + i * kWarp, kWarp * sizeof(int));
    }
    queue.release(places);
    return result;
}

constexpr std::size_t kTileBytes = kSides * kDepth * sizeof(float);

}  // namespace

std::vector<WarpAccess> fragment_loads(CudaQueue& queue, TileLayout layout) {
    return accesses(queue, kFragmentLoads, [&](int* places, int* expected) {
        if (layout == TileLayout::along_depth) {
            launch<fragments_kernel<AlongDepth>>(queue, 1, kWarp, kTileBytes, places, expected);
        } else {
            launch<fragments_kernel<AlongSide<kSides>>>(queue, 1, kWarp, kTileBytes, places, expected);
        }
    });
}

std::vector<WarpAccess> fours_loads(CudaQueue& queue, TileLayout layout) {
    return accesses(queue, kFoursLoads, [&](int* places, int* expected) {
        if (layout == TileLayout::along_depth) {
            launch<fours_kernel<AlongDepth, false>>(queue, 1, kWarp, kTileBytes, places, expected);
        } else {
            launch<fours_kernel<AlongSide<kSides>, true>>(queue, 1, kWarp, kTileBytes, places, expected);
        }
    });
}

std::vector<WarpAccess> copies(CudaQueue& queue, TileLayout layout) {
    constexpr int kThreads = 128;
    using OfRows = CopyPlan<kSides, kDepth, kThreads, 4>;
    using OfColumns = CopyPlan<kDepth, kSides, kThreads, 4>;
    static_assert(OfRows::kLines == OfColumns::kLines);
    return accesses(queue, kThreads / kWarp * OfRows::kLines, [&](int* places, int* expected) {
        if (layout == TileLayout::along_depth) {
            launch<copies_kernel<OfRows, AlongDepth, true>>(queue, 1, kThreads, 0, places, expected);
        } else {
            launch<copies_kernel<OfColumns, AlongSide<kSides>, false>>(queue, 1, kThreads, 0, places, expected);
        }
    });
}

}  // namespace sinter::kernels
