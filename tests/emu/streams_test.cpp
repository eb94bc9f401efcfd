// Late streams: what relies on more than CUDA promises goes wrong on them, and the queue's rings, readback and graphs
// do not. Graphs are replayed in every order that their edges allow.
#include <cmath>
#include <cstring>
#include <functional>
#include <optional>
#include <set>

#include "kernels/cuda/runtime/device.cuh"
#include "kernels/cuda/runtime/pinned.h"
#include "kernels/runtime/graph.h"
#include "kernels/runtime/readback.h"
#include "tests/emu/device.h"
#include "tests/emu/planted.h"

namespace sinter::kernels {
namespace {

class LateStreams : public EmulatedDevice {
protected:
    void SetUp() override {
        EmulatedDevice::SetUp();
        emu::set_streams(emu::Streams::late);
    }
    void TearDown() override { emu::set_schedule({}); }

    /// y += 1 on the stream of another queue, which takes part in a capture of this one's.
    void increment_beside(const DeviceArray<float>& y) { increment(beside, y.data(), 1); }

    CudaQueue beside;
};

using LateUploads = LateStreams;

TEST_F(LateStreams, DoNothingBeforeTheHostWaits) {
    const PinnedMemory memory(sizeof(float));
    auto* const y = reinterpret_cast<float*>(memory.data());
    *y = 1;
    increment(queue, y, 1);
    StreamEvent event;
    event.record(queue.stream());
    increment(queue, y, 1);
    EXPECT_EQ(*y, 1);
    event.wait();
    EXPECT_EQ(*y, 2) << "what comes after the event is not waited for";
    queue.synchronise();
    EXPECT_EQ(*y, 3);
}

/// The planted fault: the slot of an upload is filled again while the device has not copied from it.
TEST_F(LateUploads, ASlotThatIsUsedAgainTooEarlyGivesTheWrongNumbers) {
    const PinnedMemory memory(sizeof(float));
    auto* const slot = reinterpret_cast<float*>(memory.data());
    const DeviceArray<float> y(queue, {0});
    for (const bool wait : {true, false}) {
        StreamEvent copied;
        *slot = 1;
        ASSERT_EQ(cudaMemcpyAsync(y.data(), slot, sizeof(float), cudaMemcpyHostToDevice, queue.stream()), cudaSuccess);
        copied.record(queue.stream());
        if (wait) copied.wait();
        *slot = 2;
        EXPECT_EQ(y.values()[0], wait ? 1 : 2);
    }
}

/// As many as the ring has room for several times, and the pair of large slots.
TEST_F(LateUploads, OfTheQueueHaveReadTheirSource) {
    constexpr std::size_t kSmall = 300, kLarge = PinnedRing::kMaxBytes;
    for (const std::size_t count : {kSmall, kLarge}) {
        std::vector<float> source(count);
        const DeviceArray<float> rows(queue, std::vector<float>(count * 200));
        for (int row = 0; row < 200; ++row) {
            source.assign(count, static_cast<float>(row));
            queue.upload(rows.data() + static_cast<std::size_t>(row) * count, source.data(), count * sizeof(float));
        }
        const std::vector<float> found = rows.values();
        for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], static_cast<float>(i / count)) << i;
    }
}

TEST_F(LateUploads, OfOrdinaryMemoryWait) {
    std::vector<float> source(PinnedPair::kMaxBytes / sizeof(float) + 1, 1);
    const DeviceArray<float> y(queue, source);
    source.assign(source.size(), 2);
    EXPECT_EQ(y.values().back(), 1);
}

TEST_F(LateStreams, AResultThatIsReadTooEarlyIsNotThere) {
    const DeviceArray<float> loss(queue, {1});
    CudaReadback readback(2, 1);
    readback.post(queue, 0, loss.data());
    increment(queue, loss.data(), 1);
    readback.post(queue, 1, loss.data());
    const float* const first = readback.wait(0);
    EXPECT_EQ(*first, 1);
    EXPECT_TRUE(std::isnan(first[1])) << "the planted fault: the next slot before its wait()";
    EXPECT_EQ(*readback.wait(1), 2);
}

TEST_F(LateStreams, AFaultIsFoundByTheWait) {
    EXPECT_EQ(sentence_of([&] { broken_barrier(queue, BarrierFault::some_return); }), "");
    const std::string sentence = sentence_of([&] { queue.synchronise(); });
    EXPECT_NE(sentence.find("waiting for the device: "), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("broken_barrier_kernel"), std::string::npos) << sentence;
    EXPECT_EQ(sentence_of([&] { queue.synchronise(); }), "");
}

TEST_F(LateStreams, WhatComesAfterAFaultIsNeverReached) {
    StreamEvent before, after;
    before.record(queue.stream());
    broken_barrier(queue, BarrierFault::some_return);
    after.record(queue.stream());
    EXPECT_EQ(sentence_of([&] { before.wait(); }), "");
    EXPECT_NE(sentence_of([&] { queue.synchronise(); }), "");
    EXPECT_NE(sentence_of([&] { after.wait(); }).find("was dropped"), std::string::npos);
}

TEST_F(LateStreams, MemoryThatIsReleasedTwiceIsToldByTheNextCall) {
    void* const y = queue.allocate(16);
    queue.release(y);
    queue.release(y);
    EXPECT_NE(sentence_of([&] { queue.synchronise(); }).find("was freed before"), std::string::npos);
    emu::set_streams(emu::Streams::prompt);
    queue.release(y);
    EXPECT_NE(sentence_of([&] { queue.synchronise(); }).find("releasing memory"), std::string::npos);
}

/// What another stream computes is there for those who wait for its event, and for nobody else.
TEST_F(LateStreams, AMissingEventGivesOldNumbers) {
    const DeviceArray<float> x(queue, {0}), y(queue, {0});
    for (const bool waits : {true, false}) {
        queue.synchronise();
        const float before = x.values()[0];
        increment_beside(x);
        cudaEvent_t computed = nullptr;
        ASSERT_EQ(cudaEventCreateWithFlags(&computed, cudaEventDisableTiming), cudaSuccess);
        ASSERT_EQ(cudaEventRecord(computed, beside.stream()), cudaSuccess);
        const cudaError_t waited = waits ? cudaStreamWaitEvent(queue.stream(), computed) : cudaSuccess;
        ASSERT_EQ(waited, cudaSuccess);
        queue.copy(y.data(), x.data(), sizeof(float));
        EXPECT_EQ(y.values()[0], waits ? before + 1 : before);
        beside.synchronise();
        ASSERT_EQ(cudaEventDestroy(computed), cudaSuccess);
    }
}

TEST_F(LateStreams, TimesAreThoseOfTheWork) {
    const DeviceArray<float> y(queue, std::vector<float>(100'000));
    cudaEvent_t begin = nullptr, end = nullptr;
    ASSERT_EQ(cudaEventCreateWithFlags(&begin, cudaEventDefault), cudaSuccess);
    ASSERT_EQ(cudaEventCreateWithFlags(&end, cudaEventDefault), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(begin, queue.stream()), cudaSuccess);
    increment(queue, y.data(), 100'000);
    ASSERT_EQ(cudaEventRecord(end, queue.stream()), cudaSuccess);
    float milliseconds = 0;
    EXPECT_EQ(cudaEventElapsedTime(&milliseconds, begin, end), cudaErrorNotReady);
    ASSERT_EQ(cudaEventSynchronize(end), cudaSuccess);
    ASSERT_EQ(cudaEventElapsedTime(&milliseconds, begin, end), cudaSuccess);
    EXPECT_GT(milliseconds, 0);
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
}

/// A capture on the queue's stream that `work` may fork from and join again.
class Captures : public LateStreams {
protected:
    void SetUp() override {
        LateStreams::SetUp();
        for (cudaEvent_t* event : {&forked, &joined}) {
            ASSERT_EQ(cudaEventCreateWithFlags(event, cudaEventDisableTiming), cudaSuccess);
        }
    }
    void TearDown() override {
        cudaEventDestroy(forked);
        cudaEventDestroy(joined);
        LateStreams::TearDown();
    }

    void fork() {
        ASSERT_EQ(cudaEventRecord(forked, queue.stream()), cudaSuccess);
        ASSERT_EQ(cudaStreamWaitEvent(beside.stream(), forked), cudaSuccess);
    }
    void join() {
        ASSERT_EQ(cudaEventRecord(joined, beside.stream()), cudaSuccess);
        ASSERT_EQ(cudaStreamWaitEvent(queue.stream(), joined), cudaSuccess);
    }

    cudaEvent_t forked = nullptr, joined = nullptr;
};

TEST_F(Captures, AForkThatIsNotJoinedIsRefused) {
    const DeviceArray<float> x(queue, {0}), y(queue, {0});
    const auto record = [&](bool joins) {
        return sentence_of([&] {
            CudaGraph graph(queue, [&] {
                fork();
                increment_beside(x);
                increment(queue, y.data(), 1);
                if (joins) join();
            });
            graph.replay();
        });
    };
    EXPECT_NE(record(false).find("cudaErrorStreamCaptureUnjoined"), std::string::npos);
    EXPECT_EQ(record(true), "");
    EXPECT_EQ(x.values()[0], 1);
    EXPECT_EQ(y.values()[0], 1);
}

/// x = 1 and y = x on two branches: what y becomes depends on the order, until an event stands between.
TEST_F(Captures, BranchesWithoutAnEdgeComeInEitherOrder) {
    for (const bool ordered : {true, false}) {
        std::set<float> found;
        const DeviceArray<float> x(queue, {0}), y(queue, {0});
        CudaGraph graph(queue, [&] {
            fork();
            increment_beside(x);
            if (ordered) join();
            queue.copy(y.data(), x.data(), sizeof(float));
            if (!ordered) join();
        });
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            emu::set_schedule({emu::Schedule::shuffled, seed});
            const float before = x.values()[0];
            graph.replay();
            found.insert(y.values()[0] - before);
        }
        EXPECT_EQ(found, ordered ? std::set<float>({1}) : std::set<float>({0, 1}));
    }
}

TEST_F(Captures, ARefusedCallEndsThem) {
    cudaStream_t const stream = queue.stream();
    ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    ASSERT_EQ(cudaEventRecord(joined, beside.stream()), cudaSuccess);
    EXPECT_EQ(cudaStreamWaitEvent(stream, joined), cudaErrorStreamCaptureIsolation);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    EXPECT_EQ(graph, nullptr);
    cudaGetLastError();
}

TEST_F(Captures, AnEventOfOneThatHasEndedIsRefused) {
    CudaGraph graph(queue, [&] {
        fork();
        join();
    });
    EXPECT_EQ(cudaStreamWaitEvent(queue.stream(), joined), cudaErrorCapturedEvent);
    EXPECT_EQ(cudaEventSynchronize(joined), cudaErrorCapturedEvent);
    cudaGetLastError();
}

/// The planted fault: memory that a recorded step uses is released while it is recorded.
TEST_F(Captures, MemoryThatIsReleasedInThemStays) {
    const DeviceArray<float> y(queue, {0});
    auto* const x = static_cast<float*>(queue.allocate(sizeof(float)));
    const float one = 1;
    queue.upload(x, &one, sizeof(one));
    CudaGraph graph(queue, [&] {
        queue.copy(y.data(), x, sizeof(float));
        queue.release(x);
    });
    for (int replay = 0; replay < 3; ++replay) graph.replay();
    EXPECT_EQ(sentence_of([&] { queue.synchronise(); }), "");
    EXPECT_EQ(y.values()[0], 1);

    auto* const z = static_cast<float*>(queue.allocate(sizeof(float)));
    queue.synchronise();
    const std::string refused = sentence_of([&] {
        CudaGraph other(queue, [&] {
            const cudaError_t status = cudaFreeAsync(z, queue.stream());
            if (status != cudaSuccess) throw QueueError(cudaGetErrorString(status));
        });
    });
    EXPECT_NE(refused.find("memory was freed"), std::string::npos);
    queue.release(z);
}

/// The host may end while the device has a graph under way.
TEST_F(Captures, AGraphThatIsDestroyedIsStillReplayed) {
    const DeviceArray<float> y(queue, {0});
    std::optional<CudaGraph> graph(std::in_place, queue, [&] { increment(queue, y.data(), 1); });
    graph->replay();
    graph.reset();
    EXPECT_EQ(y.values()[0], 1);
}

}  // namespace
}  // namespace sinter::kernels
