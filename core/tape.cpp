#include "core/tape.h"

#include <algorithm>

#include "core/call.h"
#include "core/check.h"
#include "core/profile/range.h"
#include "core/watch.h"
#include "kernels/elementwise.h"

namespace sinter {
namespace {

thread_local bool recording = true;
thread_local std::uint64_t next_sequence = 1;
thread_local std::uint64_t next_visit = 1;

struct GradMode {
    explicit GradMode(bool on) : before(recording) { recording = on; }
    ~GradMode() { recording = before; }
    bool before;
};

}  // namespace

NoGrad::NoGrad() : before_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = before_; }

bool grad_enabled() { return recording; }

bool should_record(std::span<const Tensor> inputs) {
    return recording && std::any_of(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.requires_grad(); });
}

void check_watch(const char* op, std::span<Tensor* const> outputs) {
    if (!watching()) return;
    for (const Tensor* output : outputs) watch_value(op, *output);
}

void Node::attach(Ref<Node> node, std::span<Tensor* const> outputs, std::span<const Tensor> inputs) {
    require(inputs.size() <= kMaxInputs && outputs.size() <= kMaxOutputs,
            "[{}] the tape holds ops of up to {} inputs and {} outputs, got {} and {}", node->op_, kMaxInputs,
            kMaxOutputs, inputs.size(), outputs.size());
    node->sequence_ = next_sequence++;
    node->device_ = outputs[0]->device();
    node->input_count_ = static_cast<int>(inputs.size());
    node->output_count_ = static_cast<int>(outputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].requires_grad()) node->inputs_[i] = inputs[i];
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        node->output_shapes_[i] = outputs[i]->shape();
        Tensor::State& state = *outputs[i]->state_;
        state.requires_grad = true;
        state.node = node;
        state.output = static_cast<int>(i);
    }
}

/// Deletes nodes one after the other instead of each inside the other's destructor: a graph may be any number of ops
/// deep.
void Node::expire() {
    static thread_local std::vector<Node*> expired;
    static thread_local bool deleting = false;
    expired.push_back(this);
    if (deleting) return;
    deleting = true;
    while (!expired.empty()) {
        Node* node = expired.back();
        expired.pop_back();
        delete node;
    }
    deleting = false;
}

Tensor recorded_sum(const Tensor& a, const Tensor& b) {
    const Tensor y = Tensor::empty(a.shape(), a.device());
    call(kernel::add, y, a, b, y.count());
    return record("add", y, {a, b}, [](Backward& back) {
        if (back.wants(0)) back.add(0, back.dy());
        if (back.wants(1)) back.add(1, back.dy());
    });
}

/// One walk over the tape, from a loss back to the leaves.
class BackwardPass {
public:
    /// `targets` null: accumulate into every parameter; else collect the gradients of the targets in `results`.
    BackwardPass(const std::span<const Tensor>* targets, std::span<Tensor> results, bool create_graph,
                 bool retain_graph)
        : targets_(targets), results_(results), create_graph_(create_graph), retain_graph_(retain_graph) {}

    void walk(const Tensor& root) {
        // The list keeps its memory from walk to walk; taken by move, so that a walk inside a walk has its own.
        std::vector<Ref<Node>> nodes = std::move(spare_nodes);
        nodes.clear();
        if (root.state_->node) collect(root.state_->node, nodes);
        mark_needed(nodes);
        const GradMode mode(create_graph_);
        // What gradients() returns is the caller's; a training step takes the same 1 every time.
        one_ = targets_ ? Tensor::full(root.shape(), 1, root.device()) : shared_one(root.device()).view(root.shape());
        deliver(root, one_);
        for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
            if ((*node)->needed_) run(**node);
            *node = Ref<Node>();
        }
        spare_nodes = std::move(nodes);
    }

    void deliver(const Tensor& input, const Tensor& gradient) {
        if (targets_) {
            for (std::size_t i = 0; i < targets_->size(); ++i) {
                if (input.same((*targets_)[i])) accumulate(results_[i], gradient);
            }
        }
        if (Node* node = input.state_->node.get()) {
            if (node->needed_)
                accumulate(node->output_gradients_[static_cast<std::size_t>(input.state_->output)], gradient);
        } else if (is_parameter(input)) {
            const Backward::Destination to = parameter_gradient(input);
            if (to.accumulate) {
                call(kernel::add, to.tensor, to.tensor, gradient, gradient.count());
            } else {
                Tensor(to.tensor).assign(gradient);
            }
        }
    }

    /// Whether `gradient` is the one that the walk began with.
    bool is_one(const Tensor& gradient) const { return gradient.defined() && gradient.same(one_); }

    /// Where a parameter's gradient is kept; from now on it counts as set.
    static Backward::Destination parameter_gradient(const Tensor& parameter) {
        Tensor::State& state = *parameter.state_;
        if (!state.grad) {
            const MemoryScope memory(state.device);  // it outlives the step
            state.grad = Tensor::empty(state.shape, state.device).state_;
        }
        return {Tensor(state.grad), std::exchange(state.grad_is_set, true)};
    }

    /// Whether the walk writes the gradient of `input`: a leaf, not frozen since it was recorded.
    bool is_parameter(const Tensor& input) const {
        return !targets_ && !input.state_->node && input.state_->requires_grad;
    }

    bool wants(const Tensor& input) const {
        if (!input.defined()) return false;
        if (input.state_->node && input.state_->node->needed_) return true;
        return targets_ ? is_target(input) : is_parameter(input);
    }

private:
    bool is_target(const Tensor& input) const {
        return std::any_of(targets_->begin(), targets_->end(), [&](const Tensor& t) { return t.same(input); });
    }

    /// A constant 1 on the device.
    static const Tensor& shared_one(Device device) {
        static thread_local std::vector<Tensor> ones;
        const auto place =
            std::find_if(ones.begin(), ones.end(), [&](const Tensor& one) { return one.device() == device; });
        if (place != ones.end()) return *place;
        const MemoryScope memory(device);
        return ones.emplace_back(Tensor::full({1}, 1, device));
    }

    static void accumulate(Tensor& sum, const Tensor& gradient) {
        sum = sum.defined() ? recorded_sum(sum, gradient) : gradient;
    }

    /// All nodes that `root` depends on, in the order in which they were recorded.
    void collect(const Ref<Node>& root, std::vector<Ref<Node>>& nodes) {
        const std::uint64_t visit = next_visit++;
        root->visit_ = visit;
        nodes.push_back(root);
        for (std::size_t done = 0; done < nodes.size(); ++done) {
            const Ref<Node> node = nodes[done];
            require(!node->consumed_,
                    "[backward] the graph of {} was consumed by an earlier backward(); pass retain_graph", node->op_);
            for (int i = 0; i < node->input_count_; ++i) {
                const Tensor& input = node->inputs_[static_cast<std::size_t>(i)];
                if (!input.defined() || !input.state_->node || input.state_->node->visit_ == visit) continue;
                input.state_->node->visit_ = visit;
                nodes.push_back(input.state_->node);
            }
        }
        std::sort(nodes.begin(), nodes.end(),
                  [](const Ref<Node>& a, const Ref<Node>& b) { return a->sequence_ < b->sequence_; });
    }

    void mark_needed(const std::vector<Ref<Node>>& nodes) {
        for (const Ref<Node>& node : nodes) {
            node->needed_ = false;                   // while its inputs are asked, which were recorded before it
            node->output_gradients_.fill(Tensor());  // left behind by a walk that threw
            bool needed = false;
            for (int i = 0; i < node->input_count_; ++i) needed |= wants(node->inputs_[static_cast<std::size_t>(i)]);
            node->needed_ = needed;
        }
    }

    void run(Node& node) {
        const auto outputs = std::span(node.output_gradients_).first(static_cast<std::size_t>(node.output_count_));
        if (std::any_of(outputs.begin(), outputs.end(), [](const Tensor& t) { return t.defined(); })) {
            const Scope scope(*node.part_);
            const ProfileRange range(node.op_);
            Backward context(*this, node, create_graph_);
            node.run(context);
            for (int i = 0; i < node.input_count_; ++i) {
                const Tensor& input = node.inputs_[static_cast<std::size_t>(i)];
                const Tensor& gradient = context.pending_[static_cast<std::size_t>(i)];
                if (gradient.defined()) deliver(input, gradient);
                if (!watching()) continue;
                if (gradient.defined()) watch_gradient(node.op_, gradient);
                if (input.defined() && is_parameter(input) && input.grad().defined())
                    watch_gradient(node.op_, input.grad());
            }
        }
        for (Tensor& gradient : outputs) gradient = Tensor();
        if (!retain_graph_ && !create_graph_) {
            node.consumed_ = true;
            node.release();
            node.inputs_.fill(Tensor());
        }
    }

    static thread_local std::vector<Ref<Node>> spare_nodes;

    const std::span<const Tensor>* targets_;
    std::span<Tensor> results_;
    bool create_graph_, retain_graph_;
    Tensor one_;
};

thread_local std::vector<Ref<Node>> BackwardPass::spare_nodes;

Tensor Backward::dy(int output) {
    Tensor& gradient = node_.output_gradients_[static_cast<std::size_t>(output)];
    if (!gradient.defined()) {
        gradient = Tensor::zeros(node_.output_shapes_[static_cast<std::size_t>(output)], *node_.device_);
    }
    return gradient;
}

bool Backward::dy_is_one(int output) const {
    return pass_.is_one(node_.output_gradients_[static_cast<std::size_t>(output)]);
}

bool Backward::wants(int input) const { return pass_.wants(node_.inputs_[static_cast<std::size_t>(input)]); }

Tensor Backward::output(const Tensor& detached, int output) const {
    Tensor connected = detached.detach();
    if (create_graph_) {
        connected.state_->requires_grad = true;
        connected.state_->node = Ref<Node>(&node_);
        connected.state_->output = output;
    }
    return connected;
}

void Backward::add(int input, const Tensor& gradient) {
    const Tensor& to = node_.inputs_[static_cast<std::size_t>(input)];
    require(gradient.shape() == to.shape(), "[{}] the gradient of input {} should be {}, its backward delivered {}",
            node_.op_, input, to.shape(), gradient.shape());
    pending_[static_cast<std::size_t>(input)] = gradient;
}

Tensor Backward::target(int input) {
    const Tensor& to = node_.inputs_[static_cast<std::size_t>(input)];
    // An unwritten parameter gradient is written by the kernel itself; to a written one the pass adds what is written
    // here.
    if (!to.state_->grad_is_set) return destination(input).tensor;
    require_first_derivative();
    return pending_[static_cast<std::size_t>(input)] = Tensor::empty(to.shape(), to.device());
}

void Backward::require_first_derivative() const {
    require(!create_graph_, "[{}] has no second derivative; gradients(..., create_graph) cannot pass through it",
            node_.op_);
}

Backward::Destination Backward::destination(int input) {
    require_first_derivative();
    const Tensor& to = node_.inputs_[static_cast<std::size_t>(input)];
    if (pass_.is_parameter(to)) return BackwardPass::parameter_gradient(to);
    Tensor& gradient = pending_[static_cast<std::size_t>(input)];
    gradient = Tensor::empty(to.shape(), to.device());
    return {gradient, false};
}

Backward::DestinationPair Backward::destination_pair(int first, int second, const Shape& shape) {
    const auto wanted = [&](int input) {
        return wants(input) ? destination(input) : Destination{Tensor::empty(shape, *node_.device_), false};
    };
    const Destination a = wanted(first), b = wanted(second);
    if (a.accumulate != b.accumulate) Tensor((a.accumulate ? b : a).tensor).fill(0);
    return {a.tensor, b.tensor, a.accumulate || b.accumulate};
}

void backward(const Tensor& loss, bool retain_graph) {
    require(loss.count() == 1, "[backward] expected a loss of one element, got {}", loss.shape());
    require(loss.requires_grad(), "[backward] the loss depends on no parameter (or was computed under NoGrad)");
    BackwardPass(nullptr, {}, false, retain_graph).walk(loss);
}

namespace {

/// Writes d output / d inputs to `results`, one for each input.
void collect_gradients(const Tensor& output, std::span<const Tensor> inputs, std::span<Tensor> results,
                       bool create_graph) {
    for (const Tensor& input : inputs) {
        require(input.requires_grad(),
                "[gradients] an input {} does not require a gradient; call set_requires_grad() on it "
                "before computing with it",
                input.shape());
    }
    require(output.count() == 1, "[gradients] expected an output of one element, got {}", output.shape());
    BackwardPass(&inputs, results, create_graph, true).walk(output);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!results[i].defined()) results[i] = Tensor::zeros(inputs[i].shape(), inputs[i].device());
    }
}

}  // namespace

std::vector<Tensor> gradients(const Tensor& output, std::span<const Tensor> inputs, bool create_graph) {
    std::vector<Tensor> results(inputs.size());
    collect_gradients(output, inputs, results, create_graph);
    return results;
}

Tensor gradient(const Tensor& output, const Tensor& input, bool create_graph) {
    Tensor result;
    collect_gradients(output, {&input, 1}, {&result, 1}, create_graph);
    return result;
}

}  // namespace sinter
