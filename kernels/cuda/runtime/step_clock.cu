#include "kernels/runtime/step_clock.h"

#include <array>
#include <cstddef>

#include "kernels/cuda/runtime/error.h"

namespace sinter::kernels {

namespace {

constexpr std::size_t kMarks = 8;  // more than the steps that a host is ahead

}  // namespace

struct CudaStepClock::State {
    std::array<cudaEvent_t, kMarks> marks{};
    std::size_t count = 0;
};

CudaStepClock::CudaStepClock() : state_(std::make_unique<State>()) {
    for (cudaEvent_t& mark : state_->marks)
        check_cuda(cudaEventCreateWithFlags(&mark, cudaEventDefault), "creating an event");
}

CudaStepClock::~CudaStepClock() {
    for (cudaEvent_t mark : state_->marks) cudaEventDestroy(mark);
}

std::optional<double> CudaStepClock::tick(CudaQueue& queue) {
    const auto mark = [this](std::size_t number) { return state_->marks[number % kMarks]; };
    check_cuda(cudaEventRecord(mark(state_->count), queue.stream()), "recording an event");
    if (++state_->count < kMarks) return std::nullopt;
    // The oldest two.
    float milliseconds = 0;
    const cudaError_t status = cudaEventElapsedTime(&milliseconds, mark(state_->count), mark(state_->count + 1));
    if (status == cudaErrorNotReady) {
        cudaGetLastError();
        return std::nullopt;
    }
    check_cuda(status, "asking for the time between events");
    return 1e-3 * static_cast<double>(milliseconds);
}

}  // namespace sinter::kernels
