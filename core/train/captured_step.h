// The device's part of a training step, recorded as a CUDA graph when it comes for the third time and replayed from
// then on: one call of the host in place of a hundred.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "core/optim/update_guard.h"

namespace sinter {

/// Which passes are alike: those of one kind run the same kernels on the same shapes.
struct StepKind {
    Index images = 0;
    std::string_view variant = {};  ///< a literal, such as "discriminator" where a network does not learn

    auto operator<=>(const StepKind&) const = default;
};

/// A step consists of three parts:
///   prepare   the host goes to the next batch, counts, and uploads what changes (Loader::advance(),
///             Generator::start_step(), Optimizer::prepare());
///   pass      kernels alone (Loader::gather(), the model, backward(), Optimizer::apply()): no result is read on the
///             host, nothing is uploaded, and all that differs from the last time is read from device memory;
///   reading   the numbers that the pass returned go to Readings.
/// This class runs the passes. On devices other than CUDA it calls them.
class CapturedStep {
public:
    using Pass = std::function<StepNumbers()>;

    /// With `capture` off the pass is called every time on CUDA, too: to see its layers in a profiler.
    explicit CapturedStep(Device device, bool capture = true);
    ~CapturedStep();
    CapturedStep(const CapturedStep&) = delete;
    CapturedStep& operator=(const CapturedStep&) = delete;

    /// Runs the pass, and returns its numbers, which stand until the next run(). Tensors made within get memory that
    /// nobody else gets.
    StepNumbers run(const StepKind& kind, const Pass& pass);

    /// What one replay of a kind consists of; zeros where it was not recorded.
    struct Counts {
        int kernels = 0, copies = 0;
    };
    Counts counts(const StepKind& kind) const;

private:
    struct Recording;

    Device device_;
    const bool capture_;
    Ref<MemoryPool> memory_;
    std::map<StepKind, std::unique_ptr<Recording>> recordings_;
};

}  // namespace sinter
