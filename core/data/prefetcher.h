// Batches of a data set that stays in a file: a thread reads the next ones while the step runs.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "core/data/image_set.h"
#include "core/shape.h"

namespace sinter {

/// Reads the images of an epoch in its order, a few batches ahead of the one that is asked for. Allocates nothing after
/// its construction.
class Prefetcher {
public:
    /// A batch in host memory; labels only where the set has them.
    struct Batch {
        std::span<const std::uint8_t> pixels, labels;
    };

    Prefetcher(ImageSet images, Index batch_size, bool shuffle, std::uint64_t seed);
    ~Prefetcher();
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    /// Goes to image `position` of epoch `epoch`, whose order is that of random_permutation for (seed, epoch).
    void start_epoch(std::int64_t epoch, Index position);

    /// Waits for the next batch, which exists; it is valid until the next call of a member. Throws the DataError that
    /// the reading met.
    Batch next();

private:
    static constexpr std::uint64_t kSlots = 4;  // the batch that is in use, and three that are ready or being read

    struct Slot {
        std::vector<std::uint8_t> pixels, labels;
        Index images = 0;
    };

    void run();
    void read_next(std::unique_lock<std::mutex>& lock);
    void fill(Slot& slot, std::int64_t epoch, Index position);

    const ImageSet images_;
    const Index batch_size_;
    const bool shuffle_;
    const std::uint64_t seed_;
    std::array<Slot, kSlots> slots_;   // batch n of an epoch's walk is in slot n % kSlots
    std::vector<std::int32_t> order_;  // of order_epoch_, where the set is small; of whoever reads, as is
    std::int64_t order_epoch_ = -1;    // this one

    std::mutex mutex_;  // of all that follows
    std::condition_variable changed_;
    std::uint64_t walk_ = 0;  // counts calls of start_epoch(): what was read for an earlier one is dropped
    std::int64_t epoch_ = 0;
    Index position_ = 0;                                // of the next image to be read
    std::uint64_t filled_ = 0, taken_ = 0, freed_ = 0;  // batches of this walk
    std::exception_ptr failure_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace sinter
