#include "kernels/vendor/cublaslt_products.h"

#include <cstdint>
#include <string>
#include <utility>

#include "kernels/vendor/passes.h"

namespace sinter::kernels {
namespace {

// NVIDIA advises this size for a Hopper device. An algorithm takes what it needs of it.
constexpr std::uint64_t kWorkspaceLimit = std::uint64_t{32} << 20;

/// Sums and results are float32. TF32 rounds operands that are float32 in memory; bf16 has them in memory.
cublasComputeType_t compute_type(Precision precision) {
    return precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
}

cudaDataType operand_type(Precision precision) { return precision == Precision::bf16 ? CUDA_R_16BF : CUDA_R_32F; }

std::uint32_t epilogue_of(bool bias, bool relu) {
    if (bias) return relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
    return relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT;
}

ProductDescriptor describe_product(Precision precision) {
    cublasLtMatmulDesc_t created = nullptr;
    cublaslt().check(cublaslt().MatmulDescCreate(&created, compute_type(precision), CUDA_R_32F),
                     "describing a product");
    return ProductDescriptor(created);
}

template <class Value>
void set(const ProductDescriptor& product, cublasLtMatmulDescAttributes_t attribute, Value value) {
    cublaslt().check(cublaslt().MatmulDescSetAttribute(product.get(), attribute, &value, sizeof value),
                     "describing a product");
}

/// A matrix as sinter stores it.
MatrixLayout describe_matrix(MatrixShape stored, cudaDataType type) {
    cublasLtMatrixLayout_t created = nullptr;
    cublaslt().check(cublaslt().MatrixLayoutCreate(&created, type, static_cast<std::uint64_t>(stored.columns),
                                                   static_cast<std::uint64_t>(stored.rows), stored.columns),
                     "describing a matrix");
    return MatrixLayout(created);
}

std::string text(const GemmShape& shape) {
    return std::to_string(shape.m) + "x" + std::to_string(shape.k) + " and " + std::to_string(shape.k) + "x" +
           std::to_string(shape.n);
}

}  // namespace

CublasLtProducts::CublasLtProducts() {
    cublasLtHandle_t handle = nullptr;
    cublaslt().check(cublaslt().Create(&handle), "opening a handle");
    handle_.reset(handle);
}

// cuBLASLt's matrices lie by columns, so it sees every matrix of ours transposed and computes
//
//     C^T [n, m] = op(B)^T [n, k]  op(A)^T [k, m]
//
// with B as its left operand. A stored matrix [rows, columns] is to it [columns, rows] with a leading dimension of
// `columns`: what is stored as op(X) is op(X)^T already, and what is stored transposed has to be transposed. Its bias
// belongs to the rows of C^T, which are our columns.
const CublasLtProducts::Plan& CublasLtProducts::plan_for(const Key& key, const float* bias) {
    if (const auto known = plans_.find(key); known != plans_.end()) return known->second;
    const auto [m, n, k, transpose_a, transpose_b] = key.shape;
    Plan plan;
    plan.product = describe_product(key.precision);
    set(plan.product, CUBLASLT_MATMUL_DESC_TRANSA, std::int32_t{transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N});
    set(plan.product, CUBLASLT_MATMUL_DESC_TRANSB, std::int32_t{transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N});
    set(plan.product, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(key.bias, key.relu));
    if (key.bias) set(plan.product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);  // the heuristic looks at its alignment
    const cudaDataType operand = operand_type(key.precision);
    plan.left = describe_matrix(transpose_b ? MatrixShape{n, k} : MatrixShape{k, n}, operand);
    plan.right = describe_matrix(transpose_a ? MatrixShape{k, m} : MatrixShape{m, k}, operand);
    plan.result = describe_matrix({m, n}, CUDA_R_32F);
    choose_algorithm(plan, key);
    return plans_.emplace(key, std::move(plan)).first->second;
}

void CublasLtProducts::choose_algorithm(Plan& plan, const Key& key) {
    const CublasLt& library = cublaslt();
    cublasLtMatmulPreference_t created = nullptr;
    library.check(library.MatmulPreferenceCreate(&created), "stating what algorithms may use");
    const Preference preference(created);
    const auto allow = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
        library.check(library.MatmulPreferenceSetAttribute(preference.get(), attribute, &value, sizeof value),
                      "stating what algorithms may use");
    };
    allow(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceLimit);
    allow(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.alignment_b);
    allow(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.alignment_a);
    allow(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.alignment_c);
    allow(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.alignment_c);
    cublasLtMatmulHeuristicResult_t choice = {};
    int choices = 0;
    const cublasStatus_t status =
        library.MatmulAlgoGetHeuristic(handle_.get(), plan.product.get(), plan.left.get(), plan.right.get(),
                                       plan.result.get(), plan.result.get(), preference.get(), 1, &choice, &choices);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED) return;
    library.check(status, "choosing an algorithm");
    plan.supported = choices > 0 && choice.state == CUBLAS_STATUS_SUCCESS;
    plan.algorithm = choice.algo;
    plan.workspace = choice.workspaceSize;
}

void CublasLtProducts::run(CudaQueue& queue, const Plan& plan, float* c, const void* a, const void* b,
                           const GemmShape& shape, bool accumulate) {
    const float one = 1, old = accumulate ? 1 : 0;
    const CudaScratch workspace(queue, plan.workspace);
    const cublasStatus_t status = cublaslt().Matmul(
        handle_.get(), plan.product.get(), &one, b, plan.left.get(), a, plan.right.get(), &old, c, plan.result.get(), c,
        plan.result.get(), &plan.algorithm, workspace.as<void>(), plan.workspace, queue.stream());
    cublaslt().check(status, [&] { return "multiplying matrices of " + text(shape); });
}

bool CublasLtProducts::multiply(CudaQueue& queue, float* c, const float* a, const float* b, const GemmShape& shape,
                                const Epilogue<float>& epilogue, VendorForm form) {
    if (shape.m == 0 || shape.n == 0 || shape.k == 0) return false;
    const bool rounds = queue.precision() == Precision::bf16 && form == VendorForm::contract;
    const auto alignment = [](const auto*... pointers) { return (in_quads(pointers) && ...) ? 16u : 4u; };
    const bool relu = epilogue.activation.kind == ActivationKind::relu;
    const Plan& plan = plan_for({shape, epilogue.bias != nullptr, relu, rounds ? 16u : alignment(a),
                                 rounds ? 16u : alignment(b), alignment(c, epilogue.bias), queue.precision()},
                                epilogue.bias);
    if (!plan.supported) return false;
    if (epilogue.bias) set(plan.product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, epilogue.bias);
    if (rounds) {
        const Index count_a = shape.m * shape.k, count_b = shape.k * shape.n;
        const CudaScratch rounded_a(queue, bf16_bytes(count_a)), rounded_b(queue, bf16_bytes(count_b));
        round_to_bf16(queue, rounded_a.as<void>(), a, count_a);
        round_to_bf16(queue, rounded_b.as<void>(), b, count_b);
        run(queue, plan, c, rounded_a.as<void>(), rounded_b.as<void>(), shape, epilogue.accumulate);
    } else {
        run(queue, plan, c, a, b, shape, epilogue.accumulate);
    }
    if (!relu) bias_activation_forward(queue, c, nullptr, {shape.m, shape.n}, epilogue.activation);
    return true;
}

}  // namespace sinter::kernels
