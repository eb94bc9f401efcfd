// cuDNN: the functions that sinter calls, their check, and handles and descriptors that close themselves.
#pragma once

#include <cudnn.h>

#include <concepts>
#include <string_view>
#include <utility>

#include "kernels/geometry.h"

namespace sinter::kernels {

/// The functions of cuDNN that sinter calls, by their names in its documentation, without the prefix.
// clang-format off
#define SINTER_CUDNN_FUNCTIONS(X) \
    X(Create) X(Destroy) X(SetStream) X(GetErrorString) X(GetLastErrorString) X(CreateTensorDescriptor) \
    X(DestroyTensorDescriptor) X(SetTensor4dDescriptor) X(CreateFilterDescriptor) X(DestroyFilterDescriptor) \
    X(SetFilter4dDescriptor) X(CreateConvolutionDescriptor) X(DestroyConvolutionDescriptor) \
    X(SetConvolution2dDescriptor) X(SetConvolutionMathType) X(GetConvolutionForwardAlgorithm_v7) \
    X(GetConvolutionForwardWorkspaceSize) X(ConvolutionForward) X(GetConvolutionBackwardDataAlgorithm_v7) \
    X(GetConvolutionBackwardDataWorkspaceSize) X(ConvolutionBackwardData) \
    X(GetConvolutionBackwardFilterAlgorithm_v7) X(GetConvolutionBackwardFilterWorkspaceSize) \
    X(ConvolutionBackwardFilter) X(DeriveBNTensorDescriptor) X(BatchNormalizationForwardTraining) \
    X(BatchNormalizationForwardInference) X(BatchNormalizationBackward)
// clang-format on

/// These functions, found in the library.
struct Cudnn {
    Cudnn();

#define SINTER_MEMBER(name) decltype(&cudnn##name) name;
    SINTER_CUDNN_FUNCTIONS(SINTER_MEMBER)
#undef SINTER_MEMBER

    /// Throws QueueError unless `status` is success. `action` says what was tried: "describing an image".
    void check(cudnnStatus_t status, std::string_view action) const {
        if (status != CUDNN_STATUS_SUCCESS) fail(status, action);
    }
    /// The same, for a sentence that is made only where it is needed.
    template <std::invocable Action>
    void check(cudnnStatus_t status, const Action& action) const {
        if (status != CUDNN_STATUS_SUCCESS) fail(status, action());
    }

private:
    [[noreturn]] void fail(cudnnStatus_t status, std::string_view action) const;
};

/// The library, loaded by the first call. Throws QueueError as Library does.
const Cudnn& cudnn();

/// A handle or a descriptor of cuDNN.
template <class Object, auto create, auto destroy>
class CudnnObject {
public:
    CudnnObject() { cudnn().check((cudnn().*create)(&object_), "making a handle or a descriptor"); }
    ~CudnnObject() {
        if (object_) (cudnn().*destroy)(object_);
    }
    CudnnObject(CudnnObject&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    CudnnObject& operator=(CudnnObject&&) = delete;

    operator Object() const { return object_; }

private:
    Object object_ = nullptr;
};

using CudnnHandle = CudnnObject<cudnnHandle_t, &Cudnn::Create, &Cudnn::Destroy>;
using TensorDescriptor =
    CudnnObject<cudnnTensorDescriptor_t, &Cudnn::CreateTensorDescriptor, &Cudnn::DestroyTensorDescriptor>;
using FilterDescriptor =
    CudnnObject<cudnnFilterDescriptor_t, &Cudnn::CreateFilterDescriptor, &Cudnn::DestroyFilterDescriptor>;
using ConvolutionDescriptor = CudnnObject<cudnnConvolutionDescriptor_t, &Cudnn::CreateConvolutionDescriptor,
                                          &Cudnn::DestroyConvolutionDescriptor>;

/// Images, channels last.
void describe_images(const TensorDescriptor& descriptor, const ImageShape& shape, cudnnDataType_t type);

/// Whether cuDNN can count this many elements: its sizes are ints.
bool fits_cudnn(Index count);

}  // namespace sinter::kernels
