// Modules: named parameters in a tree, as in PyTorch.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace sinter {

/// How a parameter lies in files that other programs read; in memory everything is channels last, inputs before
/// outputs.
enum class FileLayout {
    plain,         ///< as in memory
    linear_weight  ///< [in, out] in memory, [out, in] in the file, as PyTorch's Linear has it
};

/// A learnable tensor and its dotted name in the tree, "encoder.hidden.weight".
struct Parameter {
    std::string name;
    Tensor tensor;
    FileLayout layout = FileLayout::plain;
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
    /// The number of learnable values in the tree.
    Index parameter_count() const;

    /// Switches the tree to training mode or to evaluation mode (which concerns dropout and batch normalisation).
    void train(bool training = true);
    bool training() const { return training_; }

    /// Freezes or thaws all parameters of the tree; a frozen module costs no weight gradient.
    void set_requires_grad(bool requires_grad);

protected:
    Tensor add_parameter(std::string name, Tensor initial, FileLayout layout = FileLayout::plain);
    void add_module(std::string name, Module& module);

private:
    void collect(const std::string& prefix, std::vector<Parameter>& parameters) const;

    std::vector<Parameter> own_;
    std::vector<std::pair<std::string, Module*>> children_;
    bool training_ = true;
};

}  // namespace sinter
