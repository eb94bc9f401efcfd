// What CUDA devices ran, when, and for which call. CUPTI tells it without a profiler and to every user.
#pragma once

#ifdef SINTER_HAS_CUDA

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sinter::kernels {

/// A launch, a copy or a fill.
struct CudaRecord {
    std::string kernel;         ///< its name by the linker; "copy" and "fill" for these
    std::uint64_t work = 0;     ///< what set_work() had named when it was launched, or recorded in a graph
    double begin = 0, end = 0;  ///< seconds of std::chrono::steady_clock
};

/// Records what all devices do between start() and stop(). One object at a time. CUPTI is a part of the CUDA toolkit
/// that is looked for at run time; where it is missing, and under a profiler, which uses it itself, nothing is
/// recorded.
class CudaTrace {
public:
    /// From here on, graphs remember for each of their nodes what set_work() had named: a graph is to be recorded
    /// while the object lives, and may be replayed at any time.
    CudaTrace();
    ~CudaTrace();
    CudaTrace(const CudaTrace&) = delete;
    CudaTrace& operator=(const CudaTrace&) = delete;

    /// Names what this thread launches, or records in a graph, until the next call; 0 for nothing.
    static void set_work(std::uint64_t work);

    /// Why nothing is recorded; empty if it is.
    const std::string& absence() const { return absence_; }

    void start();
    /// What was done since start(), in the order of its beginnings. The devices must have been waited for.
    std::vector<CudaRecord> stop();
    /// How many records, of all calls of stop(), CUPTI had no room or no times for.
    std::size_t lost() const { return lost_; }

private:
    std::string absence_;
    std::size_t lost_ = 0;
};

}  // namespace sinter::kernels

#endif
