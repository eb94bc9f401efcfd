#include "core/optim/update_guard.h"

#include "core/check.h"
#include "kernels/optimizer.h"

namespace sinter {

Tensor UpdateGuard::gather(std::initializer_list<Tensor> numbers, int losses) const {
    constexpr std::size_t kMaxNumbers = kernels::StepNumbers<float>::kMaxNumbers;
    require(numbers.size() <= kMaxNumbers, "[update_guard] expected at most {} numbers, got {}", kMaxNumbers,
            numbers.size());
    Tensor together = Tensor::empty({static_cast<Index>(numbers.size()) + 1}, proceed_.device());
    together.device().run([&](auto& queue) {
        kernels::StepNumbers<RealOf<decltype(queue)>> places{.losses = losses};
        for (const Tensor& number : numbers) {
            require(!number.defined() || number.count() == 1, "[update_guard] expected numbers of one element, got {}",
                    number.defined() ? number.shape() : Shape());
            places.place[places.count++] = number.data(queue);
        }
        kernels::gather_step_numbers(queue, together.data(queue), places, proceed_.data(queue));
    });
    return together;
}

}  // namespace sinter
