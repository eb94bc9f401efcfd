#include "apps/kernel_bench/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "apps/kernel_bench/case_facts.h"
#include "core/error.h"
#include "kernels/cases/fill.h"

namespace sinter::bench {
namespace {

using kernels::Argument;
using kernels::Buffers;
using kernels::CpuQueue;
using kernels::KernelCase;

/// The buffers of a case in a queue's memory.
class CaseBuffers {
public:
    CaseBuffers(CpuQueue& queue, const std::vector<Argument>& arguments) : queue_(queue) {
        view_.data.reserve(arguments.size());
        for (const Argument& argument : arguments) {
            const std::size_t bytes = kernels::buffer_size<float>(argument);
            view_.data.push_back(queue_.allocate(std::max<std::size_t>(bytes, 1)));
            kernels::fill_argument<float>(view_.data.back(), argument, view_.data.size());
        }
    }
    ~CaseBuffers() {
        for (void* memory : view_.data) queue_.release(memory);
    }
    CaseBuffers(const CaseBuffers&) = delete;
    CaseBuffers& operator=(const CaseBuffers&) = delete;

    const Buffers<float>& view() const { return view_; }

private:
    CpuQueue& queue_;
    Buffers<float> view_;
};

std::size_t element_count(const Argument& argument) { return static_cast<std::size_t>(argument.count); }

/// Throws unless the results agree as sums in another order do: over the models' layers the roundings of the longest
/// sums and of minimal filtering come to 1e-5 of the largest element, while a wrong pixel or tap shows in the first
/// digit. A tenfold margin is left for other machines.
void require_same_work(const KernelCase& kernel_case, std::span<const float> ours, std::span<const float> theirs,
                       const std::string& peer) {
    float largest = 0, difference = 0;
    bool numbers = true;  // NaN is larger than nothing: it would not show in the maxima
    for (std::size_t i = 0; i < ours.size(); ++i) {
        largest = std::max(largest, std::abs(ours[i]));
        difference = std::max(difference, std::abs(ours[i] - theirs[i]));
        numbers = numbers && !std::isnan(ours[i] - theirs[i]);
    }
    if (numbers && difference <= 1e-4f * largest) return;
    throw Error(
        fmt::format("{} and our kernel disagree at {}: by {} where the largest element is {}. Run the kernel tests to "
                    "learn which of them is wrong; --no-peer leaves the peer out.",
                    peer, kernel_case.name(), difference, largest));
}

/// The peer's side of a case.
struct PeerCall {
    std::string name;
    std::function<void()> run;
    std::function<std::vector<float>()> result;  ///< empty where it may differ from ours (an epilogue left out)
};

std::optional<PeerCall> peer_call(const KernelCase& kernel_case, const Buffers<float>& view, const Peers& peers) {
    if (peers.products && kernel_case.gemm_shape) {
        const auto output = std::make_shared<std::vector<float>>(element_count(kernel_case.arguments[0]));
        const auto multiply = [&blas = *peers.products, shape = *kernel_case.gemm_shape, output, view] {
            blas.multiply(output->data(), view.real(1), view.real(2), shape);
        };
        return PeerCall{peers.products->name(), multiply, {}};
    }
    if (peers.convolutions && kernel_case.conv_call) {
        auto [run, result] = peers.convolutions->convolution(*kernel_case.conv_call, view.real(1), view.real(2));
        return PeerCall{peers.convolutions->name(), run, result};
    }
    return std::nullopt;
}

}  // namespace

Measurement measure_case(CpuQueue& queue, const KernelCase& kernel_case, const Peers& peers,
                         const TimingOptions& options) {
    const CaseBuffers buffers(queue, kernel_case.arguments);
    const Buffers<float>& view = buffers.view();
    std::vector<std::function<void()>> contenders = {[&] { kernel_case.run_cpu(queue, view); }};
    const std::optional<PeerCall> peer = peer_call(kernel_case, view, peers);
    if (peer) contenders.push_back(peer->run);
    const std::vector<Timing> timings = time_calls(contenders, options);
    if (peer && peer->result) {
        const std::span<const float> ours(view.real(0), element_count(kernel_case.arguments[0]));
        require_same_work(kernel_case, ours, peer->result(), peer->name);
    }

    Measurement m{facts_of(kernel_case), timings[0], {}};
    if (peer) m.peer = {peer->name, timings[1]};
    return m;
}

}  // namespace sinter::bench
