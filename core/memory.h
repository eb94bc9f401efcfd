// A pool of device memory that is reused from step to step: after the first step nothing is asked of the system.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/ref.h"

namespace sinter {

class MemoryPool;

/// A block of device memory, shared by the tensors that view it, and handed back to its pool by the last of them.
class Storage final : public RefCounted, public Recycled {
public:
    void* data() const { return data_; }

private:
    friend class MemoryPool;
    Storage(Ref<MemoryPool> pool, std::size_t size_class, void* data);
    ~Storage() override;

    Ref<MemoryPool> pool_;
    std::size_t size_class_;
    void* data_;
};

/// Hands out blocks in rounded sizes (at most an eighth is wasted) and keeps what comes back for the next request of
/// the same rounded size. Lives as long as any of its blocks.
class MemoryPool final : public RefCounted {
public:
    using Allocate = std::function<void*(std::size_t)>;
    using Release = std::function<void(void*)>;

    MemoryPool(Allocate allocate, Release release);
    ~MemoryPool() override;

    /// A block of at least `bytes`, content unspecified.
    Ref<Storage> take(std::size_t bytes);

    /// Bytes obtained from the device so far, in use or kept for reuse.
    std::size_t bytes_reserved() const { return reserved_; }

private:
    friend class Storage;

    struct SizeClass {
        std::size_t bytes;
        std::size_t blocks;  ///< in existence, free or not
        std::vector<void*> free;
    };

    std::size_t class_for(std::size_t bytes);

    Allocate allocate_;
    Release release_;
    std::vector<SizeClass> classes_;
    std::size_t reserved_ = 0;
};

}  // namespace sinter
