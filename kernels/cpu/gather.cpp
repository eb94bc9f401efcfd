// Moving rows on the CPU: batches gathered from bytes, blocks of columns, transposition.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/gather.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "kernels/cpu/toolbox/parallel.h"
#include "kernels/cpu/toolbox/simd-inl.h"
#include "kernels/gather.h"
#include "kernels/philox.h"

HWY_BEFORE_NAMESPACE();
namespace sinter::kernels::HWY_NAMESPACE {
namespace {

using ByteTag = hn::Rebind<std::uint8_t, FloatTag>;
using IntTag = hn::Rebind<std::int32_t, FloatTag>;

HWY_ATTR HWY_INLINE FloatVector load_bytes(const std::uint8_t* from) {
    return hn::ConvertTo(kFloats, hn::PromoteTo(IntTag(), hn::LoadU(ByteTag(), from)));
}

// y[i] = scale * bytes[i] + offset
HWY_ATTR void scale_bytes(float* y, const std::uint8_t* bytes, Index count, float scale, float offset) {
    const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
    const FloatVector a = constant(scale), b = constant(offset);
    Index i = 0;
    for (; i + lanes <= count; i += lanes) hn::StoreU(hn::MulAdd(a, load_bytes(bytes + i), b), kFloats, y + i);
    if (i < count) {
        const std::size_t rest = static_cast<std::size_t>(count - i);
        std::uint8_t buffer[HWY_MAX_BYTES / sizeof(float)] = {};
        std::memcpy(buffer, bytes + i, rest);
        PartialVector{rest}.store(hn::MulAdd(a, load_bytes(buffer), b), y + i);
    }
}

HWY_ATTR void add_to_row(float* to, const float* from, Index count) {
    for_vectors(0, count, [&](auto access, Index i) HWY_ATTR {
        access.store(hn::Add(access.load(to + i), access.load(from + i)), to + i);
    });
}

// y = the pixels of x in reverse order
HWY_ATTR void mirror_row(float* y, const float* x, Index width, Index channels) {
    Index q = 0;
    if (channels == 1) {
        const Index lanes = static_cast<Index>(hn::Lanes(kFloats));
        for (; q + lanes <= width; q += lanes)
            hn::StoreU(hn::Reverse(kFloats, hn::LoadU(kFloats, x + width - q - lanes)), kFloats, y + q);
    }
    for (; q < width; ++q) std::copy_n(x + (width - 1 - q) * channels, channels, y + q * channels);
}

// Transposes 4 x 4 elements, row by row in x, column by column in y.
HWY_ATTR HWY_INLINE void transpose_4x4(float* y, Index y_stride, const float* x, Index x_stride) {
#if HWY_TARGET == HWY_SCALAR
    for (Index r = 0; r < 4; ++r)
        for (Index c = 0; c < 4; ++c) y[c * y_stride + r] = x[r * x_stride + c];
#else
    const hn::CappedTag<float, 4> d;
    const auto x0 = hn::LoadU(d, x), x1 = hn::LoadU(d, x + x_stride);
    const auto x2 = hn::LoadU(d, x + 2 * x_stride), x3 = hn::LoadU(d, x + 3 * x_stride);
    const auto low02 = hn::InterleaveLower(d, x0, x2), high02 = hn::InterleaveUpper(d, x0, x2);
    const auto low13 = hn::InterleaveLower(d, x1, x3), high13 = hn::InterleaveUpper(d, x1, x3);
    hn::StoreU(hn::InterleaveLower(d, low02, low13), d, y);
    hn::StoreU(hn::InterleaveUpper(d, low02, low13), d, y + y_stride);
    hn::StoreU(hn::InterleaveLower(d, high02, high13), d, y + 2 * y_stride);
    hn::StoreU(hn::InterleaveUpper(d, high02, high13), d, y + 3 * y_stride);
#endif
}

// The part of x in rows [row_begin, row_end), columns [column_begin, column_end).
HWY_ATTR void transpose_tile(float* y, const float* x, MatrixShape shape, Index row_begin, Index row_end,
                             Index column_begin, Index column_end) {
    const auto transpose_one = [&](Index r, Index c) { y[c * shape.rows + r] = x[r * shape.columns + c]; };
    Index r = row_begin;
    for (; r + 4 <= row_end; r += 4) {
        Index c = column_begin;
        for (; c + 4 <= column_end; c += 4)
            transpose_4x4(y + c * shape.rows + r, shape.rows, x + r * shape.columns + c, shape.columns);
        for (; c < column_end; ++c)
            for (Index i = r; i < r + 4; ++i) transpose_one(i, c);
    }
    for (; r < row_end; ++r)
        for (Index c = column_begin; c < column_end; ++c) transpose_one(r, c);
}

}  // namespace
}  // namespace sinter::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::kernels {

HWY_EXPORT(scale_bytes);
HWY_EXPORT(add_to_row);
HWY_EXPORT(mirror_row);
HWY_EXPORT(transpose_tile);

namespace {

void prefetch(const std::uint8_t* from, Index bytes) {
    constexpr Index kCacheLine = 64;
    for (Index i = 0; i < bytes; i += kCacheLine) hwy::Prefetch(from + i);
}

}  // namespace

void gather_images(CpuQueue& queue, Real* y, const std::uint8_t* images, const std::int32_t* order,
                   const std::int64_t* position, MatrixShape batch, double scale, double offset) {
    if (batch.count() == 0) return;
    const auto scale_row = HWY_DYNAMIC_DISPATCH(scale_bytes);
    const std::int32_t* const picked = order + *position;
    parallel_for(queue, batch.rows, std::max<Index>(1, kElementsPerTask / batch.columns), [&](Index begin, Index end) {
        for (Index b = begin; b < end; ++b) {
            // The rows lie all over the data set: ask for the next one while this one is converted.
            if (b + 1 < end) prefetch(images + picked[b + 1] * batch.columns, batch.columns);
            scale_row(y + b * batch.columns, images + picked[b] * batch.columns, batch.columns,
                      static_cast<float>(scale), static_cast<float>(offset));
        }
    });
}

void gather_labels(CpuQueue&, std::int32_t* y, const std::uint8_t* labels, const std::int32_t* order,
                   const std::int64_t* position, Index batch) {
    for (Index b = 0; b < batch; ++b) y[b] = labels[order[*position + b]];
}

void flip_horizontal(CpuQueue& queue, Real* y, const Real* x, const ImageShape& shape, const RandomAddress& address) {
    const Index row_size = shape.width * shape.channels, image_size = shape.height * row_size;
    if (image_size == 0) return;
    const RandomStream stream = read_stream(address);
    const auto mirror = HWY_DYNAMIC_DISPATCH(mirror_row);
    parallel_for(queue, shape.batch, std::max<Index>(1, kElementsPerTask / image_size), [&](Index begin, Index end) {
        for (Index n = begin; n < end; ++n) {
            const Real* const from = x + n * image_size;
            Real* const to = y + n * image_size;
            const std::uint32_t word = stream.block(static_cast<std::uint32_t>(n / 4)).word[n % 4];
            if (uniform_from<Real>(word) < 0.5f) {
                for (Index i = 0; i < image_size; i += row_size) mirror(to + i, from + i, shape.width, shape.channels);
            } else {
                std::copy_n(from, image_size, to);
            }
        }
    });
}

void shift_images(CpuQueue& queue, Real* y, const Real* x, const ImageShape& shape, Index most, double outside,
                  const RandomAddress& address) {
    const Index row_size = shape.width * shape.channels, image_size = shape.height * row_size;
    if (image_size == 0) return;
    const RandomStream stream = read_stream(address);
    const Real fill = static_cast<Real>(outside);
    parallel_for(queue, shape.batch, std::max<Index>(1, kElementsPerTask / image_size), [&](Index begin, Index end) {
        for (Index n = begin; n < end; ++n) {
            const Shift shift = random_shift(stream, n, most);
            // Of a row, the part that is kept lies between what came in on the left and on the right.
            const Index right = std::clamp(shift.right, -shape.width, shape.width) * shape.channels;
            const Index before = std::max<Index>(right, 0), kept = row_size - std::abs(right);
            for (Index r = 0; r < shape.height; ++r) {
                Real* const to = y + n * image_size + r * row_size;
                const Index from_row = r - shift.down;
                if (from_row < 0 || from_row >= shape.height) {
                    std::fill_n(to, row_size, fill);
                    continue;
                }
                std::fill_n(to, before, fill);
                std::copy_n(x + n * image_size + from_row * row_size + before - right, kept, to + before);
                std::fill_n(to + before + kept, row_size - before - kept, fill);
            }
        }
    });
}

void copy_block(CpuQueue& queue, Real* to, const Real* from, MatrixShape shape, Index to_stride, Index from_stride,
                bool accumulate) {
    if (shape.count() == 0) return;
    const auto add = HWY_DYNAMIC_DISPATCH(add_to_row);
    const auto copy_row = [&](Real* to_row, const Real* from_row, Index count) {
        if (accumulate)
            add(to_row, from_row, count);
        else
            std::memcpy(to_row, from_row, static_cast<std::size_t>(count) * sizeof(Real));
    };
    // Rows that follow each other without gaps, or a single row, are one array.
    if (shape.rows == 1 || (to_stride == shape.columns && from_stride == shape.columns)) {
        parallel_for(queue, shape.count(), kElementsPerTask,
                     [&](Index begin, Index end) { copy_row(to + begin, from + begin, end - begin); });
        return;
    }
    parallel_for(queue, shape.rows, std::max<Index>(1, kElementsPerTask / shape.columns), [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) copy_row(to + r * to_stride, from + r * from_stride, shape.columns);
    });
}

void transpose(CpuQueue& queue, Real* y, const Real* x, MatrixShape shape) {
    // A tile reads whole cache lines of x (16 columns) and writes 16 rows of y, each from left to right.
    constexpr Index kTileRows = 512, kTileColumns = 16;
    const auto tile = HWY_DYNAMIC_DISPATCH(transpose_tile);
    const Index row_tiles = task_count(shape.rows, kTileRows);
    const Index column_tiles = task_count(shape.columns, kTileColumns);
    queue.pool().run(row_tiles * column_tiles, [&](std::int64_t task, int) {
        const Index r = task / column_tiles * kTileRows;
        const Index c = task % column_tiles * kTileColumns;
        tile(y, x, shape, r, std::min(shape.rows, r + kTileRows), c, std::min(shape.columns, c + kTileColumns));
    });
}

}  // namespace sinter::kernels
#endif
