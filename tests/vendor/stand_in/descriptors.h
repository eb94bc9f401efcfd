// What cuDNN keeps to itself, as its stand-in has it.
#pragma once

#include <cudnn.h>

#include "tests/vendor/stand_in/stand_in.h"

struct cudnnContext {
    cudaStream_t stream = nullptr;
};

/// Images, channels last.
struct cudnnTensorStruct {
    int batch = 0, height = 0, width = 0, channels = 0;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;

    std::size_t count() const {
        return static_cast<std::size_t>(batch) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
               static_cast<std::size_t>(channels);
    }
};

/// A weight [out, height, width, in].
struct cudnnFilterStruct {
    int out = 0, height = 0, width = 0, in = 0;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;

    std::size_t count() const {
        return static_cast<std::size_t>(out) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
               static_cast<std::size_t>(in);
    }
};

struct cudnnConvolutionStruct {
    int pad_height = 0, pad_width = 0, stride_height = 0, stride_width = 0;
    cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};

namespace sinter::stand_in {

extern Record record;

/// Whether descriptors may have this type.
inline bool is_known(cudnnDataType_t type) { return type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_BFLOAT16; }
inline bool is_bf16(cudnnDataType_t type) { return type == CUDNN_DATA_BFLOAT16; }

/// Whether an array of images, or of weights, is where cuDNN reaches it.
template <class Described>
bool is_array(const void* data, const Described& described, std::size_t alignment) {
    return in_device_memory(data, described.count() * (is_bf16(described.type) ? 2 : 4), alignment);
}

/// What every array must be aligned to.
inline constexpr std::size_t kAlignment = 16;

/// Counts a call that computes. Not success, where a test said so.
cudnnStatus_t begin_call();

}  // namespace sinter::stand_in
