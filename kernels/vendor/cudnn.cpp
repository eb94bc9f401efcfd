#include "kernels/vendor/cudnn.h"

#include <limits>
#include <string>

#include "kernels/vendor/library.h"

namespace sinter::kernels {

Cudnn::Cudnn() {
    const Library library("libcudnn.so.9");
    library.find(Create, "cudnnCreate");
    library.find(Destroy, "cudnnDestroy");
    library.find(SetStream, "cudnnSetStream");
    library.find(GetErrorString, "cudnnGetErrorString");
    library.find(GetLastErrorString, "cudnnGetLastErrorString");
    library.find(CreateTensorDescriptor, "cudnnCreateTensorDescriptor");
    library.find(DestroyTensorDescriptor, "cudnnDestroyTensorDescriptor");
    library.find(SetTensor4dDescriptor, "cudnnSetTensor4dDescriptor");
    library.find(CreateFilterDescriptor, "cudnnCreateFilterDescriptor");
    library.find(DestroyFilterDescriptor, "cudnnDestroyFilterDescriptor");
    library.find(SetFilter4dDescriptor, "cudnnSetFilter4dDescriptor");
    library.find(CreateConvolutionDescriptor, "cudnnCreateConvolutionDescriptor");
    library.find(DestroyConvolutionDescriptor, "cudnnDestroyConvolutionDescriptor");
    library.find(SetConvolution2dDescriptor, "cudnnSetConvolution2dDescriptor");
    library.find(SetConvolutionMathType, "cudnnSetConvolutionMathType");
    library.find(GetConvolutionForwardAlgorithm_v7, "cudnnGetConvolutionForwardAlgorithm_v7");
    library.find(GetConvolutionForwardWorkspaceSize, "cudnnGetConvolutionForwardWorkspaceSize");
    library.find(ConvolutionForward, "cudnnConvolutionForward");
    library.find(GetConvolutionBackwardDataAlgorithm_v7, "cudnnGetConvolutionBackwardDataAlgorithm_v7");
    library.find(GetConvolutionBackwardDataWorkspaceSize, "cudnnGetConvolutionBackwardDataWorkspaceSize");
    library.find(ConvolutionBackwardData, "cudnnConvolutionBackwardData");
    library.find(GetConvolutionBackwardFilterAlgorithm_v7, "cudnnGetConvolutionBackwardFilterAlgorithm_v7");
    library.find(GetConvolutionBackwardFilterWorkspaceSize, "cudnnGetConvolutionBackwardFilterWorkspaceSize");
    library.find(ConvolutionBackwardFilter, "cudnnConvolutionBackwardFilter");
    library.find(DeriveBNTensorDescriptor, "cudnnDeriveBNTensorDescriptor");
    library.find(BatchNormalizationForwardTraining, "cudnnBatchNormalizationForwardTraining");
    library.find(BatchNormalizationForwardInference, "cudnnBatchNormalizationForwardInference");
    library.find(BatchNormalizationBackward, "cudnnBatchNormalizationBackward");
}

void Cudnn::fail(cudnnStatus_t status, std::string_view action) const {
    std::string details(512, '\0');
    GetLastErrorString(details.data(), details.size());
    details.resize(details.find('\0'));
    throw QueueError("[vendor] " + std::string(action) + " with cuDNN: " + GetErrorString(status) +
                     (details.empty() ? "" : " (" + details + ")"));
}

const Cudnn& cudnn() {
    static const Cudnn library;
    return library;
}

void describe_images(const TensorDescriptor& descriptor, const ImageShape& shape, cudnnDataType_t type) {
    cudnn().check(cudnn().SetTensor4dDescriptor(descriptor, CUDNN_TENSOR_NHWC, type, static_cast<int>(shape.batch),
                                                static_cast<int>(shape.channels), static_cast<int>(shape.height),
                                                static_cast<int>(shape.width)),
                  "describing images");
}

bool fits_cudnn(Index count) { return count <= std::numeric_limits<int>::max(); }

}  // namespace sinter::kernels
