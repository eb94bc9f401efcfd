#include "kernels/vendor/cublaslt.h"

#include <string>

#include "kernels/contract.h"
#include "kernels/vendor/library.h"

namespace sinter::kernels {
namespace {

#define SINTER_TEXT_OF(value) #value
#define SINTER_TEXT(value) SINTER_TEXT_OF(value)
constexpr const char* kLibraryName = "libcublasLt.so." SINTER_TEXT(CUBLAS_VER_MAJOR);

}  // namespace

CublasLt::CublasLt() {
    const Library library(kLibraryName);
#define SINTER_FIND(name) library.find(name, "cublasLt" #name);
    SINTER_CUBLASLT_FUNCTIONS(SINTER_FIND)
#undef SINTER_FIND
}

void CublasLt::fail(cublasStatus_t status, std::string_view action) const {
    throw QueueError("[vendor] " + std::string(action) + " with cuBLASLt: " + GetStatusString(status) + " (status " +
                     std::to_string(status) + ")");
}

const CublasLt& cublaslt() {
    static const CublasLt library;
    return library;
}

}  // namespace sinter::kernels
