// The CUDA queue: one device, one stream, memory in the order of the stream; and the check of what the runtime answers.
#include "kernels/queue.h"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/error.h"

namespace sinter::kernels {

void check_cuda(cudaError_t status, std::string_view action) {
    if (status == cudaSuccess) return;
    cudaGetLastError();  // an error that is told is not to be told again by the next call
    throw QueueError("[cuda] " + std::string(action) + ": " + cudaGetErrorString(status) + " (" +
                     cudaGetErrorName(status) + ")");
}

namespace {

cudaDeviceProp properties_of(int device) {
    cudaDeviceProp properties;
    check_cuda(cudaGetDeviceProperties(&properties, device), "asking for device " + std::to_string(device));
    return properties;
}

}  // namespace

int CudaQueue::devices(std::string* why_none) {
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status == cudaSuccess && count > 0) return count;
    cudaGetLastError();
    if (why_none && status == cudaErrorInsufficientDriver) {
        *why_none = "there is no NVIDIA driver, or one that is older than this program's CUDA";
    } else if (why_none) {
        *why_none = status == cudaSuccess ? "the driver sees no device" : cudaGetErrorString(status);
    }
    return 0;
}

std::string CudaQueue::device_name(int device) { return properties_of(device).name; }

CudaQueue::CudaQueue(int device) : device_(device) {
    check_cuda(cudaSetDevice(device), "choosing device " + std::to_string(device));
    const cudaDeviceProp properties = properties_of(device);
    compute_capability_ = 10 * properties.major + properties.minor;
    shared_limit_ = properties.sharedMemPerBlockOptin;
    check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream");
    // By default the pool hands its memory back to the system at every synchronisation.
    cudaMemPool_t pool = nullptr;
    check_cuda(cudaDeviceGetDefaultMemPool(&pool, device), "asking for the memory pool");
    std::uint64_t keep_all = UINT64_MAX;
    check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep_all), "setting up the memory pool");
    arrivals_ = static_cast<unsigned*>(allocate(kArrivals * sizeof(unsigned)));
    check_cuda(cudaMemsetAsync(arrivals_, 0, kArrivals * sizeof(unsigned), stream_), "clearing the arrivals");
}

CudaQueue::~CudaQueue() {
    if (!stream_) return;
    for (const Block& block : scratch_) release(block.memory);
    release(counters_.memory);
    for (void* memory : outgrown_) release(memory);
    release(arrivals_);
    cudaStreamSynchronize(stream_);
    cudaStreamDestroy(stream_);
}

CudaQueue::CudaQueue(CudaQueue&& other) noexcept
    : device_(other.device_),
      compute_capability_(other.compute_capability_),
      shared_limit_(other.shared_limit_),
      precision_(other.precision_),
      stream_(std::exchange(other.stream_, nullptr)),
      arrivals_(std::exchange(other.arrivals_, nullptr)),
      outgrown_(std::move(other.outgrown_)) {
    std::swap(scratch_, other.scratch_);
    std::swap(counters_, other.counters_);
}

CudaQueue& CudaQueue::operator=(CudaQueue&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(compute_capability_, other.compute_capability_);
    std::swap(shared_limit_, other.shared_limit_);
    std::swap(precision_, other.precision_);
    std::swap(stream_, other.stream_);
    std::swap(arrivals_, other.arrivals_);
    std::swap(scratch_, other.scratch_);
    std::swap(counters_, other.counters_);
    std::swap(outgrown_, other.outgrown_);
    return *this;
}

void* CudaQueue::allocate(std::size_t bytes) {
    void* memory = nullptr;
    if (bytes == 0) return memory;
    check_cuda(cudaMallocAsync(&memory, bytes, stream_), "allocating " + std::to_string(bytes) + " bytes");
    return memory;
}

void CudaQueue::release(void* memory) noexcept {
    if (memory) cudaFreeAsync(memory, stream_);
}

void CudaQueue::copy(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copying");
}

void CudaQueue::upload(void* to, const void* from_host, std::size_t bytes) {
    if (bytes == 0) return;
    // Pageable host memory, which is all that sinter has, is staged before the call returns.
    check_cuda(cudaMemcpyAsync(to, from_host, bytes, cudaMemcpyHostToDevice, stream_), "uploading");
}

void CudaQueue::download(void* to_host, const void* from, std::size_t bytes) {
    if (bytes == 0) return;
    check_cuda(cudaMemcpyAsync(to_host, from, bytes, cudaMemcpyDeviceToHost, stream_), "downloading");
    synchronise();
}

void CudaQueue::set_precision(Precision precision) {
    constexpr int kOldestWithBoth = 80;
    precision_ = compute_capability_ < kOldestWithBoth ? Precision::fp32 : precision;
}

void CudaQueue::synchronise() { check_cuda(cudaStreamSynchronize(stream_), "waiting for the device"); }

unsigned* CudaQueue::counters(std::size_t count) {
    const std::size_t bytes = count * sizeof(unsigned);
    if (bytes > counters_.bytes) {
        // As with scratch: the old block may belong to a recorded graph.
        const std::size_t larger = std::max(bytes, 2 * counters_.bytes);
        void* const memory = allocate(larger);
        check_cuda(cudaMemsetAsync(memory, 0, larger, stream_), "clearing counters");
        if (counters_.memory) outgrown_.push_back(counters_.memory);
        counters_ = {memory, larger};
    }
    return static_cast<unsigned*>(counters_.memory);
}

CudaScratch::CudaScratch(CudaQueue& queue, std::size_t bytes) : queue_(queue) {
    if (queue.scratch_depth_ == CudaQueue::kMaxScratchDepth) throw std::logic_error("kernels nest too many scratches");
    CudaQueue::Block& block = queue.scratch_[queue.scratch_depth_];
    if (bytes > block.bytes) {
        // A recorded graph may still write to the old block, so it is kept; doubling keeps those few and small.
        bytes = std::max(bytes, 2 * block.bytes);
        void* larger = queue.allocate(bytes);
        if (block.memory) queue.outgrown_.push_back(block.memory);
        block = {larger, bytes};
    }
    memory_ = block.memory;
    ++queue.scratch_depth_;
}

}  // namespace sinter::kernels
