// Uses each installed library once: a kernel, a tensor with its gradient, a model with its loss.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "core/error.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/random.h"
#include "core/tape.h"
#include "kernels/elementwise.h"
#include "models/vae/vae.h"

namespace {

/// 1 + 2 on the CPU, a thousand times.
bool adds() {
    const std::vector<float> one(1000, 1.0F), two(1000, 2.0F);
    std::vector<float> sum(1000);
    sinter::kernels::CpuQueue queue;
    sinter::kernels::add(queue, sum.data(), one.data(), two.data(), 1000);
    return std::all_of(sum.begin(), sum.end(), [](float value) { return value == 3.0F; });
}

/// d sum(x^2) / dx = 2 x
bool differentiates() {
    sinter::Tensor x = sinter::Tensor::full({2, 3}, 1.5, sinter::Device::cpu());
    x.set_requires_grad(true);
    const std::vector<float> dx = gradient(sum(x * x), x).to_floats();
    return dx == std::vector<float>(6, 3.0F);
}

/// The parameters of the VAE of PyTorch's example, and its loss on grey images.
bool trains() {
    const sinter::Device cpu = sinter::Device::cpu();
    sinter::Generator init(1, cpu, sinter::draws::kInitialisation), noise(1, cpu);
    sinter::Vae vae({}, init);
    const auto losses = vae.losses(sinter::Tensor::full({2, 28, 28, 1}, 0.5, cpu), noise);
    backward(losses.total);
    return vae.parameter_count() == 652824 && std::isfinite(losses.total.item());
}

}  // namespace

int main() {
    bool right = true;
    const auto expect = [&](const char* what, bool holds) {
        std::printf("%s %s\n", what, holds ? "works" : "does not work");
        right = right && holds;
    };
    expect("a kernel", adds());
    expect("a gradient", differentiates());
    expect("a model", trains());
    return static_cast<int>(right ? sinter::ExitCode::ok : sinter::ExitCode::failure);
}
