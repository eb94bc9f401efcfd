// Elementwise arithmetic on the device: each contract is a function of numbers and the operands that it is applied to.
#include "kernels/elementwise.h"

#include "kernels/cuda/toolbox/pointwise.cuh"

namespace sinter::kernels {
namespace {

struct Same {
    __device__ float operator()(float x) const { return x; }
};

struct Value {
    float value;
    __device__ float operator()() const { return value; }
};

struct Sum {
    __device__ float operator()(float a, float b) const { return a + b; }
};

struct Difference {
    __device__ float operator()(float a, float b) const { return a - b; }
};

struct Product {
    __device__ float operator()(float a, float b) const { return a * b; }
};

struct Quotient {
    __device__ float operator()(float a, float b) const { return a / b; }
};

struct Affine {
    float factor, offset;
    __device__ float operator()(float x) const { return __fmaf_rn(factor, x, offset); }
};

struct Interpolation {
    __device__ float operator()(float y, float x, float weight) const { return __fmaf_rn(weight, x - y, y); }
};

struct SquareRoot {
    __device__ float operator()(float x) const { return sqrtf(x); }
};

struct Logarithm {
    __device__ float operator()(float x) const { return logf(x); }
};

// Comparisons stand in place of fmin and fmax, which would lose NaN.
struct Clamp {
    float low, high;
    __device__ float operator()(float x) const { return x < low ? low : x > high ? high : x; }
};

struct ClampGradient {
    float low, high;
    __device__ float operator()(float dy, float x) const { return low <= x && x <= high ? dy : 0.0f; }
};

}  // namespace

void fill(CudaQueue& queue, Real* y, Index count, double value) {
    pointwise(queue, y, count, Value{static_cast<float>(value)});
}

void add(CudaQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    pointwise(queue, y, count, Sum{}, Elements{a}, Elements{b});
}

void subtract(CudaQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    pointwise(queue, y, count, Difference{}, Elements{a}, Elements{b});
}

void multiply(CudaQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    pointwise(queue, y, count, Product{}, Elements{a}, Elements{b});
}

void divide(CudaQueue& queue, Real* y, const Real* a, const Real* b, Index count) {
    pointwise(queue, y, count, Quotient{}, Elements{a}, Elements{b});
}

void affine(CudaQueue& queue, Real* y, const Real* x, Index count, double factor, double offset) {
    pointwise(queue, y, count, Affine{static_cast<float>(factor), static_cast<float>(offset)}, Elements{x});
}

void interpolate(CudaQueue& queue, Real* y, const Real* x, Index count, const Real* weight) {
    pointwise(queue, y, count, Interpolation{}, Elements{y}, Elements{x}, ScalarElement{weight});
}

void multiply_scalar(CudaQueue& queue, Real* y, const Real* x, const Real* scalar, Index count) {
    pointwise(queue, y, count, Product{}, ScalarElement{scalar}, Elements{x});
}

void square_root(CudaQueue& queue, Real* y, const Real* x, Index count) {
    pointwise(queue, y, count, SquareRoot{}, Elements{x});
}

void logarithm(CudaQueue& queue, Real* y, const Real* x, Index count) {
    pointwise(queue, y, count, Logarithm{}, Elements{x});
}

void clamp(CudaQueue& queue, Real* y, const Real* x, Index count, double low, double high) {
    pointwise(queue, y, count, Clamp{static_cast<float>(low), static_cast<float>(high)}, Elements{x});
}

void clamp_backward(CudaQueue& queue, Real* dx, const Real* dy, const Real* x, Index count, double low, double high) {
    pointwise(queue, dx, count, ClampGradient{static_cast<float>(low), static_cast<float>(high)}, Elements{dy},
              Elements{x});
}

void add_row(CudaQueue& queue, Real* y, const Real* x, const Real* row, MatrixShape shape) {
    pointwise(queue, y, shape.count(), Sum{}, Elements{x}, RowElements{row, Divisor(shape.columns)});
}

void multiply_row(CudaQueue& queue, Real* y, const Real* x, const Real* row, MatrixShape shape) {
    pointwise(queue, y, shape.count(), Product{}, Elements{x}, RowElements{row, Divisor(shape.columns)});
}

void multiply_column(CudaQueue& queue, Real* y, const Real* x, const Real* column, MatrixShape shape) {
    pointwise(queue, y, shape.count(), Product{}, Elements{x}, ColumnElements{column, Divisor(shape.columns)});
}

void broadcast_scalar(CudaQueue& queue, Real* y, const Real* scalar, Index count) {
    pointwise(queue, y, count, Same{}, ScalarElement{scalar});
}

void broadcast_row(CudaQueue& queue, Real* y, const Real* row, MatrixShape shape) {
    pointwise(queue, y, shape.count(), Same{}, RowElements{row, Divisor(shape.columns)});
}

void broadcast_column(CudaQueue& queue, Real* y, const Real* column, MatrixShape shape) {
    pointwise(queue, y, shape.count(), Same{}, ColumnElements{column, Divisor(shape.columns)});
}

}  // namespace sinter::kernels
