// The layers of feed-forward networks.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/nn/init.h"
#include "core/nn/module.h"
#include "core/ops/activation.h"

namespace sinter {

/// A module that maps one tensor to another.
class Layer : public Module {
public:
    virtual Tensor forward(const Tensor& x) = 0;
};

struct LinearOptions {
    Activation activation = identity();  ///< fused into the matrix product
    bool bias = true;
    Initialiser weight_init = init::uniform_fan_in();
    Initialiser bias_init = init::uniform_fan_in();
};

/// y = f(x W + b) for x [batch, in]. Parameters: weight [in, out], bias [out].
class Linear final : public Layer {
public:
    /// Draws the weight, then the bias, from `generator`, whose device the layer lives on.
    Linear(Index in, Index out, Generator& generator, const LinearOptions& options = {});
    Tensor forward(const Tensor& x) override;

private:
    Activation activation_;
    Tensor weight_, bias_;
};

/// A pointwise activation by itself. Where it follows a Linear, LinearOptions::activation is faster.
class ActivationLayer final : public Layer {
public:
    explicit ActivationLayer(Activation activation) : activation_(activation) {}
    Tensor forward(const Tensor& x) override { return activate(x, activation_); }

private:
    Activation activation_;
};

/// Dropout while training, nothing in evaluation. Masks come from `generator`, which must outlive the layer.
class Dropout final : public Layer {
public:
    Dropout(double rate, Generator& generator);
    Tensor forward(const Tensor& x) override;

private:
    double rate_;
    Generator& generator_;
};

/// Layers one after the other.
class Sequential final : public Layer {
public:
    /// Appends a layer of type T constructed from the arguments, under a name that is its place if empty; returns it.
    template <class T, class... Arguments>
    T& add(std::string name, Arguments&&... arguments) {
        auto layer = std::make_unique<T>(std::forward<Arguments>(arguments)...);
        T& added = *layer;
        if (name.empty()) name = std::to_string(layers_.size());
        add_module(name, added);
        layers_.emplace_back(std::move(name), std::move(layer));
        return added;
    }

    Tensor forward(const Tensor& x) override;

private:
    std::vector<std::pair<std::string, std::unique_ptr<Layer>>> layers_;
};

}  // namespace sinter
