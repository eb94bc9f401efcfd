#include "kernels/vendor/cudnn.h"

#include <limits>
#include <string>

#include "kernels/vendor/library.h"

namespace sinter::kernels {

Cudnn::Cudnn() {
    const Library library("libcudnn.so.9");
#define SINTER_FIND(name) library.find(name, "cudnn" #name);
    SINTER_CUDNN_FUNCTIONS(SINTER_FIND)
#undef SINTER_FIND
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
