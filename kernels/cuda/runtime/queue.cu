// The CUDA queue: one device, one stream, memory in the order of the stream; and the check of the runtime's answers.
#include <string>
#include <utility>

#include "kernels/cuda/runtime/error.h"
#include "kernels/cuda/runtime/queue_state.h"

namespace sinter::kernels {

void check_cuda(cudaError_t status, std::string_view action) {
    if (status == cudaSuccess) return;
    cudaGetLastError();  // the next call must not report this error again
    throw QueueError("[cuda] " + std::string(action) + ": " + cudaGetErrorString(status) + " (" +
                     cudaGetErrorName(status) + ")");
}

namespace {

cudaDeviceProp properties_of(int device) {
    cudaDeviceProp properties;
    check_cuda(cudaGetDeviceProperties(&properties, device), "asking for device " + std::to_string(device));
    return properties;
}

/// Makes a device the current one of the calling thread, and returns the one before; -1 for none.
int choose_device(int device) {
    static thread_local int current = -1;
    if (current == device) return device;
    check_cuda(cudaSetDevice(device), "choosing device " + std::to_string(device));
    return std::exchange(current, device);
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

bool CudaQueue::emulated() {
#ifdef SINTER_CUDA_EMULATED
    return true;
#else
    return false;
#endif
}

std::string CudaQueue::device_name(int device) { return properties_of(device).name; }

CudaQueue::CudaQueue(int device) {
    choose_device(device);
    state_ = std::make_unique<State>();  // its pinned memory belongs to the current device
    const cudaDeviceProp properties = properties_of(device);
    state_->device = device;
    state_->compute_capability = 10 * properties.major + properties.minor;
    state_->shared_limit = properties.sharedMemPerBlockOptin;
    check_cuda(cudaStreamCreateWithFlags(&state_->stream, cudaStreamNonBlocking), "creating a stream");
    // By default the pool hands its memory back to the system at every synchronisation.
    cudaMemPool_t pool = nullptr;
    check_cuda(cudaDeviceGetDefaultMemPool(&pool, device), "asking for the memory pool");
    std::uint64_t keep_all = UINT64_MAX;
    check_cuda(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep_all), "setting up the memory pool");
}

CudaQueue::~CudaQueue() {
    if (!state_ || !state_->stream) return;
    state_->vendor.reset();
    for (const State::Block& block : state_->scratch) release(block.memory);
    release(state_->counters.memory);
    for (void* memory : state_->kept) release(memory);
    // Nobody is left to be told of an error; a failure of the device has been told by the last wait.
    cudaStreamSynchronize(state_->stream);
    cudaStreamDestroy(state_->stream);
    cudaGetLastError();
}

CudaQueue::CudaQueue(CudaQueue&&) noexcept = default;

CudaQueue& CudaQueue::operator=(CudaQueue&& other) noexcept {
    std::swap(state_, other.state_);  // what this one had goes with `other`
    return *this;
}

int CudaQueue::device() const { return state_->device; }
int CudaQueue::compute_capability() const { return state_->compute_capability; }

CUstream_st* CudaQueue::stream() {
    if (state_->untold != cudaSuccess) check_cuda(std::exchange(state_->untold, cudaSuccess), "releasing memory");
    if (!state_->words.empty()) {
        const int before = choose_device(state_->device);  // memory may be released while another one is current
        state_->words.launch(*this);
        if (before >= 0) choose_device(before);
    }
    return state_->stream;
}

Precision CudaQueue::precision() const { return state_->precision; }
Engine CudaQueue::engine() const { return state_->engine; }
bool CudaQueue::recording() const { return state_->recording; }

VendorKernels* CudaQueue::vendor() {
    if (state_->engine != Engine::vendor) return nullptr;
    stream();  // which they have been given once, and put work on
    return state_->vendor.get();
}

std::size_t CudaQueue::shared_limit() const { return state_->shared_limit; }

void CudaQueue::make_current() { choose_device(state_->device); }

void CudaQueue::allow_shared(const void* kernel, std::string_view name, std::size_t bytes) {
    std::size_t& allowed = state_->allowed_shared[kernel];
    if (bytes <= allowed) return;
    const auto set = [&](cudaFuncAttribute attribute, int value) {
        check_cuda(cudaFuncSetAttribute(kernel, attribute, value), "launching " + std::string(name));
    };
    set(cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
    set(cudaFuncAttributePreferredSharedMemoryCarveout, 100);
    allowed = bytes;
}

void* CudaQueue::allocate(std::size_t bytes) {
    void* memory = nullptr;
    if (bytes == 0) return memory;
    state_->refuse_while_recording("memory was allocated");
    check_cuda(cudaMallocAsync(&memory, bytes, stream()), "allocating " + std::to_string(bytes) + " bytes");
    return memory;
}

void CudaQueue::release(void* memory) noexcept {
    if (!memory) return;
    if (state_->recording) {  // by calls that may use it, or before such ones: every replay would free it
        state_->kept.push_back(memory);
        return;
    }
    cudaStream_t stream = state_->stream;
    try {
        stream = this->stream();
    } catch (const QueueError&) {
        // Words still wait to be written: whoever uses the queue next is told why.
    }
    if (const cudaError_t status = cudaFreeAsync(memory, stream); status != cudaSuccess) state_->untold = status;
}

void CudaQueue::copy(void* to, const void* from, std::size_t bytes) {
    if (bytes > 0) check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream()), "copying");
}

void CudaQueue::upload(void* to, const void* from_host, std::size_t bytes) {
    if (bytes == 0) return;
    state_->refuse_while_recording("the host's numbers were uploaded");
    if (WordWrites::fits(to, bytes)) {
        if (!may_be_written(to, bytes)) {
            throw QueueError("[cuda] uploading: " + std::to_string(bytes) +
                             " bytes to memory that is not the device's");
        }
        if (!state_->words.note(to, from_host, bytes)) {
            state_->words.launch(*this);
            state_->words.note(to, from_host, bytes);
        }
        return;
    }
    // Uploads of every step go through pinned memory, so that the host need not wait for the device.
    const bool small = bytes <= PinnedRing::kMaxBytes, staged = bytes <= PinnedPair::kMaxBytes;
    const void* const from = small    ? state_->small_uploads.stage(from_host, bytes, stream())
                             : staged ? state_->uploads.stage(from_host, bytes)
                                      : from_host;
    check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream()), "uploading");
    if (small) return;
    if (staged)
        state_->uploads.is_copied(stream());
    else
        synchronise();  // the runtime may read ordinary memory after it has returned
}

void CudaQueue::download(void* to_host, const void* from, std::size_t bytes) {
    if (bytes == 0) return;
    state_->refuse_while_recording("the host read a result");
    check_cuda(cudaMemcpyAsync(to_host, from, bytes, cudaMemcpyDeviceToHost, stream()), "downloading");
    synchronise();
}

bool CudaQueue::supports(Precision precision) const {
    constexpr int kOldestWithTf32AndBf16 = 80;
    return precision == Precision::fp32 || state_->compute_capability >= kOldestWithTf32AndBf16;
}

void CudaQueue::set_precision(Precision precision) {
    if (!supports(precision)) {
        throw QueueError("[cuda] " + device_name(state_->device) +
                         " has no tensor cores for tf32 and bf16, which came with "
                         "compute capability 8.0; it computes in fp32");
    }
    state_->precision = precision;
}

void CudaQueue::set_engine(Engine engine) {
    if (engine == Engine::vendor && !state_->vendor) {
        make_current();
        state_->vendor = load_vendor_kernels(*this);
    }
    state_->engine = engine;
}

void CudaQueue::synchronise() {
    state_->refuse_while_recording("the host waited for the device");
    check_cuda(cudaStreamSynchronize(stream()), "waiting for the device");
}

unsigned* CudaQueue::counters(std::size_t count) {
    const std::size_t bytes = count * sizeof(unsigned);
    State::Block& counters = state_->counters;
    if (bytes > counters.bytes) {
        // As with scratch, the old block may belong to a recorded graph.
        const std::size_t larger = std::max(bytes, 2 * counters.bytes);
        void* const memory = allocate(larger);
        check_cuda(cudaMemsetAsync(memory, 0, larger, stream()), "clearing counters");
        if (counters.memory) state_->kept.push_back(counters.memory);
        counters = {memory, larger};
    }
    return static_cast<unsigned*>(counters.memory);
}

CudaScratch::CudaScratch(CudaQueue& queue, std::size_t bytes) : queue_(queue) {
    CudaQueue::State& state = *queue.state_;
    if (state.scratch_depth == CudaQueue::State::kMaxScratchDepth)
        throw std::logic_error("kernels nest too many scratches");
    CudaQueue::State::Block& block = state.scratch[state.scratch_depth];
    if (bytes > block.bytes) {
        // A recorded graph may still write to the old block, so it is kept; doubling keeps those few and small.
        bytes = std::max(bytes, 2 * block.bytes);
        void* larger = queue.allocate(bytes);
        if (block.memory) state.kept.push_back(block.memory);
        block = {larger, bytes};
    }
    memory_ = block.memory;
    ++state.scratch_depth;
}

CudaScratch::~CudaScratch() { --queue_.state_->scratch_depth; }

}  // namespace sinter::kernels
