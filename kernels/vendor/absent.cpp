// In place of the vendor engine, in a build that found no headers of cuBLASLt and cuDNN.
#include "kernels/vendor/engine.h"

namespace sinter::kernels {

std::unique_ptr<VendorKernels> load_vendor_kernels(CudaQueue&) {
    throw QueueError(
        "[vendor] this program was built without the headers of cuBLASLt and cuDNN 9 and has sinter's own kernels "
        "only: configure again where CMake finds them (cudnn.h and cublasLt.h; CUDNN_ROOT names a folder)");
}

}  // namespace sinter::kernels
