// Small uploads: numbers that change from step to step. One launch writes all of them to device memory.
#pragma once

#include <cstddef>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {

/// Words of four bytes that wait for the next work on a queue. They travel as a kernel's parameters, which the runtime
/// copies at the launch. That needs no pinned memory and no copy engine, and takes one launch where a step has changed
/// five numbers.
class WordWrites {
public:
    static constexpr int kMaxWords = 64;

    /// Whether `bytes` at `to` are whole words, and few enough.
    static bool fits(const void* to, std::size_t bytes);

    /// Notes words of which fits() is true. Returns false where there is no room left; launch() makes room. A word that
    /// is noted twice takes the later value.
    bool note(void* to, const void* from_host, std::size_t bytes);

    bool empty() const { return words_.count == 0; }

    /// Writes what was noted, and forgets it.
    void launch(CudaQueue& queue);

    struct Words {
        unsigned* to[kMaxWords];
        unsigned value[kMaxWords];
        int count;
    };

private:
    Words words_ = {};
};

}  // namespace sinter::kernels
