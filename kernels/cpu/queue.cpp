#include "kernels/queue.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "kernels/cpu/thread_pool.h"

namespace sinter::kernels {
namespace {

constexpr std::size_t kAlignment = 128;

void* aligned_new(std::size_t bytes) { return ::operator new (bytes, std::align_val_t{kAlignment}); }
void aligned_delete(void* memory) { ::operator delete (memory, std::align_val_t{kAlignment}); }

}  // namespace

CpuQueue::CpuQueue(int threads) : pool_(std::make_unique<ThreadPool>(threads)) {}

CpuQueue::~CpuQueue() {
    if (scratch_) aligned_delete(scratch_);
}

CpuQueue::CpuQueue(CpuQueue&& other) noexcept
    : pool_(std::move(other.pool_)),
      scratch_(std::exchange(other.scratch_, nullptr)),
      scratch_bytes_(std::exchange(other.scratch_bytes_, 0)) {}

CpuQueue& CpuQueue::operator=(CpuQueue&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(scratch_, other.scratch_);
    std::swap(scratch_bytes_, other.scratch_bytes_);
    return *this;
}

int CpuQueue::threads() const { return pool_->threads(); }

void* CpuQueue::allocate(std::size_t bytes) { return aligned_new(bytes); }
void CpuQueue::release(void* memory) noexcept { aligned_delete(memory); }

void CpuQueue::copy(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
}

void* CpuQueue::scratch(std::size_t bytes) {
    if (bytes > scratch_bytes_) {
        void* larger = aligned_new(bytes);
        if (scratch_) aligned_delete(scratch_);
        scratch_ = larger;
        scratch_bytes_ = bytes;
    }
    return scratch_;
}

}  // namespace sinter::kernels
