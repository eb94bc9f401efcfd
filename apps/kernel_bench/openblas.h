// OpenBLAS as the peer of our matrix product: found at run time, so that nothing needs it to build or to start.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "kernels/gemm.h"

namespace sinter::bench {

/// The installed OpenBLAS. The library stays loaded until the program ends.
class OpenBlas {
public:
    /// Loads the library and gives it `threads` threads, 0 meaning one per core; nothing where it is not installed.
    /// Call before other threads start: it sets OPENBLAS_THREAD_TIMEOUT, unless the user has, so that the library's
    /// threads stop spinning for work within microseconds and do not slow down what is timed next.
    static std::optional<OpenBlas> find(int threads);

    /// C = op(A) op(B), matrices as in kernels::gemm.
    void multiply(float* c, const float* a, const float* b, const kernels::GemmShape& shape) const;

    /// Version and kernel set, such as "OpenBLAS 0.3.21 (Cooperlake)".
    const std::string& name() const { return name_; }

private:
    using Sgemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                           const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);

    OpenBlas(Sgemm sgemm, std::string name) : sgemm_(sgemm), name_(std::move(name)) {}

    Sgemm sgemm_;
    std::string name_;
};

}  // namespace sinter::bench
