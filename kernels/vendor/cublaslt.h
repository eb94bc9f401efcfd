// cuBLASLt: the functions that sinter calls, and matrix products by them.
#pragma once

#include <cublasLt.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "kernels/gemm.h"
#include "kernels/vendor/engine.h"

namespace sinter::kernels {

/// cuBLASLt's functions by their names in its documentation, without the prefix.
struct CublasLt {
    CublasLt();

    decltype(&cublasLtCreate) Create;
    decltype(&cublasLtDestroy) Destroy;
    decltype(&cublasLtGetStatusString) GetStatusString;
    decltype(&cublasLtMatmulDescCreate) MatmulDescCreate;
    decltype(&cublasLtMatmulDescDestroy) MatmulDescDestroy;
    decltype(&cublasLtMatmulDescSetAttribute) MatmulDescSetAttribute;
    decltype(&cublasLtMatrixLayoutCreate) MatrixLayoutCreate;
    decltype(&cublasLtMatrixLayoutDestroy) MatrixLayoutDestroy;
    decltype(&cublasLtMatmulPreferenceCreate) MatmulPreferenceCreate;
    decltype(&cublasLtMatmulPreferenceDestroy) MatmulPreferenceDestroy;
    decltype(&cublasLtMatmulPreferenceSetAttribute) MatmulPreferenceSetAttribute;
    decltype(&cublasLtMatmulAlgoGetHeuristic) MatmulAlgoGetHeuristic;
    decltype(&cublasLtMatmul) Matmul;

    /// Throws QueueError unless `status` is success. `action` says what was tried: "multiplying matrices".
    void check(cublasStatus_t status, std::string_view action) const {
        if (status != CUBLAS_STATUS_SUCCESS) fail(status, action);
    }
    /// The same, for a sentence that is made only where it is needed.
    template <std::invocable Action>
    void check(cublasStatus_t status, const Action& action) const {
        if (status != CUBLAS_STATUS_SUCCESS) fail(status, action());
    }

private:
    [[noreturn]] void fail(cublasStatus_t status, std::string_view action) const;
};

/// The library, loaded by the first call. Throws QueueError as Library does.
const CublasLt& cublaslt();

/// Closes an object of cuBLASLt.
template <auto destroy>
struct CublasLtDestroy {
    template <class Object>
    void operator()(Object* object) const {
        (cublaslt().*destroy)(object);
    }
};
using ProductDescriptor = std::unique_ptr<cublasLtMatmulDescOpaque_t, CublasLtDestroy<&CublasLt::MatmulDescDestroy>>;
using MatrixLayout = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, CublasLtDestroy<&CublasLt::MatrixLayoutDestroy>>;
using Preference =
    std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, CublasLtDestroy<&CublasLt::MatmulPreferenceDestroy>>;

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
