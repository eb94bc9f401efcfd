// Reference-counted pointers and recycled objects for the handles of the tape. Not for sharing between threads: a graph
// belongs to the thread that builds it.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace sinter {

/// Base of objects held by Ref.
class RefCounted {
public:
    RefCounted() = default;
    RefCounted(const RefCounted&) = delete;
    RefCounted& operator=(const RefCounted&) = delete;

protected:
    virtual ~RefCounted() = default;

private:
    template <class T>
    friend class Ref;

    /// Called when the last reference goes.
    virtual void expire() { delete this; }

    int references_ = 0;
};

/// A shared pointer whose count lives in the object.
template <class T>
class Ref {
public:
    Ref() = default;
    explicit Ref(T* object) : object_(object) { retain(); }
    Ref(const Ref& other) : object_(other.object_) { retain(); }
    Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Ref() { release(); }

    T* get() const { return object_; }
    T* operator->() const { return object_; }
    T& operator*() const { return *object_; }
    explicit operator bool() const { return object_ != nullptr; }
    bool operator==(const Ref& other) const { return object_ == other.object_; }

private:
    void retain() {
        if (object_) ++static_cast<RefCounted*>(object_)->references_;
    }
    void release() {
        if (object_ && --static_cast<RefCounted*>(object_)->references_ == 0)
            static_cast<RefCounted*>(object_)->expire();
    }

    T* object_ = nullptr;
};

/// Gives a class operator new and delete that keep freed objects for the next one of like size, so that a training step
/// builds and drops its graph without touching the heap.
class Recycled {
public:
    static void* operator new(std::size_t bytes) {
        FreeList& list = lists()[slot(bytes)];
        if (bytes > kMaxBytes || list.first == nullptr) return ::operator new(slot_bytes(bytes));
        return std::exchange(list.first, list.first->next);
    }
    static void operator delete(void* memory, std::size_t bytes) {
        if (bytes > kMaxBytes) return ::operator delete(memory);
        FreeList& list = lists()[slot(bytes)];
        list.first = new (memory) Free{list.first};
    }

private:
    struct Free {
        Free* next;
    };
    struct FreeList {
        Free* first = nullptr;
        ~FreeList() {
            while (first != nullptr) ::operator delete(std::exchange(first, first->next));
        }
    };
    static constexpr std::size_t kStep = 64, kMaxBytes = 2048;
    static std::size_t slot(std::size_t bytes) { return bytes > kMaxBytes ? 0 : (bytes + kStep - 1) / kStep; }
    static std::size_t slot_bytes(std::size_t bytes) { return bytes > kMaxBytes ? bytes : slot(bytes) * kStep; }
    static std::array<FreeList, kMaxBytes / kStep + 1>& lists() {
        // Never destroyed: tensors with static lifetime may be released after this thread's other thread_locals.
        static thread_local auto* lists = new std::array<FreeList, kMaxBytes / kStep + 1>();
        return *lists;
    }
};

}  // namespace sinter
