// The roof over memory-bound kernels: bytes per second at every level of the memory hierarchy.
#pragma once

#include <vector>

#include "kernels/runtime/queue.h"

namespace sinter::bench {

/// The mix of reads and writes, which decides how fast memory can be: caches have more read ports than write ports, and
/// a write to main memory first reads the line, unless the loop has just read it anyway.
enum class Traffic {
    read,    ///< sum of x
    write,   ///< y = constant
    triad,   ///< y = a + s * b: two reads to a write, as in most pointwise kernels
    update,  ///< y += s * a: the same in place, as in optimizers
};

/// Bandwidth of loops over a working set of one size, shared out among all threads and visited again and again. Bytes
/// are those that the program asked for: a line that a write fetches first is not counted.
struct BandwidthPoint {
    double working_set = 0;                             ///< bytes, over all threads
    double read = 0, write = 0, triad = 0, update = 0;  ///< bytes per second

    double of(Traffic traffic) const;
};

/// Bandwidth against the size of the working set.
struct BandwidthCurve {
    std::vector<BandwidthPoint> points;  ///< by rising working set, at least one

    /// Bytes per second that a loop over `working_set` bytes can reach: interpolated on the logarithm of the size
    /// between the measured points, constant outside them.
    double at(double working_set, Traffic traffic) const;
};

/// Measures working sets from 16 KiB to 256 MiB with all threads of the queue, the best of several windows each. Takes
/// about a second and 256 MiB.
BandwidthCurve measure_bandwidth(kernels::CpuQueue& queue);

}  // namespace sinter::bench
