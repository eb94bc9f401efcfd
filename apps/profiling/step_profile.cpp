#include "apps/profiling/step_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "apps/common/stopwatch.h"
#include "apps/profiling/kernel_table.h"
#include "apps/profiling/trace_file.h"
#include "apps/profiling/work_table.h"
#include "apps/roofs/roofs.h"
#include "core/train/readings.h"

namespace sinter {
namespace {

/// Runs 1 and 2 of a kind of step fill the memory pool, run 3 is recorded: none of them is like the others.
constexpr std::int64_t kFirstUsualStep = 4;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

StepProfile::StepProfile(Device device, const StepRange& steps) : device_(device), steps_(steps) {
#ifdef SINTER_HAS_CUDA
    device.run([&](auto& queue) {
        if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
            trace_ = std::make_unique<kernels::CudaTrace>();
            clock_ = std::make_unique<kernels::CudaStepClock>();
            absence_ = trace_->absence();
        }
    });
#endif
}

void StepProfile::begin_step(std::int64_t done) {
#ifdef SINTER_HAS_CUDA
    is_warm_up_ = trace_ && done + 1 == steps_.first;
    holds_warm_up_ |= is_warm_up_;
#endif
    if ((steps_.contains(done) || is_warm_up_) && !is_active_) start();
    is_in_step_ = true;
    step_began_ = now();
}

void StepProfile::end_step() {
    if (!std::exchange(is_in_step_, false)) return;
    if (!is_active_)
        note_step_time();
    else if (!is_warm_up_)
        launched_at_.push_back(now());
}

void StepProfile::drop_step() {
    is_in_step_ = false;
    if (is_active_) stop();
#ifdef SINTER_HAS_CUDA
    if (clock_) clock_ = std::make_unique<kernels::CudaStepClock>();
#endif
}

void StepProfile::note_step_time() {
    if (++steps_seen_ < kFirstUsualStep) return;
#ifdef SINTER_HAS_CUDA
    if (clock_) {
        device_.run([&](auto& queue) {
            if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>) {
                if (const auto seconds = clock_->tick(queue)) untraced_.push_back(*seconds);
            }
        });
        return;
    }
#endif
    untraced_.push_back(now() - step_began_);
}

void StepProfile::start() {
    device_.run([](auto& queue) { queue.synchronise(); });
    is_active_ = true;
    first_after_pause_ = launches_.size();
    start_profiler();
#ifdef SINTER_HAS_CUDA
    if (trace_) trace_->start();
#endif
}

void StepProfile::stop() {
    device_.run([](auto& queue) { queue.synchronise(); });
    is_active_ = false;
#ifdef SINTER_HAS_CUDA
    if (trace_) {
        for (kernels::CudaRecord& record : trace_->stop()) {
            const Work* const work =
                record.work > 0 && record.work <= works_.size() ? works_[record.work - 1].get() : nullptr;
            launches_.push_back({std::move(record.kernel), record.begin, record.end, work, false});
        }
        absence_ = trace_->absence();
        if (std::exchange(holds_warm_up_, false)) {
            const auto end = std::find_if(launches_.begin(), launches_.end(), [](const TimeSpan& launch) {
                return launch.work && launch.work->kernel == std::string_view(kReadBack);
            });
            launches_.erase(launches_.begin(), end == launches_.end() ? end : end + 1);
        }
    }
#endif
    if (first_after_pause_ < launches_.size()) launches_[first_after_pause_].after_pause = true;
    stop_profiler();
}

void StepProfile::begin_work(const Work& work) {
#ifdef SINTER_HAS_CUDA
    if (trace_) {
        // A replayed step makes no calls, so what is noted here is what is launched now, or recorded.
        const bool is_recording = device_.run([](auto& queue) {
            if constexpr (std::is_same_v<decltype(queue), kernels::CudaQueue&>)
                return queue.recording();
            else
                return false;
        });
        if (!is_active_ && !is_recording) return;
        works_.push_back(std::make_unique<Work>(work));
        kernels::CudaTrace::set_work(works_.size());
        return;
    }
#endif
    if (!is_active_) return;
    works_.push_back(std::make_unique<Work>(work));
    call_began_ = now();
}

void StepProfile::end_work() {
#ifdef SINTER_HAS_CUDA
    if (trace_) return kernels::CudaTrace::set_work(0);
#endif
    if (is_active_) launches_.push_back({works_.back()->kernel, call_began_, now(), works_.back().get(), false});
}

void StepProfile::begin_range(const char* name) {
    if (!is_active_ || is_warm_up_) return;
    open_ranges_.push_back(ranges_.size());
    ranges_.push_back({name, now(), 0, nullptr, false});
}

void StepProfile::end_range() {
    if (open_ranges_.empty()) return;  // it began before the profile
    ranges_[open_ranges_.back()].end = now();
    open_ranges_.pop_back();
}

std::string StepProfile::finish() {
    if (is_active_) stop();
    const std::int64_t steps = std::ssize(launched_at_);
    if (steps == 0) return "";
    if (launches_.empty()) {
        return fmt::format("no times of kernels: {}\n", absence_.empty() ? "none was launched" : absence_) +
               step_lines();
    }
    const std::optional<bench::Roofs> roofs = bench::measure_roofs(device_);
    std::string text = work_table(launches_, steps, roofs);
    text += roofs ? roofs->text() : "roof: none, since the times of an emulated device say nothing";
    text += "\n" + step_lines();
#ifdef SINTER_HAS_CUDA
    if (trace_) {
        std::map<std::string, KernelTime> kernels;
        for (const TimeSpan& launch : launches_) {
            KernelTime& time = kernels[short_kernel_name(launch.name)];
            ++time.launches;
            time.seconds += launch.end - launch.begin;
        }
        text += "\n" + kernel_table(kernels);
    }
#endif
    return text;
}

/// The step without a trace, and how far the host is ahead of the device.
std::string StepProfile::step_lines() const {
    std::string text;
#ifdef SINTER_HAS_CUDA
    if (trace_ && trace_->lost() > 0)
        text += fmt::format("{} launches have no times and are missing\n", trace_->lost());
#endif
    if (!untraced_.empty()) {
        text += fmt::format("untraced: {} ({} step{} before these)\n", step_times(untraced_), untraced_.size(),
                            untraced_.size() == 1 ? "" : "s");
    }
#ifdef SINTER_HAS_CUDA
    std::vector<double> leads;
    for (const TimeSpan& launch : launches_) {
        if (!trace_ || !launch.work || launch.work->kernel != std::string_view(kReadBack)) continue;
        if (leads.size() < launched_at_.size()) leads.push_back(launch.end - launched_at_[leads.size()]);
    }
    if (!leads.empty()) {
        text += fmt::format("lead of the host: {:.1f} us from the launch of a step to its end on the device (median)\n",
                            1e6 * median(leads));
    }
#endif
    return text;
}

void StepProfile::write_trace(const std::filesystem::path& file) const {
    sinter::write_trace(file, ranges_, launches_);
}

}  // namespace sinter
