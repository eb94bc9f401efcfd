// A parameter arena: all parameters of a model in one array and all their gradients in another, so that an optimizer
// step is one pass over memory and a step of a model with many small parameters costs no more than one of equal size
// with few.
#pragma once

#include <vector>

#include "core/nn/module.h"

namespace sinter {

class ParameterArena {
public:
    /// Moves the module's parameters into a new arena; their handles stay valid. Gaps between them (each starts at a
    /// multiple of 64 bytes) hold zeros. A module belongs to one arena at a time.
    explicit ParameterArena(const Module& module);

    const std::vector<Parameter>& parameters() const { return parameters_; }
    const Tensor& values() const { return values_; }
    const Tensor& gradients() const { return gradients_; }

    /// The part of `arena`, an array like values(), that belongs to parameter i, in that parameter's shape.
    Tensor part(const Tensor& arena, std::size_t i) const;

    /// Forgets all gradients; the next backward pass writes instead of adding.
    void clear_gradients();
    /// Writes zeros where no gradient arrived since clear_gradients(): to be called before the gradients are used.
    void complete_gradients();

private:
    std::vector<Parameter> parameters_;
    std::vector<Index> first_;
    Tensor values_, gradients_;
};

}  // namespace sinter
