// The input gradient of convolutions of thin images, which is also the last layer of a generator.
//
// Seen from a pixel of dx, the product has as many columns as the image has channels, one to three of a tile's 32. Seen
// from a pixel of dy it has a column for every tap and channel, 16 to 75. A block therefore takes a tile of dx and
// multiplies the part of dy that reaches it by all taps at once, on the main loop of the tiled product. The products
// stay in shared memory, where every pixel of dx then adds up those that are its own.
//
// Limiter: the multiply-adds in float32, 1.5 to 2.5 times as many as there must be, since neighbouring tiles share
// borders of dy and the taps fill 78 to 100 % of the columns; the second-level cache on the tensor cores.
#include "kernels/cuda/conv_thin.h"
#include "kernels/cuda/product/gemm_kernel.cuh"

namespace sinter::kernels {
namespace {

constexpr int kPixels = 128;  // of dy, a block

/// The blocks that a multiprocessor has registers for. Every further tap is a further sum in each thread.
constexpr int blocks_at_once(int taps) { return taps <= 32 ? 4 : taps <= 48 ? 3 : 2; }

/// A block's product: pixels of dy times taps, and one warp for every 32 pixels.
template <int taps>
using ThinTile = Tile<kPixels, taps, 32, taps, 2, blocks_at_once(taps)>;

/// How many coordinates of dy can reach one of `size` neighbouring coordinates of dx, along one axis.
constexpr Index reach(Index size, Index kernel, Index stride) { return (size + kernel - 2) / stride + 1; }

/// How images are cut into tiles of dx, and how much of dy reaches a tile.
struct ThinCut {
    Index rows = 0, columns = 0;  ///< of dx
    Index dy_columns = 0, dy_pixels = 0;
    Index row_tiles = 0, column_tiles = 0;  ///< of an image

    /// The cut into the fewest tiles, whose sizes are about equal. There is one: kMaxThinTaps are fewer than kPixels.
    explicit ThinCut(const ConvGeometry& g) {
        Index fewest = 0;
        for (Index bands = 1; bands <= g.height; ++bands) {
            const Index band = parts(g.height, bands), dy_rows = reach(band, g.kernel_height, g.stride);
            // From reach(columns) <= kPixels / dy_rows:
            const Index most_columns = kPixels / dy_rows * g.stride - g.kernel_width + 1;
            if (most_columns < 1) continue;
            const Index strips = parts(g.width, most_columns);
            if (fewest > 0 && bands * strips >= fewest) continue;
            fewest = bands * strips;
            rows = band;
            columns = parts(g.width, strips);
            dy_columns = reach(columns, g.kernel_width, g.stride);
            dy_pixels = dy_rows * dy_columns;
            row_tiles = parts(g.height, rows);
            column_tiles = strips;
        }
    }
};

/// What a block knows of the convolution.
struct ThinInputGradient {
    PatchGrid dy;                 ///< a patch is a pixel, which each block counts from its own first one
    Rows weights;                 ///< [taps in, out]
    int height, width, channels;  ///< of dx
    int kernel_height, kernel_width, stride, pad_top, pad_left;
    int rows, columns, dy_columns;  ///< of a tile of dx, and of what reaches it
    Divisor32 by_stride, by_channels, by_tile_row, by_column_tiles, by_row_tiles;

    ThinInputGradient(const float* dy_data, const float* w, const ConvGeometry& g, const ThinCut& cut)
        : weights(dense_rows(w, g.taps() * g.in_channels, g.out_channels)),
          height(small_size(g.height)),
          width(small_size(g.width)),
          channels(small_size(g.in_channels)),
          kernel_height(small_size(g.kernel_height)),
          kernel_width(small_size(g.kernel_width)),
          stride(small_size(g.stride)),
          pad_top(small_size(g.pad_top)),
          pad_left(small_size(g.pad_left)),
          rows(small_size(cut.rows)),
          columns(small_size(cut.columns)),
          dy_columns(small_size(cut.dy_columns)),
          by_stride(stride),
          by_channels(channels),
          by_tile_row(columns * channels),
          by_column_tiles(small_size(cut.column_tiles)),
          by_row_tiles(small_size(cut.row_tiles)) {
        dy.data = dy_data;
        dy.image_stride = g.out_height * g.out_width * g.out_channels;
        dy.patches = small_size(cut.dy_pixels);
        dy.depth = dy.channels = small_size(g.out_channels);
        dy.height = small_size(g.out_height);
        dy.width = small_size(g.out_width);
        dy.patches_of_image = Divisor32(dy.patches);
        dy.patches_of_row = Divisor32(dy_columns);
        dy.depth_of_tap = Divisor32(dy.depth);
        dy.taps_of_row = Divisor32(1);
        dy.in_fours = copies_in_fours(dy_data, g.out_channels);
    }

    /// The first coordinate of dy that reaches coordinate p of dx, or later ones: the least i with
    /// p + pad - i stride < kernel. It may lie before the image.
    __device__ __forceinline__ int first_reached(int p, int pad, int kernel) const {
        return by_stride.quotient(p + pad + stride + (stride - 1) * kernel) - kernel;
    }
};

template <class Tile, class Multiplier>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kBlocksAtOnce)
    thin_input_gradient_kernel(float* dx, const __grid_constant__ ThinInputGradient conv,
                               const Epilogue<float> epilogue) {
    const int block = static_cast<int>(blockIdx.x);
    const int band = conv.by_column_tiles.quotient(block), strip = conv.by_column_tiles.remainder(block, band);
    const int image = conv.by_row_tiles.quotient(band);
    const int first_row = conv.by_row_tiles.remainder(band, image) * conv.rows, first_column = strip * conv.columns;

    Product<Rows, Rows> product{{conv.dy}, conv.weights, {}, 0, 0, 0};
    const int dy_row = conv.first_reached(first_row, conv.pad_top, conv.kernel_height);
    const int dy_column = conv.first_reached(first_column, conv.pad_left, conv.kernel_width);
    product.a.grid.data += image * conv.dy.image_stride;
    product.a.grid.first_y = dy_row;
    product.a.grid.first_x = dy_column;
    auto* const shared = dynamic_shared<float>();
    Sums<Tile> sums = {};
    sum_stages<Tile, Multiplier>(sums, shared, product, 0, 0, 0, (conv.dy.depth + kDepth - 1) / kDepth);

    constexpr int kRowStride = Tile::kColumns + Multiplier::kRowPadding;
    static_assert(Tile::kRows * kRowStride <= Tile::kStages * Tile::kStageFloats, "they go where the stages were");
    Multiplier::store(sums, shared, kRowStride);
    __syncthreads();

    const int row_step = conv.dy_columns * kRowStride - conv.stride * conv.kernel_width * conv.channels;
    const int column_step = kRowStride - conv.stride * conv.channels;
    for (int i = static_cast<int>(threadIdx.x); i < conv.rows * conv.columns * conv.channels; i += Tile::kThreads) {
        const int row = conv.by_tile_row.quotient(i), within = conv.by_tile_row.remainder(i, row);
        const int column = conv.by_channels.quotient(within), channel = conv.by_channels.remainder(within, column);
        const int p = first_row + row, q = first_column + column;
        if (p >= conv.height || q >= conv.width) continue;
        // Pixel p meets tap a of dy's row y where y stride + a = p + pad: as a grows by the stride, y falls by one.
        const int y = conv.by_stride.quotient(p + conv.pad_top),
                  first_a = conv.by_stride.remainder(p + conv.pad_top, y);
        const int x = conv.by_stride.quotient(q + conv.pad_left);
        const int first_b = conv.by_stride.remainder(q + conv.pad_left, x);
        const float* of_row = shared + ((y - dy_row) * conv.dy_columns + x - dy_column) * kRowStride +
                              (first_a * conv.kernel_width + first_b) * conv.channels + channel;
        float sum = 0;
        for (int a = first_a; a < conv.kernel_height; a += conv.stride, of_row -= row_step) {
            const float* term = of_row;
            for (int b = first_b; b < conv.kernel_width; b += conv.stride, term -= column_step) sum += *term;
        }
        float* const to =
            dx + (static_cast<long long>(image * conv.height + p) * conv.width + q) * conv.channels + channel;
        if (epilogue.accumulate) sum += *to;
        if (epilogue.bias) sum += epilogue.bias[channel];
        *to = activate(epilogue.activation, sum);
    }
}

}  // namespace

void thin_input_gradient(CudaQueue& queue, Real* dx, const Real* dy, const Real* w, const ConvGeometry& g,
                         const Epilogue<Real>& epilogue) {
    const Index taps = g.taps() * g.in_channels;
    const ThinCut cut(g);
    const ThinInputGradient conv(dy, w, g, cut);
    const auto blocks = static_cast<unsigned>(small_size(g.batch * cut.row_tiles * cut.column_tiles));
    const auto with_tile = [&]<class Tile>(Tile) {
        with_multiplier<Tile>(queue.precision(), [&]<class Multiplier>(Multiplier) {
            launch<thin_input_gradient_kernel<Tile, Multiplier>>(queue, blocks, Tile::kThreads, kSharedBytes<Tile>, dx,
                                                                 conv, epilogue);
        });
    };
    if (taps <= 32) {
        with_tile(ThinTile<32>{});
    } else if (taps <= 48) {
        with_tile(ThinTile<48>{});
    } else {
        with_tile(ThinTile<int{kMaxThinTaps}>{});
    }
}

}  // namespace sinter::kernels
