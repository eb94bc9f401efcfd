// A stand-in for cuBLASLt: the functions that sinter calls.
#include <cublasLt.h>

#include <cstring>

#include "tests/vendor/stand_in/stand_in.h"

namespace {

using namespace sinter::stand_in;

Record record;

struct Product {
    cublasComputeType_t compute;
    std::int32_t transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N;
    std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    const float* bias = nullptr;
};

/// Stored by columns.
struct Layout {
    cudaDataType type;
    std::uint64_t rows, columns;
    std::int64_t leading;

    bool is_bf16() const { return type == CUDA_R_16BF; }
    std::size_t bytes() const {
        return (static_cast<std::size_t>(leading) * (columns - 1) + rows) * (is_bf16() ? 2 : 4);
    }
};

/// In bytes; the documented defaults.
struct Preference {
    std::uint64_t workspace = 0;
    std::uint32_t alignment[4] = {256, 256, 256, 256};  // of A, B, C, D
};

/// What an algorithm was chosen for, kept in its opaque words: it does nothing else.
struct Choice {
    std::uint64_t m, n, k;
    std::uint32_t alignment[4];
    std::uint32_t epilogue, bias_alignment;
    std::uint64_t workspace;
};
static_assert(sizeof(Choice) <= sizeof(cublasLtMatmulAlgo_t));

const Product& product_of(cublasLtMatmulDesc_t descriptor) { return *reinterpret_cast<Product*>(descriptor); }
const Layout& layout_of(cublasLtMatrixLayout_t layout) { return *reinterpret_cast<Layout*>(layout); }

struct Sizes {
    std::uint64_t m, n, k;
    bool agree;
};

Sizes sizes_of(const Product& product, const Layout& a, const Layout& b, const Layout& c) {
    const bool turn_a = product.transpose_a == CUBLAS_OP_T, turn_b = product.transpose_b == CUBLAS_OP_T;
    const std::uint64_t m = turn_a ? a.columns : a.rows, k = turn_a ? a.rows : a.columns;
    const std::uint64_t n = turn_b ? b.rows : b.columns, k_of_b = turn_b ? b.columns : b.rows;
    return {m, n, k, k == k_of_b && c.rows == m && c.columns == n};
}

std::uint32_t alignment_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0 ? 16 : 4; }

float rounded(float value, cublasComputeType_t compute) {
    return compute == CUBLAS_COMPUTE_32F_FAST_TF32 ? as_tf32(value) : value;
}

/// Of the combinations in the table of cublasLtMatmul's documentation those that sinter means.
bool supports(const Product& product, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
    return a.type == b.type && c.type == CUDA_R_32F && d.type == CUDA_R_32F &&
           (!a.is_bf16() || product.compute == CUBLAS_COMPUTE_32F);
}

template <class Value, class To>
cublasStatus_t set(To& to, const void* value, std::size_t size) {
    static_assert(sizeof(Value) == sizeof(To));
    if (size != sizeof(Value)) return CUBLAS_STATUS_INVALID_VALUE;
    std::memcpy(&to, value, size);
    return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

struct cublasLtContext {};

extern "C" {

Record* sinter_stand_in_record() { return &record; }

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    *handle = new cublasLtContext;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    delete handle;
    return CUBLAS_STATUS_SUCCESS;
}

const char* cublasLtGetStatusString(cublasStatus_t status) {
    return status == CUBLAS_STATUS_EXECUTION_FAILED ? "the function failed to launch on the GPU" : "another status";
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* descriptor, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
    if (scale != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (compute != CUBLAS_COMPUTE_32F && compute != CUBLAS_COMPUTE_32F_FAST_TF32) return CUBLAS_STATUS_NOT_SUPPORTED;
    *descriptor = reinterpret_cast<cublasLtMatmulDesc_t>(new Product{compute});
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t descriptor) {
    delete reinterpret_cast<Product*>(descriptor);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t descriptor, cublasLtMatmulDescAttributes_t attribute,
                                              const void* value, size_t size) {
    auto& product = *reinterpret_cast<Product*>(descriptor);
    switch (attribute) {
        case CUBLASLT_MATMUL_DESC_TRANSA:
            return set<std::int32_t>(product.transpose_a, value, size);
        case CUBLASLT_MATMUL_DESC_TRANSB:
            return set<std::int32_t>(product.transpose_b, value, size);
        case CUBLASLT_MATMUL_DESC_EPILOGUE:
            return set<std::uint32_t>(product.epilogue, value, size);
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
            return set<const void*>(product.bias, value, size);
        default:
            return CUBLAS_STATUS_INVALID_VALUE;
    }
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type, uint64_t rows,
                                          uint64_t columns, int64_t leading) {
    if (type != CUDA_R_32F && type != CUDA_R_16BF) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (rows == 0 || columns == 0 || leading < static_cast<int64_t>(rows)) return CUBLAS_STATUS_INVALID_VALUE;
    *layout = reinterpret_cast<cublasLtMatrixLayout_t>(new Layout{type, rows, columns, leading});
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
    delete reinterpret_cast<Layout*>(layout);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
    *preference = reinterpret_cast<cublasLtMatmulPreference_t>(new Preference);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
    delete reinterpret_cast<Preference*>(preference);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void* value,
                                                    size_t size) {
    auto& wish = *reinterpret_cast<Preference*>(preference);
    switch (attribute) {
        case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
            return set<std::uint64_t>(wish.workspace, value, size);
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
            return set<std::uint32_t>(wish.alignment[0], value, size);
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
            return set<std::uint32_t>(wish.alignment[1], value, size);
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
            return set<std::uint32_t>(wish.alignment[2], value, size);
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
            return set<std::uint32_t>(wish.alignment[3], value, size);
        default:
            return CUBLAS_STATUS_INVALID_VALUE;
    }
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t descriptor,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t results[], int* count) {
    ++record.heuristics;
    *count = 0;
    if (record.no_algorithm) return CUBLAS_STATUS_NOT_SUPPORTED;
    const Product& product = product_of(descriptor);
    const Sizes sizes = sizes_of(product, layout_of(a), layout_of(b), layout_of(c));
    const auto& wish = *reinterpret_cast<Preference*>(preference);
    if (requested < 1 || !sizes.agree || layout_of(d).rows != sizes.m || layout_of(d).columns != sizes.n) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (!supports(product, layout_of(a), layout_of(b), layout_of(c), layout_of(d))) return CUBLAS_STATUS_NOT_SUPPORTED;
    Choice choice{sizes.m, sizes.n, sizes.k, {}, product.epilogue, alignment_of(product.bias), 4096};
    std::memcpy(choice.alignment, wish.alignment, sizeof choice.alignment);
    if (choice.workspace > wish.workspace) return CUBLAS_STATUS_NOT_SUPPORTED;
    std::memcpy(&results[0].algo, &choice, sizeof choice);
    results[0].workspaceSize = choice.workspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    *count = 1;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t descriptor, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout,
                              const void* beta, const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t* algorithm, void* workspace,
                              size_t workspace_bytes, cudaStream_t stream) {
    ++record.calls;
    if (record.fail_next) {
        record.fail_next = false;
        return CUBLAS_STATUS_EXECUTION_FAILED;
    }
    const Product product = product_of(descriptor);
    const Layout left = layout_of(a_layout), right = layout_of(b_layout), old = layout_of(c_layout),
                 result = layout_of(d_layout);
    const Sizes sizes = sizes_of(product, left, right, result);
    Choice choice;
    std::memcpy(&choice, algorithm, sizeof choice);
    const bool has_bias = (product.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
    const bool relu = (product.epilogue & CUBLASLT_EPILOGUE_RELU) != 0;
    const bool as_chosen = sizes.agree && supports(product, left, right, old, result) && sizes.m == choice.m &&
                           sizes.n == choice.n && sizes.k == choice.k && product.epilogue == choice.epilogue &&
                           workspace_bytes >= choice.workspace;
    const bool reachable =
        in_device_memory(a, left.bytes(), choice.alignment[0]) &&
        in_device_memory(b, right.bytes(), choice.alignment[1]) &&
        in_device_memory(c, old.bytes(), choice.alignment[2]) &&
        in_device_memory(d, result.bytes(), choice.alignment[3]) && in_device_memory(workspace, workspace_bytes, 256) &&
        (!has_bias || in_device_memory(product.bias, sizes.m * sizeof(float), choice.bias_alignment));
    if (!as_chosen || !reachable) return CUBLAS_STATUS_INVALID_VALUE;

    const float factor = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
    on_stream(stream, [=] {
        std::memset(workspace, 0xff, workspace_bytes);
        const auto element = [&](const void* matrix, const Layout& layout, bool turned, std::uint64_t row,
                                 std::uint64_t column) {
            const std::uint64_t r = turned ? column : row, s = turned ? row : column;
            const auto leading = static_cast<std::uint64_t>(layout.leading);
            return rounded(number(matrix, r + s * leading, layout.is_bf16()), product.compute);
        };
        for (std::uint64_t column = 0; column < sizes.n; ++column) {
            for (std::uint64_t row = 0; row < sizes.m; ++row) {
                float sum = 0;
                for (std::uint64_t k = 0; k < sizes.k; ++k) {
                    sum += element(a, left, product.transpose_a == CUBLAS_OP_T, row, k) *
                           element(b, right, product.transpose_b == CUBLAS_OP_T, k, column);
                }
                sum *= factor;
                if (keep != 0) {
                    sum += keep * static_cast<const float*>(c)[row + column * static_cast<std::uint64_t>(old.leading)];
                }
                if (has_bias) sum += product.bias[row];
                if (relu && sum < 0) sum = 0;
                static_cast<float*>(d)[row + column * static_cast<std::uint64_t>(result.leading)] = sum;
            }
        }
    });
    return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
