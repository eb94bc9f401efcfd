#include "core/nn/init.h"

#include <cmath>

#include "core/ops/random.h"

namespace sinter {

Tensor Initialiser::make(const Shape& shape, Fan fan, Generator& generator) const {
    const double in = static_cast<double>(fan.in), out = static_cast<double>(fan.out);
    switch (kind) {
        case Kind::zeros:
            return Tensor::zeros(shape, generator.device());
        case Kind::constant:
            return Tensor::full(shape, a, generator.device());
        case Kind::uniform:
            return random_uniform(shape, -a, a, generator);
        case Kind::uniform_fan_in: {
            const double bound = 1 / std::sqrt(in);
            return random_uniform(shape, -bound, bound, generator);
        }
        case Kind::glorot_uniform: {
            const double bound = std::sqrt(6 / (in + out));
            return random_uniform(shape, -bound, bound, generator);
        }
        case Kind::he_normal:
            return random_normal(shape, 0, std::sqrt(2 / in), generator);
        case Kind::normal:
            return random_normal(shape, a, b, generator);
    }
    return {};
}

}  // namespace sinter
