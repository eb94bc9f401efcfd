#include "core/optim/optimizer.h"

#include <array>
#include <cmath>
#include <utility>

#include "core/call.h"
#include "core/check.h"
#include "kernels/reduce.h"

namespace sinter {
namespace {

constexpr Index kScalars = 4;  // members of StepScalars

}  // namespace

Optimizer::Optimizer(const Module& module, std::vector<std::string> state_names) : arena_(module) {
    const Device device = arena_.values().device();
    for (std::string& name : state_names)
        state_.push_back({std::move(name), Tensor::zeros(arena_.values().shape(), device)});
    static_assert(sizeof(kernels::StepScalars<float>) == kScalars * sizeof(float));
    scalars_ = Tensor::zeros({kScalars}, device);
    sum_squares_ = Tensor::zeros({1}, device);
}

void Optimizer::prepare(double learning_rate) {
    kernels::StepScalars<double> now{learning_rate, 1, 1, 1};
    if (taken_.count() == 0) {
        const double t = static_cast<double>(++steps_);
        now.bias_correction1 = 1 - std::pow(decays().beta1, t);
        now.bias_correction2 = 1 - std::pow(decays().beta2, t);
    }
    arena_.values().device().run([&](auto& queue) {
        using Real = RealOf<decltype(queue)>;
        const kernels::StepScalars<Real> rounded{
            static_cast<Real>(now.learning_rate), static_cast<Real>(now.bias_correction1),
            static_cast<Real>(now.bias_correction2), static_cast<Real>(now.gradient_scale)};
        queue.upload(step_scalars().data(queue), &rounded, sizeof(rounded));
    });
}

void Optimizer::count_on_device() {
    taken_ = Buffer<std::int64_t>(std::span<const std::int64_t>(&steps_, 1), arena_.values().device());
    proceeds_ = Tensor::zeros({1}, arena_.values().device());
}

void Optimizer::resume_at(std::int64_t steps) {
    steps_ = steps;
    if (taken_.count() > 0) taken_.upload(std::span<const std::int64_t>(&steps_, 1));
}

void Optimizer::apply(double max_norm, const UpdateGuard* guard, const Tensor& held) {
    require(!held.defined() || taken_.count() > 0,
            "[optimizer] steps that can be held are counted on the device; call count_on_device() before the first");
    arena_.complete_gradients();
    if (max_norm > 0) {
        const Tensor& dw = arena_.gradients();
        call(kernel::sum_squares, sum_squares_, dw, dw.count());
        call(kernel::clip_scale, step_scalars(), sum_squares_, max_norm);
    }
    Tensor proceed = guard ? guard->proceed() : Tensor();
    if (taken_.count() > 0) {
        call(kernel::count_step, proceeds_, taken_, step_scalars(), held, proceed, decays());
        proceed = proceeds_;
    }
    update(proceed);
}

Adam::Adam(const Module& module, const AdamOptions& options)
    : Optimizer(module, {"exp_avg", "exp_avg_sq"}), options_(options) {}

void Adam::update(const Tensor& proceed) {
    const Tensor &w = arena().values(), &dw = arena().gradients(), &m = state()[0].values, &v = state()[1].values;
    call(kernel::adam, InPlace{w}, InPlace{m}, InPlace{v}, dw, w.count(), options_, step_scalars(), proceed);
}

Rmsprop::Rmsprop(const Module& module, const RmspropOptions& options)
    : Optimizer(module, options.momentum != 0 ? std::vector<std::string>{"square_avg", "momentum_buffer"}
                                              : std::vector<std::string>{"square_avg"}),
      options_(options) {}

void Rmsprop::update(const Tensor& proceed) {
    const Tensor &w = arena().values(), &dw = arena().gradients(), &v = state()[0].values;
    const Tensor buffer = state().size() > 1 ? state()[1].values : Tensor();
    call(kernel::rmsprop, InPlace{w}, InPlace{v}, InPlace{buffer}, dw, w.count(), options_, step_scalars(), proceed);
}

Sgd::Sgd(const Module& module, const SgdOptions& options)
    : Optimizer(module,
                options.momentum != 0 ? std::vector<std::string>{"momentum_buffer"} : std::vector<std::string>{}),
      options_(options) {
    require(!options.nesterov || options.momentum > 0, "[sgd] Nesterov's variant needs a momentum above 0, got {}",
            options.momentum);
}

void Sgd::update(const Tensor& proceed) {
    const Tensor &w = arena().values(), &dw = arena().gradients();
    const Tensor buffer = state().empty() ? Tensor() : state()[0].values;
    call(kernel::sgd, InPlace{w}, InPlace{buffer}, dw, w.count(), options_, step_scalars(), proceed);
}

}  // namespace sinter
