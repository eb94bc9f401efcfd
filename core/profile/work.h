// Every kernel call of a run, for whoever wants to know where its time goes.
#pragma once

#include "core/profile/range.h"
#include "core/profile/scope.h"

namespace sinter {

/// A call of a kernel, and for whom it is.
struct Work {
    const char* kernel;        ///< the contract's name, a literal: "conv_forward"
    const char* phase;         ///< a literal: "backward"
    const Part* part;          ///< the layer
    double bytes = 0;          ///< of its operands, each once, in place twice: the least that it must move
    double multiply_adds = 0;  ///< of a matrix product or a convolution
};

/// Is told of the kernel calls of the thread that made it, while it lives: one at a time.
class WorkObserver {
public:
    WorkObserver();
    virtual ~WorkObserver();
    WorkObserver(const WorkObserver&) = delete;
    WorkObserver& operator=(const WorkObserver&) = delete;

    /// The calls between are for `work`. They do not nest.
    virtual void begin_work(const Work& work) = 0;
    virtual void end_work() = 0;

    /// That of this thread, or null.
    static WorkObserver* current();
};

/// Tells the observer, if there is one, that what is called while it lives is one call of `kernel`.
class WorkScope {
public:
    WorkScope(const char* kernel, double bytes, double multiply_adds = 0) : observer_(WorkObserver::current()) {
        if (observer_) observer_->begin_work({kernel, current_phase(), &Scope::current(), bytes, multiply_adds});
    }
    ~WorkScope() {
        if (observer_) observer_->end_work();
    }
    WorkScope(const WorkScope&) = delete;
    WorkScope& operator=(const WorkScope&) = delete;

private:
    WorkObserver* observer_;
};

}  // namespace sinter
