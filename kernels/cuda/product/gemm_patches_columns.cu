// Products of the elements of patches and columns: the weight gradient of a convolution.
#include "kernels/cuda/product/gemm_kernel.cuh"

namespace sinter::kernels {

template void tiled_products(CudaQueue&, const ProductGroup<PatchColumns, Columns>&, const Epilogue<float>&,
                             const ColumnSums&);

}  // namespace sinter::kernels
