// Products whose operands are both transposed, which only second derivatives ask for.
#include "kernels/cuda/product/gemm_kernel.cuh"

namespace sinter::kernels {

template void tiled_products(CudaQueue&, const ProductGroup<Columns, Rows>&, const Epilogue<float>&, const ColumnSums&);

}  // namespace sinter::kernels
