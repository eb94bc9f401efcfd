// The queue, its memory, and graphs that are recorded and replayed.
#include <algorithm>

#include "kernels/cuda/runtime/device.cuh"
#include "kernels/runtime/graph.h"
#include "tests/emu/device.h"
#include "tests/emu/planted.h"

namespace sinter::kernels {
namespace {

using Runtime = EmulatedDevice;

TEST_F(Runtime, TheDeviceIsThereAndTheNextOneIsNot) {
    EXPECT_EQ(CudaQueue::devices(), 1);
    EXPECT_EQ(CudaQueue::device_name(0), "emulated CUDA device");
    EXPECT_EQ(queue.compute_capability(), 90);
    EXPECT_NE(sentence_of([] { CudaQueue other(1); }).find("[cuda] choosing device 1: "), std::string::npos);
}

TEST_F(Runtime, CopiesGoThereAndBack) {
    const std::vector<float> x = counting(1000);
    const DeviceArray<float> a(queue, x), b(queue, std::vector<float>(1000));
    queue.copy(b.data(), a.data(), 999 * sizeof(float));
    std::vector<float> expected = x;
    expected[999] = 0;
    EXPECT_EQ(b.values(), expected);
    EXPECT_EQ(queue.allocate(0), nullptr);
    queue.upload(nullptr, nullptr, 0);
    queue.download(nullptr, nullptr, 0);
    queue.copy(nullptr, nullptr, 0);
}

TEST_F(Runtime, MemoryIsAlignedAndApart) {
    std::vector<std::byte*> blocks;
    for (const std::size_t bytes : {1, 255, 256, 257, 100'000}) {
        blocks.push_back(static_cast<std::byte*>(queue.allocate(bytes)));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back()) % 256, 0u);
    }
    std::sort(blocks.begin(), blocks.end());
    EXPECT_EQ(std::adjacent_find(blocks.begin(), blocks.end()), blocks.end());
    for (std::byte* block : blocks) queue.release(block);
    std::size_t free = 0, total = 0;
    ASSERT_EQ(cudaMemGetInfo(&free, &total), cudaSuccess);
    EXPECT_NE(sentence_of([&] { queue.allocate(total + 1); }).find("allocating"), std::string::npos);
}

TEST_F(Runtime, KernelsReachPinnedMemoryOfTheHost) {
    void* memory = nullptr;
    ASSERT_EQ(cudaMallocHost(&memory, 2 * sizeof(float)), cudaSuccess);
    auto* const y = static_cast<float*>(memory);
    y[0] = y[1] = 1;
    increment(queue, y, 2);
    queue.synchronise();
    EXPECT_EQ(y[0] + y[1], 4);
    ASSERT_EQ(cudaFreeHost(memory), cudaSuccess);
    EXPECT_NE(sentence_of([&] { increment(queue, y, 2); }).find("points to host memory"), std::string::npos);
}

TEST_F(Runtime, AMovedQueueGoesOn) {
    CudaQueue first;
    const DeviceArray<float> y(queue, {1, 2});
    queue.synchronise();
    CudaQueue second = std::move(first);
    increment(second, y.data(), 2);
    first = std::move(second);
    increment(first, y.data(), 2);
    EXPECT_EQ(y.values(), (std::vector<float>{3, 4}));
}

TEST_F(Runtime, ScratchesNestAndGrowWithoutTakingTheOldOneAway) {
    float* small = nullptr;
    {
        const CudaScratch outer(queue, 100), inner(queue, 100);
        EXPECT_NE(outer.as<float>(), inner.as<float>());
        small = outer.as<float>();
    }
    const CudaScratch same(queue, 50);
    EXPECT_EQ(same.as<float>(), small);
    const CudaScratch nested(queue, 100'000);
    increment(queue, small, 25);  // a recorded launch may still do this
    increment(queue, nested.as<float>(), 25'000);
}

/// Uploads of few words wait for the next work, so what was called before must not see them, and what comes after must.
class SmallUploads : public Runtime {
protected:
    void upload(const DeviceArray<float>& to, int i, float value) {
        queue.upload(to.data() + i, &value, sizeof(value));
    }
};

TEST_F(SmallUploads, StandBetweenTheCallsThatTheyCameBetween) {
    const DeviceArray<float> y(queue, std::vector<float>(3)), z(queue, std::vector<float>(3));
    upload(y, 0, 10);
    increment(queue, y.data(), 3);
    upload(y, 0, 20);
    upload(y, 0, 30);
    upload(y, 2, 40);
    queue.copy(z.data(), y.data(), 3 * sizeof(float));
    upload(y, 0, 50);
    EXPECT_EQ(z.values(), (std::vector<float>{30, 1, 40}));
    EXPECT_EQ(y.values(), (std::vector<float>{50, 1, 40}));
}

TEST_F(SmallUploads, AreAnyNumber) {
    constexpr int kCount = 1000;
    const DeviceArray<float> y(queue, std::vector<float>(kCount));
    for (int i = 0; i < kCount; ++i) upload(y, i, static_cast<float>(i + 1));
    EXPECT_EQ(y.values(), counting(kCount));
}

TEST_F(SmallUploads, AreReadBeforeAGraphIsReplayed) {
    const DeviceArray<float> y(queue, {0});
    CudaGraph step(queue, [&] { increment(queue, y.data(), 1); });
    for (const float value : {3.0f, 7.0f}) {
        upload(y, 0, value);
        step.replay();
        EXPECT_EQ(y.values()[0], value + 1);
    }
}

TEST_F(SmallUploads, ToMemoryThatIsReleasedAreWrittenBefore) {
    float* const y = static_cast<float*>(queue.allocate(sizeof(float)));
    const float value = 1;
    queue.upload(y, &value, sizeof(value));
    queue.release(y);
    queue.synchronise();
}

TEST_F(SmallUploads, OfAStepAreOneLaunch) {
    const DeviceArray<float> y(queue, std::vector<float>(5));
    ASSERT_EQ(cudaStreamBeginCapture(queue.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    for (int i = 0; i < 5; ++i) upload(y, i, 1);
    increment(queue, y.data(), 5);
    cudaGraph_t graph = nullptr;
    ASSERT_EQ(cudaStreamEndCapture(queue.stream(), &graph), cudaSuccess);
    std::size_t count = 0;
    ASSERT_EQ(cudaGraphGetNodes(graph, nullptr, &count), cudaSuccess);
    EXPECT_EQ(count, 2u);
    cudaGraphDestroy(graph);
}

TEST_F(Runtime, ARecordedGraphIsReplayedAsItWasRecorded) {
    const DeviceArray<float> y(queue, std::vector<float>(300)), z(queue, std::vector<float>(300));
    ASSERT_EQ(cudaStreamBeginCapture(queue.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    increment(queue, y.data(), 300);
    increment(queue, y.data(), 200);
    queue.copy(z.data(), y.data(), 300 * sizeof(float));
    cudaGraph_t graph = nullptr;
    ASSERT_EQ(cudaStreamEndCapture(queue.stream(), &graph), cudaSuccess);
    EXPECT_EQ(y.values(), std::vector<float>(300)) << "recording does nothing yet";

    std::size_t count = 0;
    ASSERT_EQ(cudaGraphGetNodes(graph, nullptr, &count), cudaSuccess);
    ASSERT_EQ(count, 3u);
    std::vector<cudaGraphNode_t> nodes(count);
    ASSERT_EQ(cudaGraphGetNodes(graph, nodes.data(), &count), cudaSuccess);
    cudaGraphNodeType first, last;
    ASSERT_EQ(cudaGraphNodeGetType(nodes[0], &first), cudaSuccess);
    ASSERT_EQ(cudaGraphNodeGetType(nodes[2], &last), cudaSuccess);
    EXPECT_EQ(first, cudaGraphNodeTypeKernel);
    EXPECT_EQ(last, cudaGraphNodeTypeMemcpy);

    cudaGraphExec_t step = nullptr;
    ASSERT_EQ(cudaGraphInstantiate(&step, graph, 0), cudaSuccess);
    ASSERT_EQ(cudaGraphDestroy(graph), cudaSuccess);
    for (int i = 1; i <= 3; ++i) {
        ASSERT_EQ(cudaGraphLaunch(step, queue.stream()), cudaSuccess);
        EXPECT_EQ(z.values()[0], 2 * i);
        EXPECT_EQ(z.values()[299], i);
    }
    ASSERT_EQ(cudaGraphExecDestroy(step), cudaSuccess);
}

TEST_F(Runtime, WhatACaptureMayNotHold) {
    const DeviceArray<float> y(queue, {0});
    ASSERT_EQ(cudaStreamBeginCapture(queue.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    EXPECT_NE(sentence_of([&] { queue.allocate(16); }), "");
    EXPECT_NE(sentence_of([&] { queue.synchronise(); }), "");
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(queue.stream(), &graph), cudaErrorStreamCaptureInvalidated);
    cudaGetLastError();
    EXPECT_EQ(sentence_of([&] { queue.synchronise(); }), "");
}

TEST_F(Runtime, AReplayThatMeetsFreedMemoryIsRefused) {
    auto* y = static_cast<float*>(queue.allocate(16));
    ASSERT_EQ(cudaStreamBeginCapture(queue.stream(), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    increment(queue, y, 4);
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t step = nullptr;
    ASSERT_EQ(cudaStreamEndCapture(queue.stream(), &graph), cudaSuccess);
    ASSERT_EQ(cudaGraphInstantiate(&step, graph, 0), cudaSuccess);
    EXPECT_EQ(cudaGraphLaunch(step, queue.stream()), cudaSuccess);
    queue.release(y);
    EXPECT_EQ(cudaGraphLaunch(step, queue.stream()), cudaErrorIllegalAddress);
    EXPECT_NE(std::string(cudaGetErrorString(cudaErrorIllegalAddress)).find("increment_kernel"), std::string::npos);
    cudaGetLastError();
    cudaGraphExecDestroy(step);
    cudaGraphDestroy(graph);
}

}  // namespace
}  // namespace sinter::kernels
