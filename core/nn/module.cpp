#include "core/nn/module.h"

#include "core/check.h"

namespace sinter {

void Module::require_new_name(const std::string& name) const {
    for (const Tensors* all : {&parameters_, &buffers_}) {
        for (const Parameter& own : *all) require(own.name != name, "[module] two tensors are named '{}'", name);
    }
}

Tensor Module::add_parameter(std::string name, Tensor initial, FileLayout layout) {
    require_new_name(name);
    initial.set_requires_grad(true);
    parameters_.push_back({std::move(name), initial, layout});
    return initial;
}

Tensor Module::add_buffer(std::string name, Tensor initial, FileLayout layout) {
    require_new_name(name);
    buffers_.push_back({std::move(name), initial, layout});
    return initial;
}

void Module::add_module(std::string name, Module& module) {
    for (const auto& [other, child] : children_) require(other != name, "[module] two children are named '{}'", name);
    children_.emplace_back(std::move(name), &module);
}

void Module::collect(const std::string& prefix, Tensors Module::*which, Tensors& all) const {
    for (const Parameter& own : this->*which) all.push_back({prefix + own.name, own.tensor, own.layout});
    for (const auto& [name, child] : children_) child->collect(prefix + name + ".", which, all);
}

std::vector<Parameter> Module::parameters() const {
    Tensors all;
    collect("", &Module::parameters_, all);
    return all;
}

std::vector<Parameter> Module::state() const {
    Tensors all = parameters();
    collect("", &Module::buffers_, all);
    return all;
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

void Module::set_statistics_momentum(std::optional<double> momentum) {
    for (auto& [name, child] : children_) child->set_statistics_momentum(momentum);
}

void Module::set_requires_grad(bool requires_grad) {
    for (Parameter& own : parameters_) own.tensor.set_requires_grad(requires_grad);
    for (auto& [name, child] : children_) child->set_requires_grad(requires_grad);
}

Device Module::device() const {
    const std::vector<Parameter> all = parameters();
    require(!all.empty(), "[module] a module without parameters is on no device");
    return all.front().tensor.device();
}

}  // namespace sinter
