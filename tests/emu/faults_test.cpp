// Every planted fault is found, and the sentence says where.
#include <cmath>

#include "tests/emu/device.h"
#include "tests/emu/planted.h"

namespace sinter::kernels {
namespace {

using Faults = EmulatedDevice;

void expect_in_order(const std::string& sentence, const std::vector<std::string>& parts) {
    std::size_t at = 0;
    for (const std::string& part : parts) {
        const std::size_t found = sentence.find(part, at);
        EXPECT_NE(found, std::string::npos) << "no \"" << part << "\" in: " << sentence;
        if (found == std::string::npos) return;
        at = found + part.size();
    }
}

TEST_F(Faults, ABarrierThatSomeThreadsNeverReach) {
    const std::string sentence = sentence_of([&] { broken_barrier(queue, BarrierFault::some_return); });
    expect_in_order(sentence, {"[cuda] launching broken_barrier_kernel", "block (0,0,0), thread (40,0,0): returned",
                               "thread (0,0,0) waits at __syncthreads() (planted.cu:"});
    emu::set_schedule({emu::Schedule::reversed});
    expect_in_order(sentence_of([&] { broken_barrier(queue, BarrierFault::some_return); }),
                    {"thread (39,0,0): waits at __syncthreads()", "thread (63,0,0) has returned"});
}

TEST_F(Faults, ABarrierInADivergentBranch) {
    expect_in_order(sentence_of([&] { broken_barrier(queue, BarrierFault::other_branch); }),
                    {"thread (32,0,0): waits at __syncthreads() (planted.cu:",
                     "thread (0,0,0) waits at __syncthreads()", "the same barrier"});
}

TEST_F(Faults, ABarrierThatOthersReachOnlyAfterAShuffle) {
    expect_in_order(sentence_of([&] { broken_barrier(queue, BarrierFault::below_a_shuffle); }),
                    {"nobody can go on", "thread (0,0,0) waits at __syncwarp()", "mask 0xffffffff",
                     "thread (5,0,0) waits at __syncthreads()"});
}

TEST_F(Faults, ShufflesWithAWrongMask) {
    const auto sentence = [&](ShuffleFault fault) { return sentence_of([&] { broken_shuffle(queue, fault); }); };
    expect_in_order(sentence(ShuffleFault::own_lane_missing),
                    {"broken_shuffle_kernel", "thread (16,0,0)", "__shfl_sync()", "0x0000ffff", "own lane 16"});
    expect_in_order(sentence(ShuffleFault::lane_returned), {"thread (7,0,0): returned", "__shfl_xor_sync()"});
    expect_in_order(sentence(ShuffleFault::reads_unnamed_lane), {"reads from lane 20", "mask does not name"});
    expect_in_order(sentence(ShuffleFault::masks_differ), {"thread (3,0,0)", "0x0000000f", "0xffffffff"});
    expect_in_order(sentence(ShuffleFault::lane_absent), {"names lane 20", "ends with lane 19"});
}

TEST_F(Faults, ADeviceThatFaultedGoesOnWithTheNextLaunch) {
    EXPECT_NE(sentence_of([&] { broken_barrier(queue, BarrierFault::other_branch); }), "");
    const DeviceArray<float> y(queue, {1, 2, 3});
    increment(queue, y.data(), 3);
    EXPECT_EQ(y.values(), (std::vector<float>{2, 3, 4}));
}

TEST_F(Faults, MemoryThatNobodyWroteToReadsAsNan) {
    const DeviceArray<float> y(queue, {0, 0});
    for (int launch = 0; launch < 2; ++launch) {
        read_unwritten_shared(queue, y.data());
        EXPECT_TRUE(std::isnan(y.values()[0])) << "static shared memory";
        EXPECT_TRUE(std::isnan(y.values()[1])) << "dynamic shared memory";
        write_shared(queue);  // what one block leaves, the next does not see
    }
    float* fresh = static_cast<float*>(queue.allocate(sizeof(float)));
    float value = 0;
    queue.download(&value, fresh, sizeof value);
    queue.release(fresh);
    EXPECT_TRUE(std::isnan(value)) << "global memory";
}

TEST_F(Faults, AnAsynchronousCopyThatNobodyWaitedFor) {
    const std::vector<float> x = counting(128);
    const DeviceArray<float> from(queue, x), to(queue, x);
    copy_asynchronously(queue, to.data(), from.data(), 128, false);
    for (const float value : to.values()) EXPECT_TRUE(std::isnan(value));

    copy_asynchronously(queue, to.data(), from.data(), 101, true);
    const std::vector<float> y = to.values();
    for (std::size_t i = 0; i < 128; ++i) {
        const std::size_t source = (i + 4) % 128;
        EXPECT_EQ(y[i], source < 101 ? x[source] : 0) << i;
    }
}

TEST_F(Faults, MatricesLoadedFromAnAddressThatIsNotAligned) {
    const DeviceArray<float> y(queue, std::vector<float>(128));
    expect_in_order(sentence_of([&] { load_matrices_from(queue, y.data(), -1); }),
                    {"load_matrices_kernel", "rows that are aligned to 16 bytes"});
}

// The address sanitizer ends the program where the access is made; without it, guard bytes are looked at after the
// launch, which finds what was written.
#ifdef SINTER_EMU_ASAN
using FaultsDeathTest = Faults;

TEST_F(FaultsDeathTest, AnAccessPastTheEndOfGlobalMemory) {
    const DeviceArray<float> y(queue, std::vector<float>(5));
    const char* place = "kernel write_global_kernel, block \\(0,0,0\\), thread \\(31,0,0\\)";
    EXPECT_DEATH(write_global(queue, y.data(), 5), place);
    EXPECT_DEATH(write_global(queue, y.data(), -1), place);
    EXPECT_DEATH(read_global(queue, y.data(), 5), "kernel read_global_kernel, block \\(0,0,0\\), thread \\(31,0,0\\)");
}

TEST_F(FaultsDeathTest, AnAccessPastTheEndOfSharedMemory) {
    EXPECT_DEATH(write_dynamic_shared(queue, 4, 4), "kernel write_dynamic_shared_kernel, block \\(0,0,0\\), thread");
    EXPECT_DEATH(write_static_shared(queue, 32), "index 32 out of bounds");
}

TEST_F(FaultsDeathTest, MatricesLoadedFromPastTheEndOfSharedMemory) {
    const DeviceArray<float> y(queue, std::vector<float>(128));
    EXPECT_DEATH(load_matrices_from(queue, y.data(), 4), "kernel load_matrices_kernel, block \\(0,0,0\\), thread");
}

TEST_F(FaultsDeathTest, FreedMemory) {
    float* freed = static_cast<float*>(queue.allocate(64));
    const DeviceArray<float> y(queue, {0});
    queue.release(freed);
    EXPECT_DEATH(read_global(queue, y.data(), freed - y.data()), "use-after-poison");
}
#else
TEST_F(Faults, AWritePastTheEndOfGlobalMemory) {
    const DeviceArray<float> y(queue, std::vector<float>(5));
    expect_in_order(sentence_of([&] { write_global(queue, y.data(), 5); }),
                    {"write_global_kernel", "0 bytes past the end of an allocation of 20 bytes"});
    expect_in_order(sentence_of([&] { write_global(queue, y.data(), -1); }),
                    {"write_global_kernel", "1 bytes in front of an allocation of 20 bytes"});
    EXPECT_EQ(sentence_of([&] { write_global(queue, y.data(), 4); }), "") << "a fault is told once";
}

TEST_F(Faults, AWritePastTheEndOfSharedMemory) {
    expect_in_order(sentence_of([&] { write_dynamic_shared(queue, 4, 4); }),
                    {"write_dynamic_shared_kernel, block (0,0,0)", "0 bytes past the end of the 16 bytes"});
    EXPECT_EQ(sentence_of([&] { write_dynamic_shared(queue, 4, 3); }), "");
}
#endif

TEST_F(Faults, AMissingCopyToTheDevice) {
    std::vector<float> host(8);
    expect_in_order(sentence_of([&] { increment(queue, host.data(), 8); }),
                    {"increment_kernel", "argument 1 points to host memory", "a copy to the device may be missing"});
    float* freed = static_cast<float*>(queue.allocate(64));
    queue.release(freed);
    EXPECT_NE(sentence_of([&] { increment(queue, freed, 8); }), "") << "freed memory";
}

TEST(MissingCopyDeathTest, TheHostReadsDeviceMemory) {
    EXPECT_DEATH(
        {
            CudaQueue queue;
            volatile float* y = static_cast<float*>(queue.allocate(64));
            std::printf("%f\n", static_cast<double>(y[0]));
        },
        "The host touched device memory.* a copy between device and host is missing");
}

TEST_F(Faults, CopiesStayWithinAllocations) {
    const DeviceArray<float> y(queue, counting(100));
    std::vector<float> host(102);
    expect_in_order(sentence_of([&] { queue.download(host.data(), y.data(), 404); }), {"404 bytes from device memory"});
    expect_in_order(sentence_of([&] { queue.upload(y.data() + 2, host.data(), 396); }), {"396 bytes to device memory"});
    EXPECT_NE(sentence_of([&] { queue.upload(host.data(), host.data(), 400); }), "") << "to the host";
    EXPECT_NE(sentence_of([&] { queue.upload(host.data(), host.data(), 4); }), "") << "few bytes to the host";
    EXPECT_NE(sentence_of([&] { queue.upload(y.data() + 99, host.data(), 8); }), "") << "few bytes past the end";
    EXPECT_NE(sentence_of([&] { queue.download(y.data(), y.data(), 4); }), "") << "to the device";
    EXPECT_NE(sentence_of([&] { queue.copy(y.data(), host.data(), 4); }), "") << "from the host";
    EXPECT_EQ(y.values(), counting(100));
}

TEST_F(Faults, LaunchesOverTheLimits) {
    expect_in_order(sentence_of([&] { launch_nothing(queue, 1, 1025, 0); }),
                    {"nothing_kernel", "1025x1x1 threads", "1 to 1024"});
    EXPECT_NE(sentence_of([&] { launch_nothing(queue, 1, 0, 0); }), "");
    expect_in_order(sentence_of([&] { launch_nothing(queue, 1, 32, 228 * 1024); }),
                    {"nothing_kernel", "233472 bytes of dynamic shared memory"});
    EXPECT_EQ(sentence_of([&] { launch_nothing(queue, 3, 1024, 227 * 1024); }), "");
    EXPECT_EQ(sentence_of([&] { launch_nothing(queue, 0, 32, 0); }), "") << "an empty grid is no launch";
}

}  // namespace
}  // namespace sinter::kernels
