// Optimizers over a parameter arena, by PyTorch's names and definitions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/buffer.h"
#include "core/optim/arena.h"
#include "core/optim/update_guard.h"
#include "kernels/optimizer.h"

namespace sinter {

using kernels::AdamOptions;
using kernels::RmspropOptions;
using kernels::SgdOptions;

/// Updates the parameters of a module from their gradients. One step is one pass over the arena.
class Optimizer {
public:
    virtual ~Optimizer() = default;
    Optimizer(const Optimizer&) = delete;
    Optimizer& operator=(const Optimizer&) = delete;

    /// Forgets the gradients of the last step; costs nothing.
    void clear_gradients() { arena_.clear_gradients(); }

    /// Applies the gradients that backward() accumulated. If max_norm > 0 they are first scaled down so that the norm
    /// of all of them together is at most max_norm; neither costs a wait for the device.
    void step(double learning_rate, double max_norm = 0) {
        prepare(learning_rate);
        apply(max_norm);
    }

    /// The host's part of step(): counts the step and uploads its scalars. Comes before what is recorded and replayed.
    void prepare(double learning_rate);
    /// The device's part of step(), which may be recorded and replayed. Where a `guard` (of this device) has seen a
    /// loss that is not finite, nothing is touched; nor where `held`, a tensor [1], is not 0: parameters, state and the
    /// number of steps stay. Throws UsageError for `held` without count_on_device().
    void apply(double max_norm = 0, const UpdateGuard* guard = nullptr, const Tensor& held = {});

    /// Lets the device count the steps from now on, which it alone knows where some are held.
    void count_on_device();

    /// The number of steps taken; waits for the device where it counts them.
    std::int64_t steps() const { return taken_.count() > 0 ? taken_.to_vector().front() : steps_; }

    const ParameterArena& arena() const { return arena_; }

    /// What the optimizer remembers between steps, as arrays like arena().values(): "exp_avg" and "exp_avg_sq" for
    /// Adam.
    struct State {
        std::string name;
        Tensor values;
    };
    const std::vector<State>& state() const { return state_; }
    /// Continues as after `steps` steps; the state arrays are to be filled by the caller.
    void resume_at(std::int64_t steps);

protected:
    /// `state_names`: one array for each, zero at first.
    Optimizer(const Module& module, std::vector<std::string> state_names);

    /// What the bias corrections among the scalars of a step follow from.
    virtual kernels::StepDecays decays() const { return {}; }
    /// Updates arena().values() from arena().gradients() and state(), with the scalars at `step_scalars()`, where
    /// `proceed` (kernels/optimizer.h) allows it.
    virtual void update(const Tensor& proceed) = 0;

    /// The scalars of the step in device memory, as an argument of call().
    struct DeviceScalars {
        const Tensor& values;

        Device device() const { return values.device(); }
        template <class Queue>
        auto* data(const Queue& queue) const {
            return reinterpret_cast<kernels::StepScalars<typename Queue::Real>*>(values.data(queue));
        }
    };
    DeviceScalars step_scalars() const { return {scalars_}; }

private:
    ParameterArena arena_;
    std::vector<State> state_;
    Tensor scalars_, sum_squares_;
    std::int64_t steps_ = 0;
    Buffer<std::int64_t> taken_;  ///< [1]: steps, where the device counts them; else nothing
    Tensor proceeds_;             ///< [1]: whether this step is taken, where the device counts them
};

/// Adam, or AdamW with options.decoupled.
class Adam final : public Optimizer {
public:
    explicit Adam(const Module& module, const AdamOptions& options = {});

private:
    kernels::StepDecays decays() const override { return {options_.beta1, options_.beta2}; }
    void update(const Tensor& proceed) override;
    AdamOptions options_;
};

class Rmsprop final : public Optimizer {
public:
    explicit Rmsprop(const Module& module, const RmspropOptions& options = {});

private:
    void update(const Tensor& proceed) override;
    RmspropOptions options_;
};

/// Stochastic gradient descent, with momentum and Nesterov's variant.
class Sgd final : public Optimizer {
public:
    explicit Sgd(const Module& module, const SgdOptions& options = {});

private:
    void update(const Tensor& proceed) override;
    SgdOptions options_;
};

}  // namespace sinter
