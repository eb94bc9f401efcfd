#include "core/nn/file_layout.h"

#include <cstddef>

namespace sinter {
namespace {

/// Where in memory the values of one axis begin, in the order of the file: `stride` elements lie between neighbours.
std::vector<Index> places_along(Index size, Index stride, const FlattenedImage& image) {
    std::vector<Index> places;
    places.reserve(static_cast<std::size_t>(size));
    const Index pixels = image.height * image.width;
    for (Index channel = 0; channel < image.channels; ++channel) {
        for (Index pixel = 0; pixel < pixels; ++pixel) places.push_back((pixel * image.channels + channel) * stride);
    }
    for (Index behind = image.count(); behind < size; ++behind) places.push_back(behind * stride);
    return places;
}

/// Calls visit(place in the file, place in memory) for every element of a tensor with a layout of its own.
template <class Visit>
void for_each_place(const Shape& shape, const FileLayout& layout, Visit visit) {
    const auto rank = static_cast<std::size_t>(layout.rank);
    std::array<std::vector<Index>, Shape::kMaxRank> places;  // by the axes of the file
    for (std::size_t i = 0; i < rank; ++i) {
        const int axis = layout.axes[i];
        Index stride = 1;
        for (int inner = axis + 1; inner < layout.rank; ++inner) stride *= shape[inner];
        places[i] = places_along(shape[axis], stride, layout.images[static_cast<std::size_t>(axis)]);
    }
    std::array<std::size_t, Shape::kMaxRank> at{};
    const auto count = static_cast<std::size_t>(shape.count());
    for (std::size_t place = 0; place < count; ++place) {
        Index memory = 0;
        for (std::size_t i = 0; i < rank; ++i) memory += places[i][at[i]];
        visit(place, static_cast<std::size_t>(memory));
        for (std::size_t i = rank; i-- > 0 && ++at[i] == places[i].size();) at[i] = 0;
    }
}

}  // namespace

std::vector<std::int64_t> file_shape(const Shape& shape, const FileLayout& layout) {
    if (layout.flat) return {shape.count()};
    std::vector<std::int64_t> sizes;
    for (int i = 0; i < shape.rank(); ++i)
        sizes.push_back(shape[layout.rank ? layout.axes[static_cast<std::size_t>(i)] : i]);
    return sizes;
}

template <class T>
std::vector<T> to_file_order(std::vector<T> memory, const Shape& shape, const FileLayout& layout) {
    if (layout.rank == 0) return memory;
    std::vector<T> file(memory.size());
    for_each_place(shape, layout, [&](std::size_t in_file, std::size_t at) { file[in_file] = memory[at]; });
    return file;
}

template <class T>
std::vector<T> to_memory_order(std::vector<T> file, const Shape& shape, const FileLayout& layout) {
    if (layout.rank == 0) return file;
    std::vector<T> memory(file.size());
    for_each_place(shape, layout, [&](std::size_t in_file, std::size_t at) { memory[at] = file[in_file]; });
    return memory;
}

template std::vector<float> to_file_order(std::vector<float>, const Shape&, const FileLayout&);
template std::vector<double> to_file_order(std::vector<double>, const Shape&, const FileLayout&);
template std::vector<float> to_memory_order(std::vector<float>, const Shape&, const FileLayout&);
template std::vector<double> to_memory_order(std::vector<double>, const Shape&, const FileLayout&);

}  // namespace sinter
