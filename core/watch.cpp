#include "core/watch.h"

#include <fmt/format.h>

#include <cmath>

#include "core/buffer.h"
#include "core/call.h"
#include "core/error.h"
#include "core/profile/scope.h"
#include "kernels/reduce.h"

namespace sinter {
namespace {

thread_local int watches = 0;

void check(const char* what, const char* op, const Tensor& values) {
    const Index index = find_nonfinite(values);
    if (index < 0) return;
    const double value = values.to_doubles()[static_cast<std::size_t>(index)];
    const std::string& path = Scope::path();
    throw DivergedError(fmt::format("{} of [{}]{} holds {} at element {} of {}", what, op,
                                    path.empty() ? "" : " in " + path, std::isnan(value) ? "NaN" : "infinity", index,
                                    values.shape().text()));
}

}  // namespace

Watch::Watch() { ++watches; }
Watch::~Watch() { --watches; }
bool watching() { return watches > 0; }

Index find_nonfinite(const Tensor& values) {
    Buffer<Index> index(1, values.device());
    call(kernel::find_nonfinite, index, values, values.count());
    return index.to_vector()[0];
}

void watch_value(const char* op, const Tensor& values) { check("the result", op, values); }
void watch_gradient(const char* op, const Tensor& gradient) { check("a gradient", op, gradient); }

}  // namespace sinter
