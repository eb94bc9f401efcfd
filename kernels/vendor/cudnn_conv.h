// Convolutions and their gradients by cuDNN.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>

#include "kernels/conv.h"
#include "kernels/vendor/cudnn.h"

namespace sinter::kernels {

/// Convolutions by one handle of cuDNN. Each shape gets the first deterministic algorithm that the heuristic names. The
/// members are those of VendorKernels without the prefix.
class CudnnConvolutions {
public:
    explicit CudnnConvolutions(cudnnHandle_t handle) : handle_(handle) {}

    bool forward(CudaQueue& queue, float* y, const float* x, const float* w, const ConvGeometry& geometry,
                 const Epilogue<float>& epilogue);
    bool input_gradient(CudaQueue& queue, float* dx, const float* dy, const float* w, const ConvGeometry& geometry,
                        const Epilogue<float>& epilogue);
    bool weight_gradient(CudaQueue& queue, float* dw, const float* x, const float* dy, const ConvGeometry& geometry,
                         bool accumulate);

private:
    enum class Pass : std::uint8_t { forward, input_gradient, weight_gradient };
    /// What an algorithm depends on.
    struct Key {
        ConvGeometry geometry;
        Pass pass;
        bool exact;  ///< without tensor cores

        auto operator<=>(const Key&) const = default;
    };
    struct Plan {
        TensorDescriptor x, y;
        FilterDescriptor w;
        ConvolutionDescriptor convolution;
        int algorithm = 0;  ///< of the enumeration of its pass
        std::size_t workspace = 0;
        bool supported = false;
    };

    const Plan& plan_for(CudaQueue& queue, Pass pass, const ConvGeometry& geometry);
    void describe(Plan& plan, const ConvGeometry& geometry, bool exact);
    void choose_algorithm(Plan& plan, Pass pass, bool exact);

    cudnnHandle_t handle_;
    std::map<Key, Plan> plans_;
};

}  // namespace sinter::kernels
