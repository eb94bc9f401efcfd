// What a CUDA device does, when and for whom: by CUPTI, whose records every user may read, without a profiler.
#pragma once

#ifdef SINTER_HAS_CUDA

#include <cstdint>
#include <string>
#include <vector>

namespace sinter::kernels {

/// A launch, a copy or a fill.
struct DeviceRecord {
    std::string kernel;         ///< its name by the linker; "copy" and "fill" for these
    std::uint64_t work = 0;     ///< what set_work() had named when it was launched, or recorded in a graph
    double begin = 0, end = 0;  ///< seconds of std::chrono::steady_clock
};

/// Names what this thread launches, or records in a graph, until the next call; 0 for nothing.
void set_work(std::uint64_t work);

/// Records what all devices do between start() and stop(). One object at a time. CUPTI is a part of the CUDA toolkit
/// that is looked for at run time; where it is missing, and under a profiler, which uses it itself, nothing is
/// recorded.
class DeviceTrace {
public:
    /// From here on, graphs remember for each of their nodes what set_work() had named: a graph is to be recorded
    /// while the object lives, and may be replayed at any time.
    DeviceTrace();
    ~DeviceTrace();
    DeviceTrace(const DeviceTrace&) = delete;
    DeviceTrace& operator=(const DeviceTrace&) = delete;

    /// Why nothing is recorded; empty if it is.
    const std::string& absence() const { return absence_; }

    void start();
    /// What was done since start(), in the order of its beginnings. The devices must have been waited for.
    std::vector<DeviceRecord> stop();

private:
    std::string absence_;
};

}  // namespace sinter::kernels

#endif
