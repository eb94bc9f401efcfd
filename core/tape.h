// The tape: ops record themselves, backward() walks the record in reverse.
//
// An op computes its output, then calls record() with its inputs and a function that turns the gradient of the output
// into gradients of the inputs. See core/ops/activation.cpp for the pattern.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/profile/scope.h"
#include "core/tensor.h"

namespace sinter {

class Backward;
class BackwardPass;

/// While one lives, nothing is recorded on this thread: for sampling and evaluation.
class NoGrad {
public:
    NoGrad();
    ~NoGrad();
    NoGrad(const NoGrad&) = delete;
    NoGrad& operator=(const NoGrad&) = delete;

private:
    bool before_;
};

/// Whether ops record themselves on this thread.
bool grad_enabled();

/// Computes the gradients of a one-element `loss` with respect to every parameter it depends on and adds them to
/// parameter.grad(). Gradients of parameters that were frozen while the ops were recorded, or are frozen now, are not
/// computed. The graph is consumed, that is, its saved tensors are released while the walk goes on, unless
/// `retain_graph`.
void backward(const Tensor& loss, bool retain_graph = false);

/// Returns d output / d inputs for a one-element output, without touching any parameter's grad(). With `create_graph`
/// the result is itself on the tape, so that a penalty on gradients can be differentiated; ops without a second
/// derivative then throw UsageError. Inputs must require a gradient; one on which the output does not depend gets
/// zeros.
std::vector<Tensor> gradients(const Tensor& output, std::span<const Tensor> inputs, bool create_graph = false);
/// The same for one input, without the vector: a training step that takes a penalty on it stays off the heap.
Tensor gradient(const Tensor& output, const Tensor& input, bool create_graph = false);

/// a + b for equal shapes, recorded: what the tape adds up gradients with, and the op add() stands on.
Tensor recorded_sum(const Tensor& a, const Tensor& b);

/// One recorded op. Use record(); this class is the tape's own business.
class Node : public RefCounted, public Recycled {
public:
    static constexpr int kMaxInputs = 6, kMaxOutputs = 2;

    /// Makes `node` the origin of `outputs`, computed from `inputs`.
    static void attach(Ref<Node> node, std::span<Tensor* const> outputs, std::span<const Tensor> inputs);

protected:
    explicit Node(const char* op) : op_(op) {}

private:
    friend class Backward;
    friend class BackwardPass;

    virtual void run(Backward& backward) = 0;
    virtual void release() = 0;
    void expire() override;

    const char* op_;
    const Part* part_ = &Scope::current();  ///< of the model, for whoever asks during a walk
    std::uint64_t sequence_ = 0;
    int input_count_ = 0, output_count_ = 0;
    std::array<Tensor, kMaxInputs> inputs_;  ///< undefined where no gradient is wanted
    std::array<Shape, kMaxOutputs> output_shapes_;
    std::array<Tensor, kMaxOutputs> output_gradients_;  ///< during a walk
    std::optional<Device> device_;
    std::uint64_t visit_ = 0;  ///< the walk that last reached this node
    bool needed_ = false;      ///< whether that walk wants a gradient through it
    bool consumed_ = false;
};

/// What an op's backward function sees: gradients of its outputs, and where those of its inputs go.
class Backward {
public:
    /// The gradient that arrived at an output; zeros if nothing depended on it.
    Tensor dy(int output = 0);
    /// Whether that gradient is the 1 that the walk began with, by which nothing need be multiplied.
    bool dy_is_one(int output = 0) const;
    /// Whether the gradient of an input is asked for. Others need not be computed, and must not be delivered.
    bool wants(int input) const;
    /// Whether the gradients will be differentiated again: they must then be computed with ops and delivered by add().
    bool create_graph() const { return create_graph_; }
    /// The op's own output, connected to the tape again, from the detached copy that the op kept (keeping the output
    /// itself would be a cycle).
    Tensor output(const Tensor& detached, int output = 0) const;

    /// Delivers the gradient of an input.
    void add(int input, const Tensor& gradient);

    /// Memory into which a kernel writes (=) the gradient of an input; a parameter's own gradient where that is still
    /// unwritten, so that it needs no copy. Throws UsageError if create_graph(): what a kernel writes cannot be
    /// differentiated.
    Tensor target(int input);

    /// The same for kernels that can also add: where a parameter's gradient was written before, `accumulate` is set and
    /// the kernel is to add (+=) to it.
    struct Destination {
        Tensor tensor;
        bool accumulate;
    };
    Destination destination(int input);

    /// Two of these, of equal shape, for a kernel that computes both gradients together and adds to both or to none.
    /// What nobody asked for goes to memory of its own; where only one was written before, the other starts as zeros.
    struct DestinationPair {
        Tensor first, second;
        bool accumulate;
    };
    DestinationPair destination_pair(int first, int second, const Shape& shape);

private:
    friend class BackwardPass;
    void require_first_derivative() const;
    Backward(BackwardPass& pass, Node& node, bool create_graph)
        : pass_(pass), node_(node), create_graph_(create_graph) {}

    BackwardPass& pass_;
    Node& node_;
    bool create_graph_;
    std::array<Tensor, Node::kMaxInputs> pending_;
};

/// Whether an op with these inputs goes on the tape: recording is on and one of them requires a gradient.
bool should_record(std::span<const Tensor> inputs);
/// Checks the outputs of an op if the numeric watch is on (core/watch.h).
void check_watch(const char* op, std::span<Tensor* const> outputs);

/// A Node whose backward is a function object.
template <class Function>
class FunctionNode final : public Node {
public:
    FunctionNode(const char* op, Function function) : Node(op), function_(std::move(function)) {}

private:
    void run(Backward& backward) override { (*function_)(backward); }
    void release() override { function_.reset(); }

    std::optional<Function> function_;
};

/// Records an op with several outputs. `op` is its name in messages; `backward` is called as backward(Backward&).
template <class Function>
void record(const char* op, std::initializer_list<Tensor*> outputs, std::initializer_list<Tensor> inputs,
            Function backward) {
    const std::span<Tensor* const> out(outputs.begin(), outputs.size());
    const std::span<const Tensor> in(inputs.begin(), inputs.size());
    check_watch(op, out);
    if (should_record(in)) Node::attach(Ref<Node>(new FunctionNode<Function>(op, std::move(backward))), out, in);
}

/// Records an op with one output, and returns it.
template <class Function>
Tensor record(const char* op, Tensor output, std::initializer_list<Tensor> inputs, Function backward) {
    record(op, {&output}, inputs, std::move(backward));
    return output;
}

}  // namespace sinter
