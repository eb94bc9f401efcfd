// Tensor: a small handle on a dense array of reals on a device, and its place on the tape.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/device.h"
#include "core/shape.h"

namespace sinter {

class Node;

/// A dense, row-major array of reals (float on optimised devices, double on the reference). Copies share the array. An
/// undefined tensor (default constructed) stands for "none". Belongs to the thread that made it.
class Tensor {
public:
    Tensor() = default;

    /// A new array with unspecified content.
    static Tensor empty(const Shape& shape, Device device);
    static Tensor full(const Shape& shape, double value, Device device);
    static Tensor zeros(const Shape& shape, Device device) { return full(shape, 0, device); }
    /// A new array from host values; their number must be shape.count().
    static Tensor from(std::span<const float> values, const Shape& shape, Device device);
    static Tensor from(std::span<const double> values, const Shape& shape, Device device);

    bool defined() const { return static_cast<bool>(state_); }
    const Shape& shape() const;
    Index size(int axis) const { return shape()[axis]; }
    Index count() const { return shape().count(); }
    /// Of all elements; 0 if undefined.
    double bytes() const;
    Device device() const;

    /// The array, as the element type of `queue`. Null if undefined. Throws UsageError where `queue` is another
    /// device's: the one check that keeps every op from mixing devices.
    template <class Queue>
    typename Queue::Real* data(const Queue& queue) const {
        if (state_ && !state_->device.owns(queue)) refuse_device();
        return static_cast<typename Queue::Real*>(raw());
    }

    /// Copies to the host (rounding if T is float and the device computes in double); waits for the device.
    std::vector<float> to_floats() const;
    std::vector<double> to_doubles() const;
    /// The value of a one-element tensor; waits for the device.
    double item() const;
    /// Overwrites the content from the host; the number of values must be count(). The tape does not see it:
    /// do not overwrite what an op recorded as its input before backward() has run.
    void assign(std::span<const float> values);
    void assign(std::span<const double> values);
    /// Overwrites the content with another tensor's of the same count and device. The tape does not see it.
    void assign(const Tensor& other);
    void fill(double value);

    /// The same array with another shape of equal count, or a run of whole leading entries of it; not on the tape.
    Tensor view(const Shape& shape, Index first_element = 0) const;
    /// The same array, not connected to the tape.
    Tensor detach() const { return defined() ? view(shape()) : Tensor(); }

    /// Whether gradients flow to this tensor: it is a parameter, or was computed from one while recording.
    bool requires_grad() const;
    /// Declares this leaf a parameter (or freezes it).
    Tensor& set_requires_grad(bool requires_grad);

    /// The gradient accumulated by backward(); undefined if none came. The next backward() after clear_grad() reuses
    /// its memory.
    Tensor grad() const;
    /// Forgets the gradient. Costs nothing: the next one is written, not added.
    void clear_grad();
    /// Makes backward() write this leaf's gradient into `slot` (same shape), for example a part of an arena.
    void set_grad_slot(const Tensor& slot);
    /// Moves this tensor's content to `place` (same shape): from now on this handle and its copies view it.
    void move_into(const Tensor& place);

    /// Whether two handles name the same tensor (not merely equal content): the same leaf, or the same output of an op.
    bool same(const Tensor& other) const;

private:
    friend class Node;
    friend class Backward;
    friend class BackwardPass;

    struct State final : RefCounted, Recycled {
        State(Device device, const Shape& shape, Ref<Storage> storage, Index first_element);
        ~State() override;

        Device device;
        Shape shape;
        Ref<Storage> storage;
        Index first_element = 0;
        bool requires_grad = false;
        bool grad_is_set = false;  ///< whether `grad` holds this step's gradient or only memory for it
        Ref<Node> node;            ///< the op that computed this tensor; null for leaves
        int output = 0;            ///< which of the node's outputs it is
        Ref<State> grad;
    };

    explicit Tensor(Ref<State> state) : state_(std::move(state)) {}
    void* raw() const;
    [[noreturn]] void refuse_device() const;

    Ref<State> state_;
};

}  // namespace sinter
