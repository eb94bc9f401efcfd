// Modules: named parameters in a tree, as in PyTorch.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/nn/file_layout.h"
#include "core/tensor.h"

namespace sinter {

/// A learnable tensor and its dotted name in the tree, "encoder.hidden.weight".
struct Parameter {
    std::string name;
    Tensor tensor;
    FileLayout layout;
};

/// A node of the tree. Members register themselves at construction; the tree is fixed from then on.
class Module {
public:
    Module() = default;
    virtual ~Module() = default;
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;

    /// All parameters of the tree: this module's own first, then its children's, each in order of registration.
    std::vector<Parameter> parameters() const;
    /// The parameters, then the buffers of the tree: tensors that are state but not learned, such as running
    /// statistics. What a checkpoint holds.
    std::vector<Parameter> state() const;
    /// The number of learnable values in the tree.
    Index parameter_count() const;

    /// Switches the tree to training mode or to evaluation mode (which concerns dropout, batch normalisation and
    /// spectral normalisation, whose power iteration stops).
    void train(bool training = true);
    bool training() const { return training_; }

    /// Sets the momentum of every batch normalisation in the tree, or gives each its own again. See
    /// estimate_statistics().
    virtual void set_statistics_momentum(std::optional<double> momentum);

    /// Freezes or thaws all parameters of the tree; a frozen module costs no weight gradient. See Frozen.
    void set_requires_grad(bool requires_grad);

    /// The device of the tree's first parameter. Throws UsageError where there is none.
    Device device() const;

protected:
    /// Each registers a part of this module under `name`, which must be new, and returns the tensor it was given. A
    /// child must live as long as this module, so it is usually a member.
    Tensor add_parameter(std::string name, Tensor initial, FileLayout layout = kPlainLayout);
    Tensor add_buffer(std::string name, Tensor initial, FileLayout layout = kPlainLayout);
    void add_module(std::string name, Module& module);

private:
    using Tensors = std::vector<Parameter>;
    void require_new_name(const std::string& name) const;
    void collect(const std::string& prefix, Tensors Module::*which, Tensors& all) const;

    Tensors parameters_, buffers_;
    std::vector<std::pair<std::string, Module*>> children_;
    bool training_ = true;
};

/// Freezes a module while it lives: gradients pass through it, none are computed for it.
class Frozen {
public:
    explicit Frozen(Module& module) : module_(module) { module_.set_requires_grad(false); }
    ~Frozen() { module_.set_requires_grad(true); }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;

private:
    Module& module_;
};

/// Switches a module to evaluation mode while it lives, then back to the mode it was in.
class Evaluating {
public:
    explicit Evaluating(Module& module) : module_(module), training_(module.training()) { module_.train(false); }
    ~Evaluating() { module_.train(training_); }
    Evaluating(const Evaluating&) = delete;
    Evaluating& operator=(const Evaluating&) = delete;

private:
    Module& module_;
    bool training_;
};

}  // namespace sinter
