#include "core/memory.h"

#include <algorithm>
#include <bit>

namespace sinter {
namespace {

constexpr std::size_t kMinBytes = 256;

// Eight classes for every doubling.
std::size_t round_up(std::size_t bytes) {
    if (bytes <= kMinBytes) return kMinBytes;
    const std::size_t step = std::bit_floor(bytes - 1) / 8;
    return (bytes + step - 1) / step * step;
}

}  // namespace

Storage::Storage(Ref<MemoryPool> pool, std::size_t size_class, void* data)
    : pool_(std::move(pool)), size_class_(size_class), data_(data) {}

Storage::~Storage() { pool_->classes_[size_class_].free.push_back(data_); }

MemoryPool::MemoryPool(Allocate allocate, Release release)
    : allocate_(std::move(allocate)), release_(std::move(release)) {}

MemoryPool::~MemoryPool() {
    for (SizeClass& size_class : classes_) {
        for (void* data : size_class.free) release_(data);
    }
}

std::size_t MemoryPool::class_for(std::size_t bytes) {
    for (std::size_t i = 0; i < classes_.size(); ++i) {
        if (classes_[i].bytes == bytes) return i;
    }
    classes_.push_back({bytes, 0, {}});
    return classes_.size() - 1;
}

Ref<Storage> MemoryPool::take(std::size_t bytes) {
    const std::size_t index = class_for(round_up(bytes));
    SizeClass& size_class = classes_[index];
    void* data = nullptr;
    if (size_class.free.empty()) {
        size_class.free.reserve(size_class.blocks + 1);  // so that giving back never allocates
        data = allocate_(size_class.bytes);
        ++size_class.blocks;
        reserved_ += size_class.bytes;
    } else {
        data = size_class.free.back();
        size_class.free.pop_back();
    }
    return Ref<Storage>(new Storage(Ref<MemoryPool>(this), index, data));
}

}  // namespace sinter
