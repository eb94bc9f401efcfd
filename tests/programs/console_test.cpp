// What programs say, and what becomes of it where nobody can hear it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "core/printable.h"
#include "tests/common/checkpoint_files.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

/// Puts /dev/full, which has no room for a byte, in the place of a stream.
void fill(int stream) { ::dup2(::open("/dev/full", O_WRONLY), stream); }

class Console : public VaeProgram {
protected:
    void SetUp() override {
        if (!fs::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
    }
    Outcome with_streams(const Arguments& arguments, std::function<void()> in_child) const {
        ProcessOptions options;
        options.in_child = std::move(in_child);
        return vae(arguments, options);
    }
};

TEST_F(Console, AResultThatIsLostIsAnError) {
    train(path("run"));
    const std::string sentence = "the results could not be written to stdout";
    const Arguments evaluate = {"--evaluate", path("run")};
    ASSERT_EQ(vae(evaluate).exit_code, 0);
    expect_refusal(with_streams(evaluate, [] { fill(STDOUT_FILENO); }), 1, {sentence, "No space left"});
    expect_refusal(with_streams(evaluate, [] { ::close(STDOUT_FILENO); }), 1, {sentence});
    for (const char* question : {"--help", "--version", "--list-devices"})
        expect_refusal(with_streams({question}, [] { fill(STDOUT_FILENO); }), 1, {sentence});
    // A reader that has gone: not the end of the process, whose run is not lost, and no news to whoever has gone.
    const Outcome unheard = with_streams(training(path("unheard")), [] {
        int ends[2];
        if (::pipe(ends) == 0) ::dup2(ends[1], STDOUT_FILENO), ::close(ends[0]), ::close(ends[1]);
    });
    EXPECT_EQ(unheard.exit_code, 1);
    EXPECT_EQ(unheard.err.find(sentence), std::string::npos) << unheard.err;
    expect_same_run(path("unheard"), path("run"));
}

TEST_F(Console, ProgressThatIsLostIsNobodysError) {
    EXPECT_EQ(with_streams(training(path("full")), [] { fill(STDERR_FILENO); }).exit_code, 0);
    EXPECT_EQ(with_streams(training(path("closed")), [] { ::close(STDERR_FILENO); }).exit_code, 0);
    expect_same_run(path("closed"), path("full"));
    EXPECT_EQ(with_streams({"--epochs", "-1"}, [] { fill(STDERR_FILENO); }).exit_code, 2) << "the sentence is lost";
    EXPECT_EQ(with_streams({"--epochs", "-1"}, [] { ::close(STDERR_FILENO); }).exit_code, 2);
}

TEST_F(Console, NoFileGetsTheNumberOfAClosedStream) {
    train(path("reference"));
    const Outcome outcome = with_streams(training(path("run")), [] {
        for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(stream);
    });
    EXPECT_EQ(outcome.exit_code, 1) << "the report is lost";
    expect_same_run(path("run"), path("reference"));
}

TEST_F(Console, AListenerWhoDoesNotListenDelaysNoSignal) {
    const Arguments arguments =
        training(path("run"), {"--epochs", "100000", "--sample-every", "0", "--save-every", "0"});
    Process process(command(arguments), in_private({{}, {}, 4096}));
    ASSERT_TRUE(process.wait_until_it_says("first step"));
    // With a line in it that nobody reads, so short a pipe takes no other.
    ASSERT_TRUE(process.wait_until_stderr_is_full(4095));
    process.send(SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (process.is_running() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_FALSE(process.is_running());
    EXPECT_EQ(process.wait().exit_code, 130);
    EXPECT_TRUE(fs::exists(checkpoint_of(path("run"))));
}

// A name that a user, a file or an archive gives must not steer the terminal that a sentence about it appears on.
TEST_F(Console, NoNameSteersATerminal) {
    const std::string evil =
        "\x1b[31m\x1b]0;x\a\r\nname\xc2\x9b"
        "1m\xe2\x80\xae";
    const std::string folder = path(evil);
    const std::string set = folder + "/set " + evil;
    fs::create_directories(folder);
    fs::copy(data(), set);
    const auto expect_harmless = [&](const Outcome& outcome) {
        for (const std::string& said : {outcome.out, outcome.err}) {
            std::string without_lines = said;
            std::erase(without_lines, '\n');
            EXPECT_EQ(printable(without_lines, without_lines.size()), without_lines);
            EXPECT_EQ(said.find("\nname"), std::string::npos) << "a line that the name has begun: " << said;
        }
    };
    const auto try_arguments = [&](const Arguments& arguments) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Outcome outcome = vae(arguments);
        expect_harmless(outcome);
        return outcome;
    };
    EXPECT_EQ(try_arguments({"--data", set, "--out", folder + "/run", "--epochs", "1", "--hidden", "8"}).exit_code, 0);
    EXPECT_EQ(try_arguments({"--evaluate", folder + "/run", "--out", folder + "/pictures"}).exit_code, 0);
    EXPECT_EQ(try_arguments({"--sample", folder + "/run", "2", "--out", folder + "/samples"}).exit_code, 0);
    for (const Arguments& wrong :
         std::initializer_list<Arguments>{{evil},
                                          {"--" + evil},
                                          {"--epochs", evil},
                                          {"--arch", evil},
                                          {"--lr", evil},
                                          {"--device", evil},
                                          {"--profile-steps", evil, "--data", data()},
                                          {"--data", evil},
                                          {"--data", data(), "--out", folder + "/run"},
                                          {"--resume", "--out", folder},
                                          {"--config", folder},
                                          {"--config", path("config.toml")},
                                          {"--evaluate", folder},
                                          {"--evaluate", set + "/train-images-idx3-ubyte"},
                                          {"--sample", path("facts.safetensors"), "2", "--out", path("none")},
                                          {"--sample", path("arrays.safetensors"), "2", "--out", path("none")},
                                          {"--sample", folder + "/run", evil, "--out", path("none")},
                                          {"--sample", folder + "/run", "2", "--out", folder + "/samples"}}) {
        write_text(path("config.toml"), "\"" + std::string("\\u001b[31m") + "\" = 1\n");
        const SafetensorsFile good = SafetensorsFile::open(checkpoint_of(folder + "/run"));
        SafetensorsMetadata facts = good.metadata();
        facts["model.arch"] = "\x1b[31m\nname";
        write_with_facts(path("facts.safetensors"), good.entries(), facts);
        std::vector<SafetensorsEntry> entries(good.entries().begin(), good.entries().end());
        entries.front().name = "\x1b[31m\nname";
        write_safetensors(path("arrays.safetensors"), entries, {{"format", "sinter checkpoint 1"}, {"model", "vae"}});
        EXPECT_NE(try_arguments(wrong).exit_code, 0);
    }
}

TEST_F(Console, TheThreadsAreThoseOfTheCoresThatTheProcessMayUse) {
    const auto on_one_core = [] {
        cpu_set_t all, one;
        ::sched_getaffinity(0, sizeof all, &all);
        int first = 0;
        while (!CPU_ISSET(first, &all)) ++first;
        CPU_ZERO(&one);
        CPU_SET(first, &one);
        ::sched_setaffinity(0, sizeof one, &one);
    };
    const Outcome one = with_streams(training(path("one")), on_one_core);
    EXPECT_NE(one.err.find(" with 1 thread\n"), std::string::npos) << one.err;
    const Outcome asked = with_streams(training(path("asked"), {"--threads", "3"}), on_one_core);
    EXPECT_NE(asked.err.find("--threads 3: this process may use 1 core"), std::string::npos) << asked.err;
    EXPECT_NE(asked.err.find(" with 3 threads\n"), std::string::npos) << asked.err;
    expect_same_run(path("asked"), path("one"));
}

TEST_F(Console, AMachineWithoutMoreThreadsTrainsWithThoseThatThereAre) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer takes terabytes of addresses, which no limit lets it keep";
#endif
    train(path("reference"));
    // A stack of half a gigabyte for each, of which two or three fit.
    const Outcome few = with_streams(training(path("few"), {"--threads", "9"}), [] {
        const rlimit stack{std::size_t{512} << 20, std::size_t{512} << 20},
            all{std::size_t{1500} << 20, std::size_t{1500} << 20};
        ::setrlimit(RLIMIT_STACK, &stack);
        ::setrlimit(RLIMIT_AS, &all);
    });
    EXPECT_EQ(few.exit_code, 0) << few.err;
    EXPECT_NE(few.err.find(" of 9 threads could be started"), std::string::npos) << few.err;
    expect_same_run(path("few"), path("reference"));
}

}  // namespace
}  // namespace sinter
