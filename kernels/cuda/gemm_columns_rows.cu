// Products whose operands are both transposed, which only second derivatives ask for.
#include "kernels/cuda/gemm_kernel.cuh"

namespace sinter::kernels {

template void tiled_products(CudaQueue&, const ProductGroup<Columns, PatchRows>&, const Epilogue<float>&,
                             const ColumnSums&);

}  // namespace sinter::kernels
