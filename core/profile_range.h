// What profilers see of a run: named ranges in the domain "sinter" (NVTX), and the steps that they are asked to record.
#pragma once

namespace sinter {

/// Names what this thread does while it lives, for Nsight Systems and Nsight Compute. Ranges nest. Without a profiler,
/// and in builds without SINTER_CUDA=ON, it does nothing.
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

/// Names what this thread does from here to its next phase(): "forward", "backward". Phases do not nest. Profilers see
/// each as a range; a PhaseObserver sees where each begins. Null ends the phase without another. `name` is a literal.
void phase(const char* name);

/// Is told of the phases of the thread that made it, while it lives: one at a time, such as the table of
/// --profile-steps.
class PhaseObserver {
public:
    PhaseObserver();
    virtual ~PhaseObserver();
    PhaseObserver(const PhaseObserver&) = delete;
    PhaseObserver& operator=(const PhaseObserver&) = delete;

    /// A phase begins; null where the last one ends.
    virtual void begin_phase(const char* name) = 0;
};

/// Begins and ends the recording of a profiler that was told to wait for it (nsys -c cudaProfilerApi,
/// ncu --profile-from-start off): cudaProfilerStart and cudaProfilerStop. Does nothing in builds without
/// SINTER_CUDA=ON.
void start_profiler();
void stop_profiler();

}  // namespace sinter
