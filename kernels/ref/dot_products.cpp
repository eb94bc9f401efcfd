// Reference scalar products.
#include "kernels/dot_products.h"

#include "kernels/ref/instantiate.h"

namespace sinter::kernels {

template <class Real>
void dot_products(RefQueue<Real>&, double* products, const Real* a, const Real* b, const PairShape& shape) {
    const auto [rows, columns, depth] = shape;
    for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < columns; ++j) {
            double sum = 0;
            for (Index d = 0; d < depth; ++d) sum += static_cast<double>(a[i * depth + d]) * b[j * depth + d];
            products[i * columns + j] = sum;
        }
    }
}

SINTER_REF_INSTANTIATE(dot_products);

}  // namespace sinter::kernels
