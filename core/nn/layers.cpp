#include "core/nn/layers.h"

#include "core/check.h"
#include "core/ops/linear.h"
#include "core/ops/random.h"
#include "core/watch.h"

namespace sinter {

Linear::Linear(Index in, Index out, Generator& generator, const LinearOptions& options)
    : activation_(options.activation) {
    require(in > 0 && out > 0, "[linear] expected at least one input and one output, got {} and {}", in, out);
    weight_ = add_parameter("weight", options.weight_init.make({in, out}, {in, out}, generator), kLinearLayout);
    if (options.bias) bias_ = add_parameter("bias", options.bias_init.make({out}, {in, out}, generator));
}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight_, bias_, activation_); }

Dropout::Dropout(double rate, Generator& generator) : rate_(rate), generator_(generator) {
    require(rate >= 0 && rate < 1, "[dropout] expected a rate in [0, 1), got {}", rate);
}

Tensor Dropout::forward(const Tensor& x) { return training() ? dropout(x, rate_, generator_) : x; }

Tensor Sequential::forward(const Tensor& x) {
    Tensor y = x;
    for (auto& [name, layer] : layers_) {
        const Scope scope(name.c_str());
        y = layer->forward(y);
    }
    return y;
}

}  // namespace sinter
