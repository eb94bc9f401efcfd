// What a process may use, on machines whose files are made up.
#include "kernels/runtime/machine.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <fstream>
#include <string>
#include <thread>

#include "tests/common/temporary_folder.h"

namespace sinter::kernels {
namespace {

namespace fs = std::filesystem;

class Machine : public ::testing::Test {
protected:
    Machine() { write("proc/meminfo", "MemTotal:       16000000 kB\nMemAvailable:    8000000 kB\n"); }

    const fs::path& root() const { return folder_.path(); }
    void write(const fs::path& file, const std::string& text) const {
        fs::create_directories((root() / file).parent_path());
        std::ofstream(root() / file) << text;
    }
    int cores() const { return usable_cores(root()); }
    std::int64_t memory() const { return available_memory(root()); }

    const int all_cores_ = usable_cores("/nowhere");

private:
    TemporaryFolder folder_;
};

constexpr std::int64_t kAvailable = std::int64_t{8000000} * 1024;

TEST_F(Machine, WithoutLimitsEverythingMayBeUsed) {
    EXPECT_GE(cores(), 1);
    EXPECT_EQ(cores(), all_cores_);
    EXPECT_EQ(memory(), kAvailable);
    EXPECT_EQ(available_memory("/nowhere"), 0) << "the system does not say";
}

TEST_F(Machine, AffinityCounts) {
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    const int found = cores();
    ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
    EXPECT_EQ(found, 1);
    EXPECT_EQ(all_cores_, CPU_COUNT(&before));
}

TEST_F(Machine, AQuotaOfVersion2CountsInEveryGroupAroundTheProcess) {
    write("proc/self/cgroup", "0::/user.slice/job\n");
    write("sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
    EXPECT_EQ(cores(), all_cores_);
    write("sys/fs/cgroup/user.slice/cpu.max", "50000 100000\n");
    EXPECT_EQ(cores(), 1) << "half a core";
    write("sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
    EXPECT_EQ(cores(), std::min(2, all_cores_)) << "one and a half are two threads, of which one rests now and then";
    write("sys/fs/cgroup/user.slice/cpu.max", "6400000 100000\n");
    EXPECT_EQ(cores(), all_cores_) << "a quota is no core";
}

TEST_F(Machine, AQuotaOfVersion1Counts) {
    for (const char* folder : {"cpu,cpuacct", "cpu"}) {
        SCOPED_TRACE(folder);
        fs::remove_all(root() / "sys");
        write("proc/self/cgroup", "11:memory:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/job\n");
        const std::string group = std::string("sys/fs/cgroup/") + folder + "/job/";
        write(group + "cpu.cfs_period_us", "100000\n");
        write(group + "cpu.cfs_quota_us", "-1\n");
        EXPECT_EQ(cores(), all_cores_);
        write(group + "cpu.cfs_quota_us", "80000\n");
        EXPECT_EQ(cores(), 1);
    }
}

TEST_F(Machine, AContainerMaySeeItsOwnGroupAsTheOutermost) {
    write("sys/fs/cgroup/cpu.max", "20000 100000\n");
    write("sys/fs/cgroup/memory.max", "3000000\n");
    write("sys/fs/cgroup/memory.current", "1000000\n");
    for (const char* group : {"/", "/docker/0123456789abcdef", "/../../elsewhere"}) {
        SCOPED_TRACE(group);
        write("proc/self/cgroup", std::string("0::") + group + "\n");
        EXPECT_EQ(cores(), 1);
        EXPECT_EQ(memory(), 2000000);
    }
}

TEST_F(Machine, MemoryOfVersion2IsWhatTheTightestGroupLeaves) {
    write("proc/self/cgroup", "0::/outer/inner\n");
    write("sys/fs/cgroup/outer/inner/memory.max", "max\n");
    write("sys/fs/cgroup/outer/inner/memory.current", "5000000\n");
    EXPECT_EQ(memory(), kAvailable);
    write("sys/fs/cgroup/outer/memory.max", "9000000\n");
    write("sys/fs/cgroup/outer/memory.current", "6000000\n");
    EXPECT_EQ(memory(), 3000000);
    write("sys/fs/cgroup/outer/memory.stat", "anon 4000000\nfile 2000000\ninactive_file 1500000\n");
    EXPECT_EQ(memory(), 4500000) << "files that were read are given up";
    write("sys/fs/cgroup/outer/memory.current", "99000000\n");
    EXPECT_EQ(memory(), 1) << "over the limit";
}

TEST_F(Machine, MemoryOfVersion1Counts) {
    write("proc/self/cgroup", "9:memory:/docker/abc\n");
    write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "4000000\n");
    write("sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "1000000\n");
    EXPECT_EQ(memory(), 3000000);
    write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");
    EXPECT_EQ(memory(), kAvailable) << "no limit";
}

TEST_F(Machine, TheLimitsOfTheProcessCount) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer takes terabytes of addresses, which no limit lets it keep";
#endif
    write("proc/self/statm", "1000 500 100 10 0 600 0\n");
    for (const auto& [resource, pages] : {std::pair(RLIMIT_AS, 1000), {RLIMIT_DATA, 600}}) {
        rlimit before{};
        ASSERT_EQ(getrlimit(resource, &before), 0);
        rlimit limit = before;
        limit.rlim_cur = std::min<rlim_t>(std::uint64_t{1} << 32, before.rlim_max);
        ASSERT_EQ(setrlimit(resource, &limit), 0);
        const std::int64_t found = memory();
        ASSERT_EQ(setrlimit(resource, &before), 0);
        EXPECT_EQ(found, static_cast<std::int64_t>(limit.rlim_cur) - pages * sysconf(_SC_PAGESIZE));
    }
}

TEST_F(Machine, FilesThatMakeNoSenseAreNoLimits) {
    write("proc/self/cgroup", "no colon\n0::/job\n::::\n5:memory\n");
    write("sys/fs/cgroup/job/cpu.max", "many 0\n");
    write("sys/fs/cgroup/job/memory.max", "");
    EXPECT_EQ(cores(), all_cores_);
    EXPECT_EQ(memory(), kAvailable);
    write("sys/fs/cgroup/job/cpu.max", "0 0\n");
    EXPECT_EQ(cores(), all_cores_);
}

}  // namespace
}  // namespace sinter::kernels
