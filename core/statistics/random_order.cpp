#include "core/statistics/random_order.h"

#include "core/call.h"
#include "kernels/random.h"

namespace sinter {

std::vector<Index> random_order(Index count, std::uint64_t seed) {
    if (count == 0) return {};
    const Buffer<std::int32_t> order(count, Device::cpu());
    call(kernel::random_permutation, order, count, kernels::RandomAddress{seed, 0, nullptr});
    return {order.data(), order.data() + count};
}

}  // namespace sinter
