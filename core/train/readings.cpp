#include "core/train/readings.h"

#include <iterator>

#include "core/check.h"
#include "core/profile/work.h"

namespace sinter {

Readings::Readings(Device device) : device_(device) {
#ifdef SINTER_HAS_CUDA
    device.run([&](auto& queue) {
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) lag_ = kLag;
    });
#endif
}

void Readings::make_slots(int numbers) {
    slots_.resize(static_cast<std::size_t>(lag_) + 1);
    for (Slot& slot : slots_) slot.numbers.resize(static_cast<std::size_t>(numbers));
#ifdef SINTER_HAS_CUDA
    if (lag_ > 0) readback_.emplace(lag_ + 1, numbers + 1);
#endif
}

template <class Real>
void Readings::fill(Slot& slot, const Real* values) {
    for (NamedNumber& number : slot.numbers) number.value = static_cast<double>(*values++);
    slot.updates_held = *values == 0;
}

void Readings::push(const StepPlace& place, const StepNumbers& numbers) {
    if (slots_.empty()) make_slots(numbers.count);
    const int index = (first_ + under_way_++) % static_cast<int>(slots_.size());
    Slot& slot = slots_[static_cast<std::size_t>(index)];
    require(numbers.count == std::ssize(slot.numbers), "[readings] expected {} numbers, got {}", slot.numbers.size(),
            numbers.count);
    slot.place = place;
    for (std::size_t i = 0; i < slot.numbers.size(); ++i) slot.numbers[i].name = numbers.names[i];
    const WorkScope work(kReadBack, 2 * numbers.values.bytes());
    numbers.values.device().run([&](auto& queue) {
#ifdef SINTER_HAS_CUDA
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            readback_->post(queue, index, numbers.values.data(queue));
            return;
        }
#endif
        RealOf<decltype(queue)> values[StepNumbers::kMaxNumbers + 1];
        queue.download(values, numbers.values.data(queue), (slot.numbers.size() + 1) * sizeof(values[0]));
        fill(slot, values);
    });
}

Reading Readings::take() {
    Slot& slot = slots_[static_cast<std::size_t>(first_)];
#ifdef SINTER_HAS_CUDA
    // Here the host first hears of a kernel that failed: a device's errors are DeviceErrors.
    if (readback_) device_.run([&](auto&) { fill(slot, readback_->wait(first_)); });
#endif
    first_ = (first_ + 1) % static_cast<int>(slots_.size());
    --under_way_;
    return {slot.place, slot.numbers, slot.updates_held};
}

}  // namespace sinter
