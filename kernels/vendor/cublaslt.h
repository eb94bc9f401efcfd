// cuBLASLt: the functions that sinter calls, their check, and objects that destroy themselves.
#pragma once

#include <cublasLt.h>

#include <concepts>
#include <memory>
#include <string_view>

namespace sinter::kernels {

/// The functions of cuBLASLt that sinter calls, by their names in its documentation, without the prefix.
// clang-format off
#define SINTER_CUBLASLT_FUNCTIONS(X) \
    X(Create) X(Destroy) X(GetStatusString) X(MatmulDescCreate) X(MatmulDescDestroy) X(MatmulDescSetAttribute) \
    X(MatrixLayoutCreate) X(MatrixLayoutDestroy) X(MatmulPreferenceCreate) X(MatmulPreferenceDestroy) \
    X(MatmulPreferenceSetAttribute) X(MatmulAlgoGetHeuristic) X(Matmul)
// clang-format on

/// These functions, found in the library.
struct CublasLt {
    CublasLt();

#define SINTER_MEMBER(name) decltype(&cublasLt##name) name;
    SINTER_CUBLASLT_FUNCTIONS(SINTER_MEMBER)
#undef SINTER_MEMBER

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

}  // namespace sinter::kernels
