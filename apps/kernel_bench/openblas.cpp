#include "apps/kernel_bench/openblas.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "apps/kernel_bench/library.h"

namespace sinter::bench {
namespace {

/// "OpenBLAS 0.3.21 (Haswell)" from a configuration such as "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...".
std::string library_name(void* library) {
    std::string product = "OpenBLAS", version;
    if (const auto config = symbol<char* (*)()>(library, "openblas_get_config"))
        std::istringstream(config()) >> product >> version;
    std::string name = version.empty() ? product : product + " " + version;
    // Kernels for another processor than this one make a weak peer: say so when the environment asked for them.
    if (const auto core = symbol<char* (*)()>(library, "openblas_get_corename"))
        name += std::string(" (") + core() + (std::getenv("OPENBLAS_CORETYPE") ? ", set by OPENBLAS_CORETYPE)" : ")");
    return name;
}

}  // namespace

std::optional<OpenBlas> OpenBlas::find(int threads) {
    constexpr int kKeepUsersChoice = 0;
    setenv("OPENBLAS_THREAD_TIMEOUT", "16", kKeepUsersChoice);  // 2^16 cycles instead of 2^26
    void* library = open_library({"libopenblas.so.0", "libopenblas.so"});
    if (!library) return std::nullopt;
    const auto sgemm = symbol<Sgemm>(library, "cblas_sgemm");
    const auto set_threads = symbol<void (*)(int)>(library, "openblas_set_num_threads");
    if (!sgemm || !set_threads) return std::nullopt;
    set_threads(thread_count(threads));
    return OpenBlas(sgemm, library_name(library));
}

void OpenBlas::multiply(float* c, const float* a, const float* b, const kernels::GemmShape& shape) const {
    constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;  // the enumerators of cblas.h
    const int m = static_cast<int>(shape.m), n = static_cast<int>(shape.n), k = static_cast<int>(shape.k);
    const int lda = std::max(1, shape.transpose_a ? m : k), ldb = std::max(1, shape.transpose_b ? k : n);
    sgemm_(kRowMajor, shape.transpose_a ? kTransposed : kPlain, shape.transpose_b ? kTransposed : kPlain, m, n, k, 1.0f,
           a, lda, b, ldb, 0.0f, c, std::max(1, n));
}

}  // namespace sinter::bench
