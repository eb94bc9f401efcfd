// Matrix products by cuBLASLt.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "kernels/gemm.h"
#include "kernels/vendor/cublaslt.h"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {

/// Matrix products by one handle of cuBLASLt. Each shape gets the algorithm that the heuristic named first.
class CublasLtProducts {
public:
    CublasLtProducts();

    /// As VendorKernels::gemm().
    bool multiply(CudaQueue& queue, float* c, const float* a, const float* b, const GemmShape& shape,
                  const Epilogue<float>& epilogue, VendorForm form);

private:
    /// What an algorithm depends on.
    struct Key {
        GemmShape shape;
        bool bias, relu;
        std::uint32_t alignment_a, alignment_b, alignment_c;  ///< 4 or 16 bytes; C's is also that of the bias
        Precision precision;

        auto operator<=>(const Key&) const = default;
    };
    struct Plan {
        ProductDescriptor product;
        MatrixLayout left, right, result;
        cublasLtMatmulAlgo_t algorithm = {};
        std::size_t workspace = 0;
        bool supported = false;
    };

    const Plan& plan_for(const Key& key, const float* bias);
    void run(CudaQueue& queue, const Plan& plan, float* c, const void* a, const void* b, const GemmShape& shape,
             bool accumulate);
    void choose_algorithm(Plan& plan, const Key& key);

    std::unique_ptr<cublasLtContext, CublasLtDestroy<&CublasLt::Destroy>> handle_;
    std::map<Key, Plan> plans_;
};

}  // namespace sinter::kernels
