// A case's buffers on the device, as often as it takes to keep one call's data from the next.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cases/case.h"
#include "kernels/cases/fill.h"

namespace sinter::bench {

/// Gives every number the upper half of its bits as its lower half too: what reads the memory as bf16
/// (VendorForm::native) then finds numbers of the same size, and no NaN that the case has not.
inline void repeat_upper_halves(std::vector<std::byte>& numbers) {
    for (std::size_t i = 0; i + 4 <= numbers.size(); i += 4) std::copy_n(&numbers[i + 2], 2, &numbers[i]);
}

/// The buffers of a case in device memory, several times over.
class RotatedBuffers {
public:
    RotatedBuffers(kernels::CudaQueue& queue, const std::vector<kernels::Argument>& arguments, std::int64_t copies)
        : queue_(queue), copies_(static_cast<std::size_t>(copies)) {
        std::vector<std::byte> host;
        for (std::size_t a = 0; a < arguments.size(); ++a) {
            const std::size_t bytes = kernels::buffer_size<float>(arguments[a]);
            host.resize(bytes);
            kernels::fill_argument<float>(host.data(), arguments[a], a);
            if (queue.precision() == kernels::Precision::bf16 && arguments[a].type == kernels::ElementType::real)
                repeat_upper_halves(host);
            for (kernels::Buffers<float>& copy : copies_) {
                copy.data.push_back(queue.allocate(bytes));
                if (&copy == copies_.data()) {
                    queue.upload(copy.data[a], host.data(), bytes);
                } else {
                    queue.copy(copy.data[a], copies_[0].data[a], bytes);
                }
            }
        }
    }
    ~RotatedBuffers() {
        for (const kernels::Buffers<float>& copy : copies_)
            for (void* memory : copy.data) queue_.release(memory);
    }
    RotatedBuffers(const RotatedBuffers&) = delete;
    RotatedBuffers& operator=(const RotatedBuffers&) = delete;

    const kernels::Buffers<float>& operator[](std::int64_t copy) const {
        return copies_[static_cast<std::size_t>(copy)];
    }

private:
    kernels::CudaQueue& queue_;
    std::vector<kernels::Buffers<float>> copies_;
};

}  // namespace sinter::bench
