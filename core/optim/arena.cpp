#include "core/optim/arena.h"

#include "core/check.h"

namespace sinter {

ParameterArena::ParameterArena(const Module& module) : parameters_(module.parameters()) {
    require(!parameters_.empty(), "[optimizer] the module has no parameters");
    constexpr Index kAlignment = 16;  // elements
    Index count = 0;
    for (const Parameter& parameter : parameters_) {
        first_.push_back(count);
        count += (parameter.tensor.count() + kAlignment - 1) / kAlignment * kAlignment;
    }
    const Device device = parameters_[0].tensor.device();
    values_ = Tensor::zeros({count}, device);
    gradients_ = Tensor::zeros({count}, device);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        parameters_[i].tensor.move_into(part(values_, i));
        parameters_[i].tensor.set_grad_slot(part(gradients_, i));
    }
}

Tensor ParameterArena::part(const Tensor& arena, std::size_t i) const {
    return arena.view(parameters_[i].tensor.shape(), first_[i]);
}

void ParameterArena::clear_gradients() {
    for (Parameter& parameter : parameters_) parameter.tensor.clear_grad();
}

void ParameterArena::complete_gradients() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!parameters_[i].tensor.grad().defined()) part(gradients_, i).fill(0);
    }
}

}  // namespace sinter
