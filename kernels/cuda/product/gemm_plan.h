// How a tiled product is cut: the size of the tiles, and the blocks that share the depth of one.
#pragma once

#include <vector>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// The tiles that there are, by the size of their part of C.
enum class TileSize { huge, large, medium, small };  // 256x128 (not in fp32), 128x128, 128x64, 64x32

/// How a product is cut.
struct ProductPlan {
    TileSize tile = TileSize::small;
    int splits = 1;  ///< blocks that share the depth of one tile
};

/// The largest sizes in a group of products.
struct ProductSize {
    int m = 0, n = 0, k = 0, count = 1;
};

/// Whether there is such a tile in that precision, and room for it in `shared_limit` bytes of shared memory.
bool has_tile(TileSize tile, Precision precision, std::size_t shared_limit);

/// The plan that should take the shortest time on an H200. It follows from the sizes, the precision and `shared_limit`,
/// the bytes of shared memory that a block may have. In fp32, results therefore have the same bits on all devices with
/// room for the large tile, such as those of compute capability 8.0 and 9.0. They have other last digits on devices
/// without (7.5, 8.6, 8.9). Tensor cores of another architecture round and add in their own way.
ProductPlan plan_product(const ProductSize& size, Precision precision, std::size_t shared_limit);

/// The seconds that the model expects an H200 to take for products cut like this. The launch is not in them.
double expected_seconds(const ProductSize& size, const ProductPlan& plan, Precision precision);

/// Products of one launch, and how they were cut.
struct PlannedProduct {
    ProductSize size;
    ProductPlan plan;
};

/// While one exists, it keeps what plan_product() is asked and answers. Only one may exist.
class PlanRecord {
public:
    PlanRecord();
    ~PlanRecord();
    PlanRecord(const PlanRecord&) = delete;
    PlanRecord& operator=(const PlanRecord&) = delete;

    std::vector<PlannedProduct> products;
};

/// While one exists, every product is cut like this, as long as the tile fits the device, and into fewer parts where
/// there are fewer stages. Tests try each tile on sizes that the plan would give to another, and a benchmark times one
/// against the other. Only one may exist, and no product may run on another thread.
class FixedPlan {
public:
    explicit FixedPlan(const ProductPlan& plan);
    ~FixedPlan();
    FixedPlan(const FixedPlan&) = delete;
    FixedPlan& operator=(const FixedPlan&) = delete;
};

}  // namespace sinter::kernels
