// Convolutions and their gradients by cuDNN.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>

#include "kernels/conv.h"
#include "kernels/vendor/cudnn.h"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {

/// Convolutions by one handle of cuDNN. Each shape gets the first deterministic algorithm that the heuristic names. The
/// members are those of VendorKernels without the prefix.
class CudnnConvolutions {
public:
    explicit CudnnConvolutions(cudnnHandle_t handle) : handle_(handle) {}

    bool forward(CudaQueue& queue, float* y, const float* x, const float* w, const ConvGeometry& geometry,
                 const Epilogue<float>& epilogue, VendorForm form);
    bool input_gradient(CudaQueue& queue, float* dx, const float* dy, const float* w, const ConvGeometry& geometry,
                        const Epilogue<float>& epilogue, VendorForm form);
    bool weight_gradient(CudaQueue& queue, float* dw, const float* x, const float* dy, const ConvGeometry& geometry,
                         bool accumulate, VendorForm form);

private:
    enum class Pass : std::uint8_t { forward, input_gradient, weight_gradient };
    /// What an algorithm depends on.
    struct Key {
        ConvGeometry geometry;
        Pass pass;
        Precision precision;  ///< bf16: of every array

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

    const Plan& plan_for(const Key& key);
    void describe(Plan& plan, const ConvGeometry& geometry, Precision precision);
    void choose_algorithm(Plan& plan, Pass pass, bool exact);

    cudnnHandle_t handle_;
    std::map<Key, Plan> plans_;
};

}  // namespace sinter::kernels
