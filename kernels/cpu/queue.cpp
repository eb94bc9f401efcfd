#include "kernels/queue.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
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
    for (Block& block : scratch_) {
        if (block.memory) aligned_delete(block.memory);
    }
}

CpuQueue::CpuQueue(CpuQueue&& other) noexcept : pool_(std::move(other.pool_)) { std::swap(scratch_, other.scratch_); }

CpuQueue& CpuQueue::operator=(CpuQueue&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(scratch_, other.scratch_);
    return *this;
}

int CpuQueue::threads() const { return pool_->threads(); }

void* CpuQueue::allocate(std::size_t bytes) { return aligned_new(bytes); }
void CpuQueue::release(void* memory) noexcept { aligned_delete(memory); }

void CpuQueue::copy(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) std::memcpy(to, from, bytes);
}

Scratch::Scratch(CpuQueue& queue, std::size_t bytes) : queue_(queue) {
    if (queue.scratch_depth_ == CpuQueue::kMaxScratchDepth) throw std::logic_error("kernels nest too many scratches");
    CpuQueue::Block& block = queue.scratch_[queue.scratch_depth_];
    if (bytes > block.bytes) {
        void* larger = aligned_new(bytes);
        if (block.memory) aligned_delete(block.memory);
        block = {larger, bytes};
    }
    memory_ = block.memory;
    ++queue.scratch_depth_;
}

}  // namespace sinter::kernels
