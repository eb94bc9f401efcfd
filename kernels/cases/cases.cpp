// The list of families.
#include "kernels/cases/case.h"

namespace sinter::kernels {

CaseList all_cases(Purpose purpose) {
    CaseList cases;
    add_gemm_cases(cases, purpose);
    add_dot_products_cases(cases, purpose);
    add_activation_cases(cases, purpose);
    add_elementwise_cases(cases, purpose);
    add_reduce_cases(cases, purpose);
    add_loss_cases(cases, purpose);
    add_random_cases(cases, purpose);
    add_vae_cases(cases, purpose);
    add_likelihood_cases(cases, purpose);
    add_optimizer_cases(cases, purpose);
    add_gather_cases(cases, purpose);
    add_conv_cases(cases, purpose);
    add_batch_norm_cases(cases, purpose);
    add_layer_norm_cases(cases, purpose);
    add_pool_cases(cases, purpose);
    add_embedding_cases(cases, purpose);
    add_augment_cases(cases, purpose);
    return cases;
}

}  // namespace sinter::kernels
