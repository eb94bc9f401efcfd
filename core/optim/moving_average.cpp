#include "core/optim/moving_average.h"

#include "core/call.h"
#include "core/check.h"
#include "kernels/elementwise.h"

namespace sinter {
namespace {

void require_equal_structure(const std::vector<Parameter>& to, const std::vector<Parameter>& from) {
    require(to.size() == from.size(), "[moving_average] expected two modules of one structure, got {} and {} tensors",
            to.size(), from.size());
    for (std::size_t i = 0; i < to.size(); ++i) {
        require(
            to[i].name == from[i].name && to[i].tensor.shape() == from[i].tensor.shape() &&
                to[i].tensor.device() == from[i].tensor.device(),
            "[moving_average] expected two modules of one structure, but {} ({} on {}) stands against {} ({} on {})",
            to[i].name, to[i].tensor.shape(), to[i].tensor.device().name(), from[i].name, from[i].tensor.shape(),
            from[i].tensor.device().name());
    }
}

/// The module, if it may be the average of the source.
const Module& checked(const Module& average, const Module& source, const ParameterArena& source_arena) {
    require(&average != &source, "[moving_average] expected two modules; one cannot be its own average");
    require_equal_structure(average.state(), source.state());
    require_equal_structure(average.parameters(), source_arena.parameters());
    return average;
}

}  // namespace

MovingAverage::MovingAverage(Module& average, const Module& source, const ParameterArena& source_arena)
    : average_(checked(average, source, source_arena)),
      source_(source_arena.values()),
      weight_(Tensor::zeros({1}, source_.device())) {
    const std::vector<Parameter> to = average.state(), from = source.state();
    for (std::size_t i = average_.parameters().size(); i < to.size(); ++i)
        buffers_.push_back({to[i].tensor, from[i].tensor});
    average.set_requires_grad(false);
    Tensor(average_.values()).assign(source_);
    copy_buffers();
}

void MovingAverage::prepare(double decay) {
    require(decay >= 0 && decay <= 1, "[moving_average] expected a decay in [0, 1], got {}", decay);
    weight_.device().run([&](auto& queue) {
        const auto weight = static_cast<RealOf<decltype(queue)>>(1 - decay);
        queue.upload(weight_.data(queue), &weight, sizeof(weight));
    });
}

void MovingAverage::apply() {
    const Tensor& average = average_.values();
    call(kernel::interpolate, InPlace{average}, source_, average.count(), weight_);
    copy_buffers();
}

void MovingAverage::copy_buffers() {
    for (Pair& pair : buffers_) pair.average.assign(pair.source);
}

}  // namespace sinter
