// A stand-in for cuDNN: handles, descriptors and batch normalisation. Convolutions stand in cudnn_conv.cpp.
#include "tests/vendor/stand_in/descriptors.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace sinter::stand_in {

Record record;

cudnnStatus_t begin_call() {
    ++record.calls;
    if (!record.fail_next && !std::getenv("SINTER_STAND_IN_FAILS")) return CUDNN_STATUS_SUCCESS;
    record.fail_next = false;
    return CUDNN_STATUS_EXECUTION_FAILED;
}

}  // namespace sinter::stand_in

namespace {

using namespace sinter::stand_in;

bool is_matrix(const void* x, cudnnTensorDescriptor_t descriptor) {
    return descriptor->type == CUDNN_DATA_FLOAT && is_array(x, *descriptor, kAlignment);
}

bool is_row(const void* row, cudnnTensorDescriptor_t descriptor) {
    return in_device_memory(row, static_cast<std::size_t>(descriptor->channels) * sizeof(float), sizeof(float));
}

bool describes_channels(cudnnTensorDescriptor_t row, cudnnTensorDescriptor_t x) {
    return row->batch == 1 && row->channels == x->channels && row->height == 1 && row->width == 1;
}

/// Images as a matrix of pixels.
struct Columns {
    std::size_t rows, channels;
    explicit Columns(const cudnnTensorStruct& x)
        : rows(x.count() / static_cast<std::size_t>(x.channels)), channels(static_cast<std::size_t>(x.channels)) {}
};

float factor(const void* scalar) { return *static_cast<const float*>(scalar); }

}  // namespace

extern "C" {

Record* sinter_stand_in_record() { return &record; }

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
    *handle = new cudnnContext;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
    delete handle;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
    handle->stream = stream;
    return CUDNN_STATUS_SUCCESS;
}

const char* cudnnGetErrorString(cudnnStatus_t status) {
    return status == CUDNN_STATUS_EXECUTION_FAILED ? "CUDNN_STATUS_EXECUTION_FAILED" : "another status";
}

void cudnnGetLastErrorString(char* message, size_t size) { std::strncpy(message, "the stand-in was told to", size); }

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* descriptor) {
    *descriptor = new cudnnTensorStruct;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t descriptor) {
    delete descriptor;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t descriptor, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
    if (n < 1 || c < 1 || h < 1 || w < 1) return CUDNN_STATUS_BAD_PARAM;
    if (format != CUDNN_TENSOR_NHWC || !is_known(type)) return CUDNN_STATUS_NOT_SUPPORTED;
    *descriptor = {n, h, w, c, type};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDeriveBNTensorDescriptor(cudnnTensorDescriptor_t derived, const cudnnTensorDescriptor_t x,
                                            cudnnBatchNormMode_t mode) {
    if (mode == CUDNN_BATCHNORM_PER_ACTIVATION) return CUDNN_STATUS_NOT_SUPPORTED;
    *derived = {1, 1, 1, x->channels};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBatchNormalizationForwardTraining(cudnnHandle_t handle, cudnnBatchNormMode_t mode, const void* alpha,
                                                     const void* beta, const cudnnTensorDescriptor_t x_descriptor,
                                                     const void* x, const cudnnTensorDescriptor_t y_descriptor, void* y,
                                                     const cudnnTensorDescriptor_t row, const void* scale,
                                                     const void* bias, double momentum, void* running_mean,
                                                     void* running_variance, double epsilon, void* save_mean,
                                                     void* save_inverse) {
    if (const cudnnStatus_t told = begin_call()) return told;
    if (mode != CUDNN_BATCHNORM_SPATIAL || epsilon < CUDNN_BN_MIN_EPSILON || !describes_channels(row, x_descriptor) ||
        factor(alpha) != 1 || factor(beta) != 0 || !running_mean != !running_variance || x == y ||
        !is_matrix(x, x_descriptor) || !is_matrix(y, y_descriptor)) {
        return CUDNN_STATUS_BAD_PARAM;
    }
    for (const void* numbers :
         {scale, bias, static_cast<const void*>(save_mean), static_cast<const void*>(save_inverse)}) {
        if (!is_row(numbers, row)) return CUDNN_STATUS_BAD_PARAM;
    }
    on_stream(handle->stream, [=, columns = Columns(*x_descriptor)] {
        const auto count = static_cast<double>(columns.rows);
        for (std::size_t c = 0; c < columns.channels; ++c) {
            const auto input = [&](std::size_t r) {
                return static_cast<double>(static_cast<const float*>(x)[r * columns.channels + c]);
            };
            double mean = 0, variance = 0;
            for (std::size_t r = 0; r < columns.rows; ++r) mean += input(r) / count;
            for (std::size_t r = 0; r < columns.rows; ++r) variance += (input(r) - mean) * (input(r) - mean) / count;
            const double inverse = 1 / std::sqrt(variance + epsilon);
            static_cast<float*>(save_mean)[c] = static_cast<float>(mean);
            static_cast<float*>(save_inverse)[c] = static_cast<float>(inverse);
            if (running_mean) {
                float& tracked_mean = static_cast<float*>(running_mean)[c];
                float& tracked_variance = static_cast<float*>(running_variance)[c];
                const double unbiased = variance * count / (count - 1);
                tracked_mean = static_cast<float>((1 - momentum) * tracked_mean + momentum * mean);
                tracked_variance = static_cast<float>((1 - momentum) * tracked_variance + momentum * unbiased);
            }
            for (std::size_t r = 0; r < columns.rows; ++r) {
                static_cast<float*>(y)[r * columns.channels + c] =
                    static_cast<float>(static_cast<const float*>(scale)[c] * (input(r) - mean) * inverse +
                                       static_cast<const float*>(bias)[c]);
            }
        }
    });
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBatchNormalizationForwardInference(cudnnHandle_t handle, cudnnBatchNormMode_t mode,
                                                      const void* alpha, const void* beta,
                                                      const cudnnTensorDescriptor_t x_descriptor, const void* x,
                                                      const cudnnTensorDescriptor_t y_descriptor, void* y,
                                                      const cudnnTensorDescriptor_t row, const void* scale,
                                                      const void* bias, const void* mean, const void* variance,
                                                      double epsilon) {
    if (const cudnnStatus_t told = begin_call()) return told;
    if (mode != CUDNN_BATCHNORM_SPATIAL || epsilon < CUDNN_BN_MIN_EPSILON || !describes_channels(row, x_descriptor) ||
        factor(alpha) != 1 || factor(beta) != 0 || x == y || !is_matrix(x, x_descriptor) ||
        !is_matrix(y, y_descriptor)) {
        return CUDNN_STATUS_BAD_PARAM;
    }
    for (const void* numbers : {scale, bias, mean, variance}) {
        if (!is_row(numbers, row)) return CUDNN_STATUS_BAD_PARAM;
    }
    on_stream(handle->stream, [=, columns = Columns(*x_descriptor)] {
        for (std::size_t i = 0; i < columns.rows * columns.channels; ++i) {
            const auto of_channel = [&](const void* numbers) {
                return static_cast<double>(static_cast<const float*>(numbers)[i % columns.channels]);
            };
            static_cast<float*>(y)[i] =
                static_cast<float>(of_channel(scale) * (static_cast<const float*>(x)[i] - of_channel(mean)) /
                                       std::sqrt(epsilon + of_channel(variance)) +
                                   of_channel(bias));
        }
    });
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBatchNormalizationBackward(cudnnHandle_t handle, cudnnBatchNormMode_t mode, const void* alpha_data,
                                              const void* beta_data, const void* alpha_parameter,
                                              const void* beta_parameter, const cudnnTensorDescriptor_t x_descriptor,
                                              const void* x, const cudnnTensorDescriptor_t dy_descriptor,
                                              const void* dy, const cudnnTensorDescriptor_t dx_descriptor, void* dx,
                                              const cudnnTensorDescriptor_t row, const void* scale, void* dscale,
                                              void* dbias, double epsilon, const void* mean, const void* inverse) {
    if (const cudnnStatus_t told = begin_call()) return told;
    if (mode != CUDNN_BATCHNORM_SPATIAL || epsilon < CUDNN_BN_MIN_EPSILON || !describes_channels(row, x_descriptor) ||
        factor(alpha_data) != 1 || factor(beta_data) != 0 || factor(alpha_parameter) != 1 || dx == dy || dx == x ||
        !is_matrix(x, x_descriptor) || !is_matrix(dy, dy_descriptor) || !is_matrix(dx, dx_descriptor)) {
        return CUDNN_STATUS_BAD_PARAM;
    }
    for (const void* numbers :
         {scale, mean, inverse, static_cast<const void*>(dscale), static_cast<const void*>(dbias)}) {
        if (!is_row(numbers, row)) return CUDNN_STATUS_BAD_PARAM;
    }
    on_stream(handle->stream, [=, columns = Columns(*x_descriptor), keep = factor(beta_parameter)] {
        const auto count = static_cast<double>(columns.rows);
        const auto number = [](const void* numbers, std::size_t i) {
            return static_cast<double>(static_cast<const float*>(numbers)[i]);
        };
        for (std::size_t c = 0; c < columns.channels; ++c) {
            const auto normalised = [&](std::size_t i) {
                return (number(x, i) - number(mean, c)) * number(inverse, c);
            };
            double sum = 0, sum_normalised = 0;
            for (std::size_t r = 0; r < columns.rows; ++r) {
                const std::size_t i = r * columns.channels + c;
                sum += number(dy, i);
                sum_normalised += number(dy, i) * normalised(i);
            }
            for (std::size_t r = 0; r < columns.rows; ++r) {
                const std::size_t i = r * columns.channels + c;
                static_cast<float*>(dx)[i] =
                    static_cast<float>(number(scale, c) * number(inverse, c) *
                                       (number(dy, i) - (sum + normalised(i) * sum_normalised) / count));
            }
            const auto blend = [&](void* to, double value) {
                float& kept = static_cast<float*>(to)[c];
                kept = static_cast<float>(keep != 0 ? value + keep * kept : value);
            };
            blend(dscale, sum_normalised);
            blend(dbias, sum);
        }
    });
    return CUDNN_STATUS_SUCCESS;
}

}  // extern "C"
