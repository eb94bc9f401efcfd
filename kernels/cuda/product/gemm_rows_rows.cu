// Products of rows along the depth: dx = dy W^T of a dense layer, and the input gradient of a convolution.
#include "kernels/cuda/product/gemm_kernel.cuh"

namespace sinter::kernels {

template void tiled_products(CudaQueue&, const ProductGroup<Rows, Rows>&, const Epilogue<float>&, const ColumnSums&);

}  // namespace sinter::kernels
