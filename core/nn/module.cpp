#include "core/nn/module.h"

#include "core/check.h"

namespace sinter {

Tensor Module::add_parameter(std::string name, Tensor initial, FileLayout layout) {
    initial.set_requires_grad(true);
    own_.push_back({std::move(name), initial, layout});
    return initial;
}

void Module::add_module(std::string name, Module& module) {
    for (const auto& [other, child] : children_) require(other != name, "[module] two children are named '{}'", name);
    children_.emplace_back(std::move(name), &module);
}

void Module::collect(const std::string& prefix, std::vector<Parameter>& parameters) const {
    for (const Parameter& own : own_) parameters.push_back({prefix + own.name, own.tensor, own.layout});
    for (const auto& [name, child] : children_) child->collect(prefix + name + ".", parameters);
}

std::vector<Parameter> Module::parameters() const {
    std::vector<Parameter> parameters;
    collect("", parameters);
    return parameters;
}

Index Module::parameter_count() const {
    Index count = 0;
    for (const Parameter& parameter : parameters()) count += parameter.tensor.count();
    return count;
}

void Module::train(bool training) {
    training_ = training;
    for (auto& [name, child] : children_) child->train(training);
}

void Module::set_requires_grad(bool requires_grad) {
    for (Parameter& parameter : parameters()) parameter.tensor.set_requires_grad(requires_grad);
}

}  // namespace sinter
