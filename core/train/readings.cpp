#include "core/train/readings.h"

#include <algorithm>
#include <limits>

#include "core/check.h"
#include "kernels/gather.h"

namespace sinter {
namespace {

constexpr int kMostScalars = kernels::ScalarPlaces<float>::kMost;

}  // namespace

Readings::Readings(Device device, int values) {
    require(values >= 1 && values <= kMostScalars, "[readings] expected 1 to {} numbers a step, got {}", kMostScalars,
            values);
#ifdef SINTER_HAS_CUDA
    device.run([&](auto& queue) {
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            lag_ = kLag;
            readback_.emplace(kLag + 1, static_cast<std::size_t>(values) * sizeof(float));
        }
    });
#else
    static_cast<void>(device);
#endif
    slots_.resize(static_cast<std::size_t>(lag_) + 1);
    for (Slot& slot : slots_) slot.values.resize(static_cast<std::size_t>(values));
}

void Readings::post(std::int64_t step, Index images, const Tensor& values) {
    const int place = (first_ + under_way_++) % static_cast<int>(slots_.size());
    Slot& slot = slots_[static_cast<std::size_t>(place)];
    require(values.count() == std::ssize(slot.values), "[readings] expected {} numbers, got {}", slot.values.size(),
            values.shape());
    slot.step = step;
    slot.images = images;
    values.device().run([&](auto& queue) {
        using Real = RealOf<decltype(queue)>;
#ifdef SINTER_HAS_CUDA
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            readback_->post(queue, place, values.data(queue));
            return;
        }
#endif
        Real downloaded[kMostScalars];
        queue.download(downloaded, values.data(queue), slot.values.size() * sizeof(Real));
        std::copy_n(downloaded, slot.values.size(), slot.values.begin());
    });
}

Reading Readings::take() {
    Slot& slot = slots_[static_cast<std::size_t>(first_)];
#ifdef SINTER_HAS_CUDA
    if (readback_) {
        const auto* arrived = static_cast<const float*>(readback_->wait(first_));
        std::copy_n(arrived, slot.values.size(), slot.values.begin());
    }
#endif
    first_ = (first_ + 1) % static_cast<int>(slots_.size());
    --under_way_;
    return {slot.step, slot.images, slot.values};
}

Tensor gather_scalars(std::initializer_list<Tensor> scalars) {
    require(scalars.size() >= 1 && scalars.size() <= kMostScalars && scalars.begin()->defined(),
            "[gather_scalars] expected 1 to {} tensors, the first of them defined, got {}", kMostScalars,
            scalars.size());
    const Device device = scalars.begin()->device();
    Tensor together = Tensor::empty({static_cast<Index>(scalars.size())}, device);
    Tensor missing;
    if (std::any_of(scalars.begin(), scalars.end(), [](const Tensor& scalar) { return !scalar.defined(); }))
        missing = Tensor::full({1}, std::numeric_limits<double>::quiet_NaN(), device);
    device.run([&](auto& queue) {
        kernels::ScalarPlaces<RealOf<decltype(queue)>> places;
        for (const Tensor& scalar : scalars) {
            require(!scalar.defined() || scalar.count() == 1,
                    "[gather_scalars] expected tensors of one element, got {}", scalar.shape());
            places.place[places.count++] = (scalar.defined() ? scalar : missing).data(queue);
        }
        kernels::gather_scalars(queue, together.data(queue), places);
    });
    return together;
}

}  // namespace sinter
