// Gradients of ops against central differences, in double on the reference device; and what other devices compute
// against that.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace sinter::tests {

using Inputs = std::span<const Tensor>;
/// An op, or a network, under test. It is called many times and must compute the same thing each time.
using Function = std::function<Tensor(Inputs)>;

/// Where the functions below put their tensors: on the reference device unless a TestDevice lives.
Device test_device();
class TestDevice {
public:
    explicit TestDevice(Device device);
    ~TestDevice();
    TestDevice(const TestDevice&) = delete;
    TestDevice& operator=(const TestDevice&) = delete;

private:
    Device before_;
};

/// Uniform in [low, high); equal seeds give equal numbers, rounded to the device's.
Tensor uniform(const Shape& shape, double low, double high, std::uint64_t seed);
/// Of either sign, with magnitudes in [0.2, 1.5): no finite difference crosses a kink at zero.
Tensor away_from_zero(const Shape& shape, std::uint64_t seed);

/// Which derivatives an op promises.
enum class Derivatives { first, all };

/// Checks d sum(w * f(inputs)) / d inputs for fixed random weights w, at every element of every input, in all the ways
/// in which the tape computes it: backward() into parameters (written, then added), gradients() and, unless the op has
/// first derivatives only, gradients(create_graph).
void expect_gradients(const std::string& what, const Function& f, const std::vector<Tensor>& inputs,
                      Derivatives promised = Derivatives::all);

/// Checks f(inputs), and sum(w * f(inputs)) differentiated by the inputs once and, where that is promised, twice, on
/// another device: against `expected`, the same op and inputs on the reference device, up to the rounding of some
/// hundred operations on floats.
void expect_as_on_reference(Device device, const Function& f, const std::vector<Tensor>& inputs,
                            const Function& expected, const std::vector<Tensor>& expected_inputs, Derivatives promised);

/// Checks the second derivatives of y = f(inputs): the gradients of sum_i <r_i, d sum(w * (y + 0.3 y^2)) / d input_i>
/// for fixed random w and r.
void expect_second_derivatives(const std::string& what, const Function& f, const std::vector<Tensor>& inputs);

}  // namespace sinter::tests
