#include "core/random.h"

namespace sinter {

Generator::Generator(std::uint64_t seed, Device device, std::uint32_t first_draw)
    : seed_(seed), first_draw_(first_draw), draw_(first_draw), device_step_(1, device) {
    start_step(0);
}

void Generator::start_step(std::uint64_t step) {
    step_ = step;
    draw_ = first_draw_;
    device_step_.upload({&step_, 1});
}

}  // namespace sinter
