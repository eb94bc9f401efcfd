#include "core/ops/operands.h"

#include "core/check.h"

namespace sinter {

kernels::MatrixShape require_matrix(const char* op, const Tensor& x) {
    require(x.shape().rank() == 2, "[{}] expected a matrix, got {}", op, x.shape());
    return {x.size(0), x.size(1)};
}

void require_images(const char* op, const Tensor& x) {
    require(x.shape().rank() == 4, "[{}] expected images [batch, height, width, channels], got {}", op, x.shape());
}

}  // namespace sinter
