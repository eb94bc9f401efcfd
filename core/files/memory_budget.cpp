#include "core/files/memory_budget.h"

namespace sinter {

MemoryBudget::Share::Share(MemoryBudget& budget, std::int64_t bytes) : budget_(budget), bytes_(bytes) {
    std::unique_lock lock(budget_.mutex_);
    budget_.freed_.wait(lock, [&] { return budget_.used_ == 0 || budget_.used_ + bytes_ <= budget_.bytes_; });
    budget_.used_ += bytes_;
}

MemoryBudget::Share::~Share() {
    {
        const std::lock_guard lock(budget_.mutex_);
        budget_.used_ -= bytes_;
    }
    budget_.freed_.notify_all();
}

}  // namespace sinter
