// Products of columns: dW = x^T dy of a dense layer.
#include "kernels/cuda/product/gemm_kernel.cuh"

namespace sinter::kernels {

template void tiled_products(CudaQueue&, const ProductGroup<Columns, Columns>&, const Epilogue<float>&,
                             const ColumnSums&);

}  // namespace sinter::kernels
