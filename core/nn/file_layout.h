// How tensors lie in files that other programs read: in PyTorch's order, whatever their order in memory.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/shape.h"

namespace sinter {

/// An image as one axis of a tensor, such as the inputs of a Linear behind a Flatten: its values are in the order
/// [height, width, channels] in memory, [channels, height, width] in files. No image where a size is 0.
struct FlattenedImage {
    Index height = 0, width = 0, channels = 0;
    Index count() const { return height * width * channels; }
};

/// Axis i of the file is axis axes[i] of memory. By default the order in the file is that of memory: channels last,
/// inputs before outputs.
struct FileLayout {
    std::array<int, Shape::kMaxRank> axes{};
    int rank = 0;                                          ///< of memory; 0: all lies as in memory
    bool flat = false;                                     ///< whether the file has the elements as one vector
    std::array<FlattenedImage, Shape::kMaxRank> images{};  ///< by the axes of memory. What stands behind the image on
                                                           ///< its axis, such as a one-hot label, stays there.
};
inline constexpr FileLayout kPlainLayout{};
/// HWIO in memory, OIHW in the file. A transposed convolution keeps the HWIO of the convolution back, whose OIHW is
/// what PyTorch's ConvTranspose2d calls [in, out, height, width].
inline constexpr FileLayout kConvLayout{{3, 2, 0, 1}, 4};
/// [height, width, channels] in memory, [channels, height, width] in the file.
inline constexpr FileLayout kImageLayout{{2, 0, 1}, 3};
/// [height, width, in] in memory, a vector in the order [in, height, width] in the file.
inline constexpr FileLayout kConvWindowLayout{{2, 0, 1}, 3, true};

/// [in, out] in memory, [out, in] in the file.
constexpr FileLayout linear_layout(FlattenedImage inputs = {}, FlattenedImage outputs = {}) {
    return {{1, 0}, 2, false, {inputs, outputs}};
}
/// A vector of values that belong to an image, and a matrix whose rows are such vectors.
constexpr FileLayout vector_layout(FlattenedImage image) { return {{0}, 1, false, {image}}; }
constexpr FileLayout rows_layout(FlattenedImage image) { return {{0, 1}, 2, false, {{{}, image}}}; }

/// The sizes that a tensor has in a file.
std::vector<std::int64_t> file_shape(const Shape& shape, const FileLayout& layout);

/// The values of a tensor in the order of the file, from their order in memory, and back. For float and double.
template <class T>
std::vector<T> to_file_order(std::vector<T> memory, const Shape& shape, const FileLayout& layout);
template <class T>
std::vector<T> to_memory_order(std::vector<T> file, const Shape& shape, const FileLayout& layout);

}  // namespace sinter
