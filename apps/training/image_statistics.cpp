#include "apps/training/image_statistics.h"

#include "core/nn/batch_statistics.h"

namespace sinter {

void estimate_image_statistics(Module& module, Loader& batches, int passes,
                               const std::function<void(const Tensor& images)>& forward) {
    std::int64_t epoch = 0;
    Tensor images;
    batches.start_epoch(epoch);
    estimate_statistics(module, passes, [&](int) {
        if (!batches.next(images)) {
            batches.start_epoch(++epoch);
            batches.next(images);
        }
        forward(images);
    });
}

}  // namespace sinter
