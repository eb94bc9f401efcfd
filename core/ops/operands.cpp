#include "core/ops/operands.h"

#include <algorithm>
#include <type_traits>

#include "core/check.h"

namespace sinter {
namespace {

/// Whether the host reads and writes the memory of a queue directly.
template <class Queue>
inline constexpr bool kInHostMemory =
    std::is_same_v<Queue, kernels::CpuQueue> || std::is_same_v<Queue, kernels::RefQueue<double>>;

}  // namespace

kernels::MatrixShape require_matrix(const char* op, const Tensor& x) {
    require(x.shape().rank() == 2, "[{}] expected a matrix, got {}", op, x.shape());
    return {x.size(0), x.size(1)};
}

kernels::ImageShape require_images(const char* op, const Tensor& x) {
    require(x.shape().rank() == 4, "[{}] expected images [batch, height, width, channels], got {}", op, x.shape());
    return {x.size(0), x.size(1), x.size(2), x.size(3)};
}

void require_indices(const char* op, const Buffer<std::int32_t>& indices, Index entries, Device device) {
    require(device == indices.device(), "[{}] expected indices on the device {}, they are on {}; upload them there", op,
            device.name(), indices.device().name());
    device.run([&](auto& queue) {
        if constexpr (kInHostMemory<std::remove_reference_t<decltype(queue)>>) {
            const std::int32_t* const end = indices.data() + indices.count();
            const std::int32_t* const wrong =
                std::find_if(static_cast<const std::int32_t*>(indices.data()), end,
                             [&](std::int32_t index) { return index < 0 || index >= entries; });
            require(wrong == end, "[{}] expected indices of 0 to {}, number {} is {}", op, entries - 1,
                    wrong - indices.data(), wrong == end ? 0 : *wrong);
        }
    });
}

}  // namespace sinter
