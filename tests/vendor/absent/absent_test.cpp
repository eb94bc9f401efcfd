// In place of the other tests of the vendor engine, in a build without the libraries' headers.
#include <gtest/gtest.h>

#include "tests/emu/device.h"

namespace sinter::kernels {
namespace {

TEST(VendorEngine, ABuildWithoutHeadersSaysSoAndKeepsItsOwnKernels) {
    CudaQueue queue;
    const std::string sentence = sentence_of([&] { queue.set_engine(Engine::vendor); });
    EXPECT_NE(sentence.find("built without the headers of cuBLASLt and cuDNN 9"), std::string::npos) << sentence;
    EXPECT_EQ(queue.engine(), Engine::own);
    EXPECT_EQ(queue.vendor(), nullptr);
}

}  // namespace
}  // namespace sinter::kernels
