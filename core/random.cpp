#include "core/random.h"

#include "core/check.h"

namespace sinter {

const kernels::RandomAddress& Draw::address() const {
    require(
        step_->number == number_,
        "[random] numbers drawn in step {} were asked for again when their generator was in step {}; call backward() "
        "before start_step()",
        number_, step_->number);
    return address_;
}

Generator::Generator(std::uint64_t seed, Device device, std::uint32_t first_draw)
    : seed_(seed), first_draw_(first_draw), draw_(first_draw), step_(new RandomStep(device)) {
    start_step(0);
}

void Generator::start_step(std::uint64_t step) {
    step_->number = step;
    draw_ = first_draw_;
    step_->on_device.upload({&step, 1});
}

}  // namespace sinter
