#include "core/data/prefetcher.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/random.h"
#include "kernels/permutation.h"

namespace sinter {

Prefetcher::Prefetcher(ImageSet images, Index batch_size, bool shuffle, std::uint64_t seed)
    : images_(std::move(images)), batch_size_(batch_size), shuffle_(shuffle), seed_(seed), position_(images_.count) {
    for (Slot& slot : slots_) {
        slot.pixels.resize(static_cast<std::size_t>(batch_size_ * images_.bytes_per_image()));
        if (!images_.labels.empty()) slot.labels.resize(static_cast<std::size_t>(batch_size_));
    }
    if (shuffle_ && images_.count <= kernels::kMaxShuffled) order_.resize(static_cast<std::size_t>(images_.count));
    try {
        thread_ = std::thread([this] { run(); });
    } catch (const std::system_error&) {
        // No more threads can be started: next() reads by itself.
    }
}

Prefetcher::~Prefetcher() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Prefetcher::start_epoch(std::int64_t epoch, Index position) {
    {
        const std::lock_guard lock(mutex_);
        ++walk_;
        epoch_ = epoch;
        position_ = position;
        filled_ = taken_ = freed_ = 0;
        failure_ = nullptr;
    }
    changed_.notify_all();
}

Prefetcher::Batch Prefetcher::next() {
    std::unique_lock lock(mutex_);
    freed_ = taken_;
    changed_.notify_all();
    if (!thread_.joinable() && !failure_) read_next(lock);
    changed_.wait(lock, [&] { return filled_ > taken_ || failure_; });
    if (filled_ == taken_) std::rethrow_exception(failure_);
    const Slot& slot = slots_[taken_++ % kSlots];
    const std::size_t images = static_cast<std::size_t>(slot.images);
    return {{slot.pixels.data(), images * static_cast<std::size_t>(images_.bytes_per_image())},
            {slot.labels.data(), slot.labels.empty() ? 0 : images}};
}

void Prefetcher::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock,
                      [&] { return stop_ || (!failure_ && position_ < images_.count && filled_ - freed_ < kSlots); });
        if (stop_) return;
        read_next(lock);
    }
}

/// Reads a batch into a free slot, without the lock, unless somebody asks for another epoch meanwhile.
void Prefetcher::read_next(std::unique_lock<std::mutex>& lock) {
    const std::uint64_t walk = walk_;
    const std::int64_t epoch = epoch_;
    const Index position = position_;
    Slot& slot = slots_[filled_ % kSlots];

    lock.unlock();
    std::exception_ptr failure;
    try {
        fill(slot, epoch, position);
    } catch (...) {
        failure = std::current_exception();
    }
    lock.lock();

    if (walk != walk_) return;
    if (failure) {
        failure_ = failure;
    } else {
        position_ += slot.images;
        ++filled_;
    }
    changed_.notify_all();
}

void Prefetcher::fill(Slot& slot, std::int64_t epoch, Index position) {
    slot.images = std::min(batch_size_, images_.count - position);
    const std::uint32_t count = static_cast<std::uint32_t>(images_.count);
    const kernels::RandomStream stream{seed_, draws::kDataOrder, static_cast<std::uint64_t>(epoch)};
    if (!order_.empty() && order_epoch_ != epoch) {
        kernels::shuffle(order_.data(), count, stream);
        order_epoch_ = epoch;
    }
    const kernels::KeyedPermutation keyed(count, stream);
    for (Index i = 0; i < slot.images; ++i) {
        Index image = position + i;
        if (shuffle_) {
            image = order_.empty() ? keyed(static_cast<std::uint32_t>(image)) : order_[static_cast<std::size_t>(image)];
        }
        images_.read(image, 1, slot.pixels.data() + i * images_.bytes_per_image());
        if (!images_.labels.empty())
            slot.labels[static_cast<std::size_t>(i)] = images_.labels[static_cast<std::size_t>(image)];
    }
}

}  // namespace sinter
