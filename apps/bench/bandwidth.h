// The roof over memory-bound kernels: bytes per second at every level of the memory hierarchy.
#pragma once

#include <vector>

#include "kernels/queue.h"

namespace sinter::bench {

/// The mix of reads and writes, which decides how fast memory can be: caches have more read ports than write ports, and
/// a write to main memory first reads the line.
enum class Traffic { read, write, mixed };

/// Bandwidth of loops over a working set of one size, shared out among all threads and visited again and again. Bytes
/// are those that the program asked for: a line that a write fetches first is not counted.
struct BandwidthPoint {
    double working_set = 0;  ///< bytes, over all threads
    double read = 0;         ///< sum of x, bytes per second
    double write = 0;        ///< y = constant
    double mixed = 0;        ///< y = a + s * b, two reads to a write, as in most pointwise kernels
};

/// Bandwidth against the size of the working set.
struct BandwidthCurve {
    std::vector<BandwidthPoint> points;  ///< by rising working set, at least one

    /// Bytes per second that a loop over `working_set` bytes can reach: interpolated on the logarithm of the size
    /// between the measured points, constant outside them.
    double at(double working_set, Traffic traffic) const;
};

/// Measures working sets from 16 KiB to 256 MiB with all threads of the queue, the best of several windows each. Takes
/// about half a second and 256 MiB.
BandwidthCurve measure_bandwidth(kernels::CpuQueue& queue);

}  // namespace sinter::bench
