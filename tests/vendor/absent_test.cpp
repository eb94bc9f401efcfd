// In place of the other tests of the vendor engine, in a build without the libraries' headers.
#include <gtest/gtest.h>

#include <string>

#include "kernels/runtime/queue.h"

namespace sinter::kernels {
namespace {

TEST(VendorEngine, ABuildWithoutHeadersSaysSoAndKeepsItsOwnKernels) {
    if (CudaQueue::devices() == 0) GTEST_SKIP() << "no CUDA device";
    CudaQueue queue;
    try {
        queue.set_engine(Engine::vendor);
        FAIL() << "there is no engine";
    } catch (const QueueError& error) {
        const std::string sentence = error.what();
        EXPECT_NE(sentence.find("built without the headers of cuBLASLt and cuDNN 9"), std::string::npos) << sentence;
    }
    EXPECT_EQ(queue.engine(), Engine::own);
    EXPECT_EQ(queue.vendor(), nullptr);
}

}  // namespace
}  // namespace sinter::kernels
