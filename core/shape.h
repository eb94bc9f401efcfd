// The sizes of a tensor.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace sinter {

using Index = std::int64_t;

/// Up to six sizes, outermost first; a scalar has rank 0 and one element. Lives on the stack: no step allocates for it.
class Shape {
public:
    static constexpr int kMaxRank = 6;

    Shape() = default;
    Shape(std::initializer_list<Index> sizes);

    int rank() const { return rank_; }
    /// The size of axis i; negative i counts from the end.
    Index operator[](int i) const { return sizes_[static_cast<std::size_t>(i < 0 ? rank_ + i : i)]; }
    Index& operator[](int i) { return sizes_[static_cast<std::size_t>(i < 0 ? rank_ + i : i)]; }
    /// This shape with one more, innermost, axis.
    Shape with(Index size) const;
    /// The number of elements.
    Index count() const;
    /// "128x28x28x1"; "scalar" for rank 0.
    std::string text() const;

    bool operator==(const Shape&) const = default;

private:
    std::array<Index, kMaxRank> sizes_{};
    int rank_ = 0;
};

}  // namespace sinter
