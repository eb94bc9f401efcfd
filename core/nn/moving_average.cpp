#include "core/nn/moving_average.h"

#include "core/check.h"
#include "kernels/elementwise.h"

namespace sinter {

MovingAverage::MovingAverage(Module& average, const Module& source) {
    require(&average != &source, "[moving_average] expected two modules; one cannot be its own average");
    const std::vector<Parameter> to = average.state(), from = source.state();
    const std::size_t parameter_count = average.parameters().size();
    require(to.size() == from.size() && parameter_count == source.parameters().size(),
            "[moving_average] expected two modules of one structure, got {} and {} tensors", to.size(), from.size());
    for (std::size_t i = 0; i < to.size(); ++i) {
        require(
            to[i].name == from[i].name && to[i].tensor.shape() == from[i].tensor.shape() &&
                to[i].tensor.device() == from[i].tensor.device(),
            "[moving_average] expected two modules of one structure, but {} ({} on {}) stands against {} ({} on {})",
            to[i].name, to[i].tensor.shape(), to[i].tensor.device().name(), from[i].name, from[i].tensor.shape(),
            from[i].tensor.device().name());
    }
    for (std::size_t i = 0; i < to.size(); ++i) {
        (i < parameter_count ? parameters_ : buffers_).push_back({to[i].tensor, from[i].tensor});
    }
    average.set_requires_grad(false);
    for (const auto* pairs : {&parameters_, &buffers_}) {
        for (Pair pair : *pairs) pair.average.assign(pair.source);
    }
}

void MovingAverage::update(double decay) {
    require(decay >= 0 && decay <= 1, "[moving_average] expected a decay in [0, 1], got {}", decay);
    for (const Pair& pair : parameters_) {
        pair.source.device().run([&](auto& queue) {
            kernels::interpolate(queue, pair.average.data(queue), pair.source.data(queue), pair.source.count(),
                                 1 - decay);
        });
    }
    for (Pair& pair : buffers_) pair.average.assign(pair.source);
}

}  // namespace sinter
