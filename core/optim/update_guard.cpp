#include "core/optim/update_guard.h"

#include "core/call.h"
#include "core/check.h"

namespace sinter {
namespace {

/// Where the numbers of a step stand, as an argument of call().
struct DeviceNumbers {
    std::initializer_list<StepNumber> numbers;

    template <class Queue>
    kernels::NumberPlaces<typename Queue::Real> data(const Queue& queue) const {
        kernels::NumberPlaces<typename Queue::Real> places;
        for (const StepNumber& number : numbers) places.place[places.count++] = number.value.data(queue);
        return places;
    }
};

}  // namespace

StepNumbers UpdateGuard::collect(std::initializer_list<StepNumber> numbers) const {
    require(numbers.size() <= StepNumbers::kMaxNumbers, "[update_guard] expected at most {} numbers, got {}",
            StepNumbers::kMaxNumbers, numbers.size());
    StepNumbers gathered;
    for (const auto& [name, value] : numbers) {
        require(!value.defined() || value.count() == 1, "[update_guard] expected '{}' to have one element, got {}",
                name, value.defined() ? value.shape() : Shape());
        gathered.names[static_cast<std::size_t>(gathered.count++)] = name;
    }
    gathered.values = Tensor::empty({gathered.count + 1}, proceed_.device());
    call(kernel::gather_step_numbers, gathered.values, DeviceNumbers{numbers}, proceed_);
    return gathered;
}

}  // namespace sinter
