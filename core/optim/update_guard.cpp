#include "core/optim/update_guard.h"

#include "core/check.h"

namespace sinter {

StepNumbers UpdateGuard::gather(std::initializer_list<StepNumber> numbers) const {
    require(numbers.size() <= StepNumbers::kMaxNumbers, "[update_guard] expected at most {} numbers, got {}",
            StepNumbers::kMaxNumbers, numbers.size());
    StepNumbers gathered;
    for (const auto& [name, value] : numbers) {
        require(!value.defined() || value.count() == 1, "[update_guard] expected '{}' to have one element, got {}",
                name, value.defined() ? value.shape() : Shape());
        gathered.names[static_cast<std::size_t>(gathered.count++)] = name;
    }
    gathered.values = Tensor::empty({gathered.count + 1}, proceed_.device());
    gathered.values.device().run([&](auto& queue) {
        kernels::NumberPlaces<RealOf<decltype(queue)>> places;
        for (const StepNumber& number : numbers) places.place[places.count++] = number.value.data(queue);
        kernels::gather_step_numbers(queue, gathered.values.data(queue), places, proceed_.data(queue));
    });
    return gathered;
}

}  // namespace sinter
