// Launches: what a device would refuse, then the blocks of the grid, spread over OS threads.
#include <atomic>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "kernels/emu/block.h"
#include "kernels/emu/fault.h"
#include "kernels/emu/language/limits.h"
#include "kernels/emu/memory.h"
#include "kernels/emu/report.h"
#include "kernels/emu/stream.h"
#include "kernels/emu/traffic.h"

namespace sinter::emu {
namespace {

/// The blocks of one launch, taken by whoever is free.
struct Job {
    const Grid& grid;
    std::vector<int> order;
    std::atomic<std::size_t> next{0};
    std::mutex guard;
    std::exception_ptr fault;

    void take_blocks() {
        static thread_local BlockRunner runner;
        for (;;) {
            const std::size_t i = next.fetch_add(1);
            if (i >= order.size()) return;
            const auto number = static_cast<unsigned>(order[i]);
            try {
                runner.run(grid, {number % grid.blocks.x, number / grid.blocks.x % grid.blocks.y,
                                  number / grid.blocks.x / grid.blocks.y});
            } catch (...) {
                next = order.size();
                const std::lock_guard lock(guard);
                if (!fault) fault = std::current_exception();
            }
        }
    }
};

/// OS threads that help with grids of several blocks. Nobody waits for those that come late to a job.
class Helpers {
public:
    Helpers() {
        try {
            const unsigned cores = std::thread::hardware_concurrency();
            for (unsigned i = 1; i < cores; ++i) std::thread([this] { help(); }).detach();
        } catch (const std::system_error&) {
            // No more threads can be started: those that there are take all blocks.
        }
    }

    void run(Job& job) {
        if (job.order.size() == 1 || counting_traffic()) return job.take_blocks();
        {
            const std::lock_guard lock(guard_);
            job_ = &job;
            ++generation_;
        }
        wake_.notify_all();
        job.take_blocks();
        std::unique_lock lock(guard_);
        job_ = nullptr;
        finished_.wait(lock, [this] { return inside_ == 0; });
    }

private:
    void help() {
        std::uint64_t seen = 0;
        std::unique_lock lock(guard_);
        for (;;) {
            wake_.wait(lock, [&] { return job_ && generation_ != seen; });
            seen = generation_;
            Job* const job = job_;
            ++inside_;
            lock.unlock();
            job->take_blocks();
            lock.lock();
            if (--inside_ == 0) finished_.notify_all();
        }
    }

    std::mutex guard_;
    std::condition_variable wake_, finished_;
    Job* job_ = nullptr;
    std::uint64_t generation_ = 0;
    int inside_ = 0;
};

/// What is known of kernels before they are launched.
struct KnownKernel {
    std::string name = "without a name";
    std::size_t max_shared_bytes = kSharedBytesUnasked;
};
std::mutex known_guard;
std::map<const void*, KnownKernel> known_kernels;

KnownKernel known(const void* kernel) {
    const std::lock_guard lock(known_guard);
    return known_kernels[kernel];
}

std::string text(const dim3& size) {
    return std::to_string(size.x) + "x" + std::to_string(size.y) + "x" + std::to_string(size.z);
}

/// The reason why no device would start this, or nothing.
std::string refusal(const cudaLaunchConfig_t& config, const KnownKernel& kernel) {
    const dim3 &grid = config.gridDim, &block = config.blockDim;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return "the grid is empty: " + text(grid) + " blocks";
    if (grid.x > kMaxBlocksX || grid.y > kMaxBlocksY || grid.z > kMaxBlocksZ) {
        return "a grid of " + text(grid) + " blocks is larger than " + text({kMaxBlocksX, kMaxBlocksY, kMaxBlocksZ});
    }
    const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
    if (threads == 0 || threads > kMaxThreads || block.x > kMaxThreadsX || block.y > kMaxThreadsY ||
        block.z > kMaxThreadsZ) {
        return "a block of " + text(block) + " threads: expected 1 to " + std::to_string(kMaxThreads) + " in all";
    }
    if (config.dynamicSmemBytes > kernel.max_shared_bytes) {
        return std::to_string(config.dynamicSmemBytes) + " bytes of dynamic shared memory: the kernel was allowed " +
               std::to_string(kernel.max_shared_bytes);
    }
    return "";
}

cudaError_t run_grid(const Grid& grid) {
    static Helpers& helpers = *new Helpers;
    const OpenMemory open;
    Job job{grid, {}, {}, {}, {}};
    put_in_order(job.order, static_cast<int>(grid.blocks.x * grid.blocks.y * grid.blocks.z), grid.schedule, 0);
    if (counting_traffic()) count_launch(grid.kernel);
    helpers.run(job);
    const std::string damage = damaged_guard();
    try {
        if (job.fault) std::rethrow_exception(job.fault);
    } catch (const std::exception& fault) {
        return report(cudaErrorLaunchFailure, fault.what());
    }
    if (!damage.empty()) return report(cudaErrorIllegalAddress, "kernel " + grid.kernel + " " + damage);
    return cudaSuccess;
}

}  // namespace

void name_kernel(const void* kernel, std::string_view name) {
    const std::lock_guard lock(known_guard);
    known_kernels[kernel].name = name;
}

cudaError_t submit_kernel(const cudaLaunchConfig_t& config, const void* kernel, std::function<void()> call,
                          std::initializer_list<std::pair<int, const void*>> pointers) {
    const KnownKernel facts = known(kernel);
    if (const std::string why = refusal(config, facts); !why.empty()) {
        return report(cudaErrorInvalidConfiguration, "kernel " + facts.name + ": " + why);
    }
    Grid grid{facts.name, config.gridDim, config.blockDim, config.dynamicSmemBytes, kernel, std::move(call), {}};
    return enqueue(
        config.stream, cudaGraphNodeTypeKernel, facts.name,
        [grid = std::move(grid), list = std::vector(pointers)]() mutable {
            for (const auto& [place, pointer] : list) {
                if (pointer && !is_device_pointer(pointer) && !is_pinned_pointer(pointer)) {
                    return report(cudaErrorIllegalAddress,
                                  "kernel " + grid.kernel + ": argument " + std::to_string(place) +
                                      " points to host memory that is not pinned, or to freed device memory; a copy to "
                                      "the device may be missing");
                }
            }
            grid.schedule = schedule();
            return grid.schedule.order == Schedule::none ? cudaSuccess : run_grid(grid);
        });
}

}  // namespace sinter::emu

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
    using namespace sinter::emu;
    if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;  // a hint
    if (value < 0 || static_cast<std::size_t>(value) > kMaxSharedBytes) {
        return report(cudaErrorInvalidValue, std::to_string(value) +
                                                 " bytes of dynamic shared memory are more than a block can have, " +
                                                 std::to_string(kMaxSharedBytes));
    }
    const std::lock_guard lock(known_guard);
    known_kernels[kernel].max_shared_bytes = static_cast<std::size_t>(value);
    return cudaSuccess;
}
