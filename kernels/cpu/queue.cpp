#include "kernels/runtime/queue.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "kernels/runtime/thread_pool.h"

namespace sinter::kernels {
namespace {

constexpr std::size_t kAlignment = 128;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

void* allocate_aligned(std::size_t bytes, std::size_t alignment) {
    void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!memory) throw std::bad_alloc();
    return memory;
}

void* aligned_new(std::size_t bytes) {
    if (bytes < kHugePage / 2) return allocate_aligned(bytes, kAlignment);
    // Parameter arenas and data sets are read all over in every step: fewer, larger pages spare the address
    // translation.
    bytes = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    void* memory = allocate_aligned(bytes, kHugePage);
#ifdef MADV_HUGEPAGE
    madvise(memory, bytes, MADV_HUGEPAGE);  // only advice: without it everything works the same
#endif
    return memory;
}

void aligned_delete(void* memory) { std::free(memory); }

}  // namespace

CpuQueue::CpuQueue(int threads) : pool_(std::make_unique<ThreadPool>(threads)) {}

CpuQueue::~CpuQueue() {
    for (Block& block : scratch_) {
        if (block.memory) aligned_delete(block.memory);
    }
}

CpuQueue::CpuQueue(CpuQueue&& other) noexcept
    : pool_(std::move(other.pool_)), convolution_method_(other.convolution_method_) {
    std::swap(scratch_, other.scratch_);
}

CpuQueue& CpuQueue::operator=(CpuQueue&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(convolution_method_, other.convolution_method_);
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
