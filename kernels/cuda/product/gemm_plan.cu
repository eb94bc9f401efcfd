// A model of an H200 decides how a product is cut. Its numbers stand here, so that a measurement can correct them.
#include <algorithm>
#include <iterator>
#include <optional>

#include "kernels/cuda/product/gemm_kernel.cuh"

namespace sinter::kernels {
namespace {

// Numbers of one multiprocessor, in clocks. The model takes a block alone on it to be as slow as one that shares it.
constexpr int kMultiprocessors = 132;
constexpr double kClocksPerSecond = 1.75e9;
constexpr double kBytesPerClock = 24;   // from the L2 cache, all multiprocessors reading: 5.5 TB/s at 1.75 GHz
constexpr double kShortestStage = 600;  // 250 instructions of a warp of the small tile, its scheduler's only one
constexpr double kBeginAndEnd = 2000;   // launch, first stage, epilogue
constexpr double kMeeting = 1500;       // blocks that share a tile: write, fence, counter, first read
constexpr int kMinStages = 2;           // of a split
constexpr int kMaxSplits = 128;
constexpr int kMaxTiles = 1024;  // that may be split: more keep the device busy as they are

double multiply_adds_per_clock(TileSize tile, Precision precision) {
    switch (precision) {
        case Precision::fp32:  // a thread of the small tile has 16 sums instead of 64, and waits for shared memory
            return 128 * (tile == TileSize::small ? 0.5 : 0.75);
        case Precision::tf32:
            return 1024 * 0.5;  // a careful half: mma.sync reaches about six tenths of what Hopper's wgmma does
        case Precision::bf16:
            return 2048 * 0.4;  // shared memory delivers float32
    }
    return 1;
}

struct TileCost {
    TileSize tile;
    int rows, columns;
    std::size_t shared_bytes;
    bool in_fp32;
};
template <class Tile>
constexpr TileCost cost_of(TileSize size) {
    return {size, Tile::kRows, Tile::kColumns, kSharedBytes<Tile>, Tile::kQuads <= kMaxQuadsInFp32};
}
constexpr TileCost kTiles[] = {cost_of<HugeTile>(TileSize::huge), cost_of<LargeTile>(TileSize::large),
                               cost_of<MediumTile>(TileSize::medium), cost_of<SmallTile>(TileSize::small)};

const TileCost& cost_of(TileSize tile) {
    return *std::find_if(std::begin(kTiles), std::end(kTiles), [&](const TileCost& cost) { return cost.tile == tile; });
}

int parts(int count, int size) { return (count + size - 1) / size; }

/// Clocks from the first to the last block.
double clocks(const TileCost& tile, int tiles, int stages, int splits, Precision precision) {
    const double area = static_cast<double>(tile.rows) * tile.columns;
    const double stage = std::max({area * kDepth / multiply_adds_per_clock(tile.tile, precision),
                                   (tile.rows + tile.columns) * kDepth * 4 / kBytesPerClock, kShortestStage});
    double block = kBeginAndEnd + parts(stages, splits) * stage;
    if (splits > 1) block += kMeeting + splits * area * 4 / kBytesPerClock;
    return parts(tiles * splits, kMultiprocessors) * block;
}

int tiles_of(const TileCost& tile, const ProductSize& size) {
    return parts(size.m, tile.rows) * parts(size.n, tile.columns) * size.count;
}

std::optional<ProductPlan> fixed_plan;
PlanRecord* record = nullptr;

ProductPlan best_plan(const ProductSize& size, Precision precision, std::size_t shared_limit) {
    const int stages = parts(size.k, kDepth);
    ProductPlan best;
    double shortest = 0;
    for (const TileCost& tile : kTiles) {
        if (!has_tile(tile.tile, precision, shared_limit)) continue;
        // Half of the huge tile would multiply zeros. The model takes that for free while the tile waits for the L2
        // cache.
        if (!fixed_plan && tile.tile == TileSize::huge && 2 * size.n <= tile.columns) continue;
        const int tiles = tiles_of(tile, size);
        const bool may_split = tiles <= kMaxTiles;
        if (fixed_plan) {
            if (tile.tile == fixed_plan->tile)
                return {tile.tile, may_split ? std::clamp(stages, 1, fixed_plan->splits) : 1};
            continue;
        }
        const int most = may_split ? std::clamp(stages / kMinStages, 1, kMaxSplits) : 1;
        for (int splits = 1; splits <= most; ++splits) {
            const double time = clocks(tile, tiles, stages, splits, precision);
            if (shortest > 0 && time >= shortest) continue;
            shortest = time;
            best = {tile.tile, splits};
        }
    }
    return best;
}

}  // namespace

bool has_tile(TileSize tile, Precision precision, std::size_t shared_limit) {
    const TileCost& cost = cost_of(tile);
    return cost.shared_bytes <= shared_limit && (precision != Precision::fp32 || cost.in_fp32);
}

FixedPlan::FixedPlan(const ProductPlan& plan) { fixed_plan = plan; }
FixedPlan::~FixedPlan() { fixed_plan.reset(); }

PlanRecord::PlanRecord() { record = this; }
PlanRecord::~PlanRecord() { record = nullptr; }

ProductPlan plan_product(const ProductSize& size, Precision precision, std::size_t shared_limit) {
    const ProductPlan plan = best_plan(size, precision, shared_limit);
    if (record) record->products.push_back({size, plan});
    return plan;
}

double expected_seconds(const ProductSize& size, const ProductPlan& plan, Precision precision) {
    const TileCost& tile = cost_of(plan.tile);
    return clocks(tile, tiles_of(tile, size), parts(size.k, kDepth), plan.splits, precision) / kClocksPerSecond;
}

}  // namespace sinter::kernels
