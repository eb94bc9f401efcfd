// A stand-in for cuDNN's convolutions. Of each pass it knows five algorithms, all but the last for one reason or
// another not to be taken, and computes with the last one only.
#include <cstring>
#include <vector>

#include "tests/vendor/stand_in/descriptors.h"

namespace {

using namespace sinter::stand_in;

constexpr std::size_t kWorkspace = 1024;
constexpr int kBad = 0, kGood = 1, kGreedy = 2;

bool agree(const cudnnTensorStruct& x, const cudnnFilterStruct& w, const cudnnConvolutionStruct& convolution,
           const cudnnTensorStruct& y) {
    const auto outputs = [](int size, int kernel, int stride, int pad) {
        return 1 + (size + 2 * pad - kernel) / stride;
    };
    const bool one_type = x.type == w.type && x.type == y.type;
    return one_type && x.channels == w.in && y.channels == w.out && x.batch == y.batch &&
           x.height + 2 * convolution.pad_height >= w.height && x.width + 2 * convolution.pad_width >= w.width &&
           y.height == outputs(x.height, w.height, convolution.stride_height, convolution.pad_height) &&
           y.width == outputs(x.width, w.width, convolution.stride_width, convolution.pad_width);
}

template <class Candidate>
cudnnStatus_t name_algorithms(bool agreed, cudnnMathType_t math, int requested, int* count, Candidate* results) {
    ++record.heuristics;
    *count = 0;
    if (record.no_algorithm) return CUDNN_STATUS_NOT_SUPPORTED;
    if (!agreed || requested < 5) return CUDNN_STATUS_BAD_PARAM;
    const auto add = [&](int algorithm, cudnnStatus_t status, cudnnDeterminism_t determinism, cudnnMathType_t type) {
        results[*count] = {};
        results[*count].algo = static_cast<decltype(results->algo)>(algorithm);
        results[*count].status = status;
        results[*count].determinism = determinism;
        results[*count].mathType = type;
        ++*count;
    };
    const cudnnMathType_t good = math == CUDNN_FMA_MATH ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH;
    add(kBad, CUDNN_STATUS_SUCCESS, CUDNN_NON_DETERMINISTIC, good);
    add(kBad, CUDNN_STATUS_NOT_SUPPORTED, CUDNN_DETERMINISTIC, good);
    add(kBad, CUDNN_STATUS_SUCCESS, CUDNN_DETERMINISTIC, CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION);
    add(kGreedy, CUDNN_STATUS_SUCCESS, CUDNN_DETERMINISTIC, good);
    add(kGood, CUDNN_STATUS_SUCCESS, CUDNN_DETERMINISTIC, good);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t workspace_of(int algorithm, std::size_t* bytes) {
    *bytes = algorithm == kGreedy ? std::size_t{1} << 40 : kWorkspace;
    return CUDNN_STATUS_SUCCESS;
}

struct Call {
    cudnnTensorStruct x, y;
    cudnnFilterStruct w;
    cudnnConvolutionStruct convolution;

    bool holds_bf16() const { return is_bf16(x.type); }
    float rounded(float value) const { return convolution.math == CUDNN_FMA_MATH ? value : as_tf32(value); }

    /// Calls body(place in x, place in w, place in y) for every product of the convolution.
    template <class Body>
    void for_products(const Body& body) const {
        for (int n = 0; n < y.batch; ++n) {
            for (int i = 0; i < y.height; ++i) {
                for (int j = 0; j < y.width; ++j) {
                    for (int a = 0; a < w.height; ++a) {
                        for (int b = 0; b < w.width; ++b) {
                            const int row = i * convolution.stride_height + a - convolution.pad_height;
                            const int column = j * convolution.stride_width + b - convolution.pad_width;
                            if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                            for (int o = 0; o < w.out; ++o) {
                                for (int c = 0; c < w.in; ++c) {
                                    const auto at = [](int place) { return static_cast<std::size_t>(place); };
                                    body(at(((n * x.height + row) * x.width + column) * x.channels + c),
                                         at(((o * w.height + a) * w.width + b) * w.in + c),
                                         at(((n * y.height + i) * y.width + j) * y.channels + o));
                                }
                            }
                        }
                    }
                }
            }
        }
    }
};

/// Which of the three arrays a pass computes from the other two.
enum class Result { x, w, y };

/// to[i] = the sum of the products that belong to i + keep to[i], in float32, and rounded to its type.
cudnnStatus_t compute(cudnnHandle_t handle, const Call& call, int algorithm, void* workspace,
                      std::size_t workspace_bytes, const void* alpha, const void* beta, Result result, const void* x,
                      const void* w, const void* y) {
    if (const cudnnStatus_t told = begin_call()) return told;
    const float keep = *static_cast<const float*>(beta);
    if (algorithm != kGood || workspace_bytes < kWorkspace || *static_cast<const float*>(alpha) != 1 ||
        call.convolution.math == CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION ||
        !agree(call.x, call.w, call.convolution, call.y) || !is_array(x, call.x, kAlignment) ||
        !is_array(w, call.w, kAlignment) || !is_array(y, call.y, kAlignment) ||
        !in_device_memory(workspace, workspace_bytes, kAlignment)) {
        return CUDNN_STATUS_BAD_PARAM;
    }
    on_stream(handle->stream, [=] {
        std::memset(workspace, 0xff, workspace_bytes);
        const void* const target = result == Result::x ? x : result == Result::w ? w : y;
        const std::size_t count = result == Result::x   ? call.x.count()
                                  : result == Result::w ? call.w.count()
                                                        : call.y.count();
        const bool in_bf16 = call.holds_bf16();
        std::vector<float> sums(count);
        if (keep != 0) {
            for (std::size_t i = 0; i < count; ++i) sums[i] = keep * number(target, i, in_bf16);
        }
        const auto operand = [&](const void* data, std::size_t i) { return call.rounded(number(data, i, in_bf16)); };
        call.for_products([&](std::size_t of_x, std::size_t of_w, std::size_t of_y) {
            if (result == Result::x) sums[of_x] += operand(w, of_w) * operand(y, of_y);
            if (result == Result::w) sums[of_w] += operand(x, of_x) * operand(y, of_y);
            if (result == Result::y) sums[of_y] += operand(x, of_x) * operand(w, of_w);
        });
        for (std::size_t i = 0; i < count; ++i) set_number(const_cast<void*>(target), i, in_bf16, sums[i]);
    });
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* descriptor) {
    *descriptor = new cudnnFilterStruct;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t descriptor) {
    delete descriptor;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t descriptor, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w) {
    if (k < 1 || c < 1 || h < 1 || w < 1) return CUDNN_STATUS_BAD_PARAM;
    if (format != CUDNN_TENSOR_NHWC || !is_known(type)) return CUDNN_STATUS_NOT_SUPPORTED;
    *descriptor = {k, h, w, c, type};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* descriptor) {
    *descriptor = new cudnnConvolutionStruct;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t descriptor) {
    delete descriptor;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t descriptor, int pad_h, int pad_w, int u,
                                              int v, int dilation_h, int dilation_w, cudnnConvolutionMode_t mode,
                                              cudnnDataType_t compute_type) {
    if (pad_h < 0 || pad_w < 0 || u < 1 || v < 1 || dilation_h != 1 || dilation_w != 1 ||
        mode != CUDNN_CROSS_CORRELATION || compute_type != CUDNN_DATA_FLOAT) {
        return CUDNN_STATUS_BAD_PARAM;
    }
    *descriptor = {pad_h, pad_w, u, v, descriptor->math};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t descriptor, cudnnMathType_t math) {
    descriptor->math = math;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t x,
                                                     const cudnnFilterDescriptor_t w,
                                                     const cudnnConvolutionDescriptor_t convolution,
                                                     const cudnnTensorDescriptor_t y, const int requested, int* count,
                                                     cudnnConvolutionFwdAlgoPerf_t* results) {
    return name_algorithms(agree(*x, *w, *convolution, *y), convolution->math, requested, count, results);
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                      const cudnnFilterDescriptor_t, const cudnnConvolutionDescriptor_t,
                                                      const cudnnTensorDescriptor_t,
                                                      cudnnConvolutionFwdAlgo_t algorithm, size_t* bytes) {
    return workspace_of(algorithm, bytes);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t x,
                                      const void* x_data, const cudnnFilterDescriptor_t w, const void* w_data,
                                      const cudnnConvolutionDescriptor_t convolution,
                                      cudnnConvolutionFwdAlgo_t algorithm, void* workspace, size_t workspace_bytes,
                                      const void* beta, const cudnnTensorDescriptor_t y, void* y_data) {
    return compute(handle, {*x, *y, *w, *convolution}, algorithm, workspace, workspace_bytes, alpha, beta, Result::y,
                   x_data, w_data, y_data);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t, const cudnnFilterDescriptor_t w,
                                                          const cudnnTensorDescriptor_t dy,
                                                          const cudnnConvolutionDescriptor_t convolution,
                                                          const cudnnTensorDescriptor_t dx, const int requested,
                                                          int* count, cudnnConvolutionBwdDataAlgoPerf_t* results) {
    return name_algorithms(agree(*dx, *w, *convolution, *dy), convolution->math, requested, count, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t, const cudnnFilterDescriptor_t,
                                                           const cudnnTensorDescriptor_t,
                                                           const cudnnConvolutionDescriptor_t,
                                                           const cudnnTensorDescriptor_t,
                                                           cudnnConvolutionBwdDataAlgo_t algorithm, size_t* bytes) {
    return workspace_of(algorithm, bytes);
}

cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha, const cudnnFilterDescriptor_t w,
                                           const void* w_data, const cudnnTensorDescriptor_t dy, const void* dy_data,
                                           const cudnnConvolutionDescriptor_t convolution,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void* workspace,
                                           size_t workspace_bytes, const void* beta, const cudnnTensorDescriptor_t dx,
                                           void* dx_data) {
    return compute(handle, {*dx, *dy, *w, *convolution}, algorithm, workspace, workspace_bytes, alpha, beta, Result::x,
                   dx_data, w_data, dy_data);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t x,
                                                            const cudnnTensorDescriptor_t dy,
                                                            const cudnnConvolutionDescriptor_t convolution,
                                                            const cudnnFilterDescriptor_t dw, const int requested,
                                                            int* count, cudnnConvolutionBwdFilterAlgoPerf_t* results) {
    return name_algorithms(agree(*x, *dw, *convolution, *dy), convolution->math, requested, count, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                             const cudnnTensorDescriptor_t,
                                                             const cudnnConvolutionDescriptor_t,
                                                             const cudnnFilterDescriptor_t,
                                                             cudnnConvolutionBwdFilterAlgo_t algorithm, size_t* bytes) {
    return workspace_of(algorithm, bytes);
}

cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha, const cudnnTensorDescriptor_t x,
                                             const void* x_data, const cudnnTensorDescriptor_t dy, const void* dy_data,
                                             const cudnnConvolutionDescriptor_t convolution,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm, void* workspace,
                                             size_t workspace_bytes, const void* beta, const cudnnFilterDescriptor_t dw,
                                             void* dw_data) {
    return compute(handle, {*x, *dy, *dw, *convolution}, algorithm, workspace, workspace_bytes, alpha, beta, Result::w,
                   x_data, dw_data, dy_data);
}

}  // extern "C"
