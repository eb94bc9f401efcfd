#include "core/train/readings.h"

#include <algorithm>
#include <iterator>

#include "core/check.h"
#include "kernels/optimizer.h"

namespace sinter {
namespace {

constexpr int kMaxNumbers = kernels::StepNumbers<float>::kMaxNumbers + 1;  // what UpdateGuard::gather() gives at most

}  // namespace

Readings::Readings(Device device, int values) : device_(device) {
    require(values >= 1 && values <= kMaxNumbers, "[readings] expected 1 to {} numbers a step, got {}", kMaxNumbers,
            values);
#ifdef SINTER_HAS_CUDA
    device.run([&](auto& queue) {
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            lag_ = kLag;
            readback_.emplace(kLag + 1, values);
        }
    });
#else
    static_cast<void>(device);
#endif
    slots_.resize(static_cast<std::size_t>(lag_) + 1);
    for (Slot& slot : slots_) slot.values.resize(static_cast<std::size_t>(values));
}

void Readings::post(const StepPlace& step, const Tensor& values) {
    const int place = (first_ + under_way_++) % static_cast<int>(slots_.size());
    Slot& slot = slots_[static_cast<std::size_t>(place)];
    require(values.count() == std::ssize(slot.values), "[readings] expected {} numbers, got {}", slot.values.size(),
            values.shape());
    slot.place = step;
    values.device().run([&](auto& queue) {
        using Real = RealOf<decltype(queue)>;
#ifdef SINTER_HAS_CUDA
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            readback_->post(queue, place, values.data(queue));
            return;
        }
#endif
        Real downloaded[kMaxNumbers];
        queue.download(downloaded, values.data(queue), slot.values.size() * sizeof(Real));
        std::copy_n(downloaded, slot.values.size(), slot.values.begin());
    });
}

Reading Readings::take() {
    Slot& slot = slots_[static_cast<std::size_t>(first_)];
#ifdef SINTER_HAS_CUDA
    if (readback_) {
        // Here the host first hears of a kernel that failed: a device's errors are DeviceErrors.
        device_.run([&](auto&) {
            const float* const arrived = readback_->wait(first_);
            std::copy_n(arrived, slot.values.size(), slot.values.begin());
        });
    }
#endif
    first_ = (first_ + 1) % static_cast<int>(slots_.size());
    --under_way_;
    return {slot.place, slot.values};
}

}  // namespace sinter
