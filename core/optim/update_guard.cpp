#include "core/optim/update_guard.h"

#include "core/call.h"
#include "core/check.h"
#include "kernels/optimizer.h"

namespace sinter {
namespace {

/// Where the numbers of a step stand, as an argument of call().
struct DeviceNumbers {
    std::initializer_list<Tensor> numbers;
    int losses;

    template <class Queue>
    kernels::StepNumbers<typename Queue::Real> data(const Queue& queue) const {
        kernels::StepNumbers<typename Queue::Real> places{.losses = losses};
        for (const Tensor& number : numbers) places.place[places.count++] = number.data(queue);
        return places;
    }
};

}  // namespace

Tensor UpdateGuard::gather(std::initializer_list<Tensor> numbers, int losses) const {
    constexpr std::size_t kMaxNumbers = kernels::StepNumbers<float>::kMaxNumbers;
    require(numbers.size() <= kMaxNumbers, "[update_guard] expected at most {} numbers, got {}", kMaxNumbers,
            numbers.size());
    for (const Tensor& number : numbers) {
        require(!number.defined() || number.count() == 1, "[update_guard] expected numbers of one element, got {}",
                number.defined() ? number.shape() : Shape());
    }
    const Tensor together = Tensor::empty({static_cast<Index>(numbers.size()) + 1}, proceed_.device());
    call(kernel::gather_step_numbers, together, DeviceNumbers{numbers, losses}, proceed_);
    return together;
}

}  // namespace sinter
