// Reference embedding.
#include "kernels/embedding.h"

#include <algorithm>

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void embedding_forward(RefQueue<Real>&, Real* y, const Real* table, const std::int32_t* indices, MatrixShape shape) {
    for (Index r = 0; r < shape.rows; ++r) {
        for (Index c = 0; c < shape.columns; ++c) y[r * shape.columns + c] = table[indices[r] * shape.columns + c];
    }
}

template <class Real>
void embedding_backward(RefQueue<Real>&, Real* dtable, const Real* dy, const std::int32_t* indices, MatrixShape shape,
                        Index entries, bool accumulate) {
    if (!accumulate) std::fill_n(dtable, entries * shape.columns, Real{0});
    for (Index r = 0; r < shape.rows; ++r) {
        for (Index c = 0; c < shape.columns; ++c) dtable[indices[r] * shape.columns + c] += dy[r * shape.columns + c];
    }
}

SINTER_REF_INSTANTIATE(embedding_forward);
SINTER_REF_INSTANTIATE(embedding_backward);

}  // namespace sinter::kernels
