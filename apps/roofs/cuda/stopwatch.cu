#include "apps/roofs/cuda/stopwatch.h"

#include <algorithm>
#include <cmath>

#include "kernels/cuda/runtime/device.cuh"
#include "kernels/cuda/runtime/error.h"

namespace sinter::bench {
namespace {

using kernels::check_cuda;
using kernels::CudaQueue;

constexpr double kSampleSeconds = 500e-6;  // a thousand ticks of the events' clock
constexpr std::int64_t kMaxCalls = 2000;   // in a graph of one rotation

}  // namespace

DeviceStopwatch::DeviceStopwatch(CudaQueue& queue) : queue_(queue) {
    check_cuda(cudaEventCreateWithFlags(&begin_, cudaEventDefault), "creating an event");
    check_cuda(cudaEventCreateWithFlags(&end_, cudaEventDefault), "creating an event");
}

DeviceStopwatch::~DeviceStopwatch() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
}

double DeviceStopwatch::seconds(const std::function<void()>& work) {
    check_cuda(cudaEventRecord(begin_, queue_.stream()), "recording an event");
    work();
    check_cuda(cudaEventRecord(end_, queue_.stream()), "recording an event");
    check_cuda(cudaEventSynchronize(end_), "waiting for the device");
    float milliseconds = 0;
    check_cuda(cudaEventElapsedTime(&milliseconds, begin_, end_), "reading the device's clock");
    return 1e-3 * static_cast<double>(milliseconds);
}

RecordedCalls::RecordedCalls(CudaQueue& queue, std::int64_t count, const std::function<void(std::int64_t)>& call)
    : count_(count), graph_(std::make_unique<kernels::CudaGraph>(queue, [&] {
          for (std::int64_t i = 0; i < count; ++i) call(i);
      })) {}

RecordedCalls record_sample(CudaQueue& queue, std::int64_t rotation, const std::function<void(std::int64_t)>& call) {
    call(0);  // working memory is allocated by the first call
    RecordedCalls round(queue, rotation, call);
    DeviceStopwatch watch(queue);
    double seconds = watch.seconds([&] { round.replay(); });
    seconds = std::min(seconds, watch.seconds([&] { round.replay(); }));
    const auto rounds = static_cast<std::int64_t>(std::ceil(kSampleSeconds / std::max(seconds, 1e-7)));
    const std::int64_t most = std::max<std::int64_t>(1, kMaxCalls / rotation);
    if (rounds == 1 || most == 1) return round;
    return {queue, std::min(rounds, most) * rotation, [&](std::int64_t i) { call(i % rotation); }};
}

std::vector<Timing> time_recorded(CudaQueue& queue, std::span<const RecordedCalls> contenders,
                                  const TimingOptions& options) {
    DeviceStopwatch watch(queue);
    std::vector<std::vector<double>> samples(contenders.size());
    double least = 0;  // measured time of the contender that has the least
    for (std::vector<double> total(contenders.size());
         least < options.min_seconds || samples[0].size() < static_cast<std::size_t>(options.min_samples);) {
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            contenders[i].replay();
            const double seconds = watch.seconds([&] { contenders[i].replay(); });
            total[i] += seconds;
            samples[i].push_back(seconds / static_cast<double>(contenders[i].count()));
        }
        least = *std::min_element(total.begin(), total.end());
    }
    std::vector<Timing> timings;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        timings.push_back({.seconds = median(samples[i]),
                           .fastest = *std::min_element(samples[i].begin(), samples[i].end()),
                           .samples = static_cast<int>(samples[i].size()),
                           .calls_per_sample = contenders[i].count()});
    }
    return timings;
}

}  // namespace sinter::bench
