#include "core/tensor.h"

#include <cstddef>
#include <type_traits>

#include "core/call.h"
#include "core/check.h"
#include "core/tape.h"  // a tensor holds its place on the tape: the two are one piece, and neither includes an op
#include "kernels/elementwise.h"

namespace sinter {
namespace {

template <class T>
void upload(const Tensor& tensor, std::span<const T> values) {
    require(static_cast<Index>(values.size()) == tensor.count(),
            "[tensor] {} values were given for a tensor of {} ({})", values.size(), tensor.count(), tensor.shape());
    tensor.device().run([&](auto& queue) {
        using Real = RealOf<decltype(queue)>;
        if constexpr (std::is_same_v<Real, T>) {
            queue.upload(tensor.data(queue), values.data(), values.size_bytes());
        } else {
            const std::vector<Real> converted(values.begin(), values.end());
            queue.upload(tensor.data(queue), converted.data(), converted.size() * sizeof(Real));
        }
    });
}

template <class T>
std::vector<T> download(const Tensor& tensor) {
    return tensor.device().run([&](auto& queue) {
        using Real = RealOf<decltype(queue)>;
        std::vector<Real> values(static_cast<std::size_t>(tensor.count()));
        queue.download(values.data(), tensor.data(queue), values.size() * sizeof(Real));
        if constexpr (std::is_same_v<Real, T>)
            return values;
        else
            return std::vector<T>(values.begin(), values.end());
    });
}

}  // namespace

Tensor::State::State(Device on, const Shape& sizes, Ref<Storage> memory, Index first)
    : device(on), shape(sizes), storage(std::move(memory)), first_element(first) {}

Tensor::State::~State() = default;

Tensor Tensor::empty(const Shape& shape, Device device) {
    const std::size_t bytes = static_cast<std::size_t>(shape.count()) * device.element_bytes();
    return Tensor(Ref<State>(new State(device, shape, device.memory().take(bytes), 0)));
}

Tensor Tensor::full(const Shape& shape, double value, Device device) {
    Tensor tensor = empty(shape, device);
    tensor.fill(value);
    return tensor;
}

Tensor Tensor::from(std::span<const float> values, const Shape& shape, Device device) {
    Tensor tensor = empty(shape, device);
    upload(tensor, values);
    return tensor;
}

Tensor Tensor::from(std::span<const double> values, const Shape& shape, Device device) {
    Tensor tensor = empty(shape, device);
    upload(tensor, values);
    return tensor;
}

const Shape& Tensor::shape() const {
    if (!state_) throw UsageError("[tensor] an undefined tensor has no shape; it must be computed or assigned first");
    return state_->shape;
}

Device Tensor::device() const {
    if (!state_) throw UsageError("[tensor] an undefined tensor has no device; it must be computed or assigned first");
    return state_->device;
}

double Tensor::bytes() const {
    return state_ ? static_cast<double>(count()) * static_cast<double>(device().element_bytes()) : 0;
}

void* Tensor::raw() const {
    if (!state_) return nullptr;
    return static_cast<std::byte*>(state_->storage->data()) +
           static_cast<std::size_t>(state_->first_element) * state_->device.element_bytes();
}

void Tensor::refuse_device() const {
    throw UsageError(
        fmt::format("[tensor] a tensor {} on {} was given to an op on another device; move one of the operands",
                    shape(), device().name()));
}

std::vector<float> Tensor::to_floats() const { return download<float>(*this); }
std::vector<double> Tensor::to_doubles() const { return download<double>(*this); }

double Tensor::item() const {
    require(count() == 1, "[item] expected a tensor of one element, got {}", shape());
    return device().run([&](auto& queue) {
        RealOf<decltype(queue)> value;
        queue.download(&value, data(queue), sizeof(value));
        return static_cast<double>(value);
    });
}

void Tensor::assign(std::span<const float> values) { upload(*this, values); }
void Tensor::assign(std::span<const double> values) { upload(*this, values); }

void Tensor::assign(const Tensor& other) {
    require(other.count() == count() && other.device() == device(), "[assign] expected {} elements on {}, got {} on {}",
            count(), device().name(), other.count(), other.device().name());
    const WorkScope work("copy", 2 * bytes());
    device().run([&](auto& queue) {
        queue.copy(data(queue), other.data(queue), static_cast<std::size_t>(count()) * sizeof(*data(queue)));
    });
}

void Tensor::fill(double value) { call(kernel::fill, *this, count(), value); }

Tensor Tensor::view(const Shape& shape, Index first_element) const {
    require(first_element >= 0 && first_element + shape.count() <= count(),
            "[view] {} from element {} does not fit into {}", shape, first_element, this->shape());
    return Tensor(Ref<State>(new State(state_->device, shape, state_->storage, state_->first_element + first_element)));
}

bool Tensor::requires_grad() const { return state_ && state_->requires_grad; }

Tensor& Tensor::set_requires_grad(bool requires_grad) {
    require(defined() && !state_->node, "[set_requires_grad] only leaves can be parameters; use detach() first");
    state_->requires_grad = requires_grad;
    return *this;
}

Tensor Tensor::grad() const { return state_ && state_->grad_is_set ? Tensor(state_->grad) : Tensor(); }

bool Tensor::same(const Tensor& other) const {
    if (state_ == other.state_) return true;
    return state_ && other.state_ && state_->node && state_->node == other.state_->node &&
           state_->output == other.state_->output;
}

void Tensor::clear_grad() {
    if (state_) state_->grad_is_set = false;
}

void Tensor::set_grad_slot(const Tensor& slot) {
    require(slot.shape() == shape(), "[set_grad_slot] expected a slot of {}, got {}", shape(), slot.shape());
    state_->grad = slot.state_;
    state_->grad_is_set = false;
}

void Tensor::move_into(const Tensor& place) {
    require(place.shape() == shape(), "[move_into] expected a place of {}, got {}", shape(), place.shape());
    Tensor(place).assign(*this);
    state_->storage = place.state_->storage;
    state_->first_element = place.state_->first_element;
}

}  // namespace sinter
