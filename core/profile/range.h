// What profilers see of a run: named ranges in the domain "sinter" (NVTX), and the steps that they are asked to record.
#pragma once

namespace sinter {

/// Names what this thread does while it lives, for Nsight Systems, Nsight Compute and a RangeObserver. Ranges nest.
/// Without any of them, it does nothing.
class ProfileRange {
public:
    /// `name` is copied.
    explicit ProfileRange(const char* name) { begin(name); }
    ~ProfileRange() { end(); }
    ProfileRange(const ProfileRange&) = delete;
    ProfileRange& operator=(const ProfileRange&) = delete;

    /// The same for ranges that are no scope of the program: each begin() is to be followed by its end().
    static void begin(const char* name);
    static void end();
};

/// Names what this thread does from here to its next phase(): "forward", "backward". Phases do not nest. Each is a
/// range. Null ends the phase without another. `name` is a literal.
void phase(const char* name);
/// The phase of this thread; "" outside of any.
const char* current_phase();

/// Is told of the ranges of the thread that made it, while it lives: one at a time, such as the file of --trace.
class RangeObserver {
public:
    RangeObserver();
    virtual ~RangeObserver();
    RangeObserver(const RangeObserver&) = delete;
    RangeObserver& operator=(const RangeObserver&) = delete;

    virtual void begin_range(const char* name) = 0;
    virtual void end_range() = 0;
};

/// Begins and ends the recording of a profiler that was told to wait for it (nsys -c cudaProfilerApi,
/// ncu --profile-from-start off): cudaProfilerStart and cudaProfilerStop. Does nothing in builds without
/// SINTER_CUDA=ON.
void start_profiler();
void stop_profiler();

}  // namespace sinter
