// How convolutions are computed is a setting of a device.
#include <gtest/gtest.h>

#include "core/device.h"

namespace sinter::tests {
namespace {

using kernels::ConvolutionMethod;

ConvolutionMethod method_of_cpu() {
    return Device::cpu().run([](auto& queue) {
        if constexpr (requires { queue.convolution_method(); })
            return queue.convolution_method();
        else
            return ConvolutionMethod::exact;
    });
}

TEST(ConvolutionMethod, OfTheCPUOutlivesAChangeOfItsThreads) {
    const int threads = cpu_threads();
    EXPECT_EQ(method_of_cpu(), ConvolutionMethod::fast);
    set_convolution_method(Device::cpu(), ConvolutionMethod::exact);
    set_cpu_threads(1);
    EXPECT_EQ(method_of_cpu(), ConvolutionMethod::exact);
    set_convolution_method(Device::cpu(), ConvolutionMethod::fast);
    set_cpu_threads(threads);
    EXPECT_EQ(method_of_cpu(), ConvolutionMethod::fast);
}

TEST(ConvolutionMethod, OfOtherDevicesIsExactAnyway) {
    for (const ConvolutionMethod method : {ConvolutionMethod::fast, ConvolutionMethod::exact})
        EXPECT_NO_THROW(set_convolution_method(Device::reference(), method));
}

}  // namespace
}  // namespace sinter::tests
