#include "core/shape.h"

#include "core/check.h"

namespace sinter {

Shape::Shape(std::initializer_list<Index> sizes) {
    require(sizes.size() <= kMaxRank, "[shape] at most {} axes are supported, got {}", kMaxRank, sizes.size());
    for (Index size : sizes) {
        require(size >= 0, "[shape] sizes cannot be negative, got {}", size);
        sizes_[static_cast<std::size_t>(rank_++)] = size;
    }
}

Shape Shape::with(Index size) const {
    require(rank_ < kMaxRank, "[shape] at most {} axes are supported", kMaxRank);
    require(size >= 0, "[shape] sizes cannot be negative, got {}", size);
    Shape longer = *this;
    longer.sizes_[static_cast<std::size_t>(longer.rank_++)] = size;
    return longer;
}

Index Shape::count() const {
    Index count = 1;
    for (int i = 0; i < rank_; ++i) count *= (*this)[i];
    return count;
}

std::string Shape::text() const {
    if (rank_ == 0) return "scalar";
    std::string text;
    for (int i = 0; i < rank_; ++i) text += (i ? "x" : "") + std::to_string((*this)[i]);
    return text;
}

}  // namespace sinter
