// Products of rows along the depth and columns: y = x W of a dense layer, and convolution forward.
#include "kernels/cuda/product/gemm_kernel.cuh"

namespace sinter::kernels {

template void tiled_products(CudaQueue&, const ProductGroup<Rows, Columns>&, const Epilogue<float>&, const ColumnSums&);

}  // namespace sinter::kernels
