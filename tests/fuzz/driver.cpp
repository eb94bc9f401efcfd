// Fuzzing with feedback: inputs that take branches which none took before are kept, and changed further. The compiler
// calls __sanitizer_cov_trace_pc() at every branch of the sources that are watched.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "tests/fuzz/mutation.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>

// The other sanitizer has a runtime of its own, whose end nobody hears of but by a signal.
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }
// A reader that believes a size from a file asks for memory that a machine does not have.
extern "C" const char* __asan_default_options() { return "max_allocation_size_mb=1024:detect_leaks=1"; }
#endif

namespace {

constexpr std::size_t kPlaces = 1 << 13;
alignas(8) std::array<std::uint8_t, kPlaces> taken;  // times that a branch was taken by the input under way
bool is_watching = false;

}  // namespace

extern "C" void __sanitizer_cov_trace_pc() {
    static std::uintptr_t before = 0;
    if (!is_watching) return;
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    std::uint8_t& count = taken[(here ^ before) % kPlaces];
    if (count < 255) ++count;
    before = here >> 1;
}

namespace sinter::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

Input current;  // the input under way, for whoever reports a finding
const char* file_of_finding = "finding";

void write_finding() {
    const int file = ::open(file_of_finding, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0 || ::write(file, current.data(), current.size()) < 0) return;
    std::fprintf(stderr, "the input of this finding, %zu bytes: %s\n", current.size(), file_of_finding);
}

void end_with_finding(int signal) {
    std::fprintf(stderr, signal == SIGALRM ? "an input took more than 20 seconds\n" : "signal %d\n", signal);
    write_finding();
    ::_exit(1);
}

volatile sig_atomic_t is_stopped = 0;  // by SIGINT or SIGTERM, which leave time for the figures

/// How often a branch was taken counts in powers of two.
std::uint8_t magnitude(std::uint8_t count) {
    std::uint8_t power = 0;
    while (count >> power != 0) ++power;
    return power;
}

class Fuzzer {
public:
    explicit Fuzzer(std::uint64_t seed) : random_(seed) {
        for (const Input& seed_input : seeds()) try_one(seed_input);
    }

    void run(std::uint64_t executions, double seconds) {
        const auto end =
            Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        while (executions_ < executions && !is_stopped && (executions_ % 64 != 0 || Clock::now() < end)) {
            Input input = pick();
            mutate(input, pick(), random_);
            try_one(input);
        }
    }

    std::uint64_t executions() const { return executions_; }
    std::uint64_t accepted() const { return accepted_; }
    std::size_t kept() const { return corpus_.size(); }
    std::size_t branches() const {
        return static_cast<std::size_t>(
            std::count_if(seen_.begin(), seen_.end(), [](std::uint8_t s) { return s != 0; }));
    }

private:
    const Input& pick() { return corpus_[random_() % corpus_.size()]; }

    void try_one(const Input& input) {
        current = input;
        taken.fill(0);
        ::alarm(20);
        is_watching = true;
        try {
            try_input(current);
            ++accepted_;
        } catch (const Error&) {
            // A damaged file, told in a sentence.
        }
        is_watching = false;
        ++executions_;
        if (is_new() || corpus_.empty()) corpus_.push_back(input);
    }

    bool is_new() {
        bool found = false;
        for (std::size_t word = 0; word < kPlaces; word += 8) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, &taken[word], 8);
            if (eight == 0) continue;
            for (std::size_t i = word; i < word + 8; ++i) {
                const std::uint8_t power = magnitude(taken[i]);
                if (power > seen_[i]) seen_[i] = power, found = true;
            }
        }
        return found;
    }

    std::mt19937_64 random_;
    std::vector<Input> corpus_;
    std::array<std::uint8_t, kPlaces> seen_{};
    std::uint64_t executions_ = 0, accepted_ = 0;
};

int usage() {
    std::fprintf(stderr,
                 "usage: fuzz_<subject> [--seconds S] [--runs N] [--seed K] [FILE...]\n"
                 "Tries changed inputs for S seconds or N times. With FILEs: those inputs alone.\n");
    return 2;
}

}  // namespace

void expect(bool condition, const char* sentence) {
    if (condition) return;
    std::fprintf(stderr, "%s\n", sentence);
    std::abort();
}

std::filesystem::path scratch_folder() {
    // Never destroyed: who removes it at exit needs its name.
    static const std::filesystem::path& folder = *new std::filesystem::path([] {
        const std::filesystem::path place =
            ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path();
        std::string pattern = (place / "sinter_fuzz_XXXXXX").string();
        expect(::mkdtemp(pattern.data()) != nullptr, "there is no place for a scratch folder");
        std::atexit([] {
            std::error_code ignored;
            std::filesystem::remove_all(scratch_folder(), ignored);
        });
        return pattern;
    }());
    return folder;
}

ScratchFile::ScratchFile(const std::string& name)
    : path_(scratch_folder() / name), file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    expect(file_ >= 0, "a scratch file cannot be made");
}

ScratchFile::~ScratchFile() { ::close(file_); }

void ScratchFile::write(std::span<const std::uint8_t> content) {
    const bool is_written = ::ftruncate(file_, 0) == 0 &&
                            ::pwrite(file_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size());
    expect(is_written, "a scratch file cannot be written");
}

}  // namespace sinter::fuzz

int main(int argc, char** argv) {
    using namespace sinter::fuzz;
    const std::vector<std::string> words(argv + 1, argv + argc);
    double seconds = 1e9;
    std::uint64_t runs = ~std::uint64_t{0}, seed = 1;
    std::vector<std::string> files;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool has_value = i + 1 < words.size();
        if (words[i] == "--seconds" && has_value)
            seconds = std::atof(words[++i].c_str());
        else if (words[i] == "--runs" && has_value)
            runs = std::strtoull(words[++i].c_str(), nullptr, 10);
        else if (words[i] == "--seed" && has_value)
            seed = std::strtoull(words[++i].c_str(), nullptr, 10);
        else if (words[i].starts_with("--"))
            return usage();
        else
            files.push_back(words[i]);
    }

    const std::string subject = std::filesystem::path(argv[0]).filename().string();
    const std::string finding = subject + ".finding";
    file_of_finding = finding.c_str();
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_set_death_callback(write_finding);
#endif
    for (const int number : {SIGABRT, SIGALRM}) ::signal(number, end_with_finding);
    for (const int number : {SIGINT, SIGTERM}) ::signal(number, [](int) { is_stopped = 1; });

    for (const std::string& file : files) {
        std::ifstream stream(file, std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(stream)), {});
        current = input_of(text);
        try {
            try_input(current);
            std::printf("%s: accepted\n", file.c_str());
        } catch (const sinter::Error& error) {
            std::printf("%s: %s\n", file.c_str(), error.what());
        }
    }
    if (!files.empty()) return 0;

    const auto start = Clock::now();
    Fuzzer fuzzer(seed);
    fuzzer.run(runs, seconds);
    ::alarm(0);
    const double took = std::chrono::duration<double>(Clock::now() - start).count();
    std::printf(
        "%-20s %12llu executions in %6.0f s (%6.0f a second), %5.1f %% accepted, %5zu inputs kept, %5zu branches\n",
        subject.c_str(), static_cast<unsigned long long>(fuzzer.executions()), took,
        static_cast<double>(fuzzer.executions()) / took,
        100 * static_cast<double>(fuzzer.accepted()) / static_cast<double>(fuzzer.executions()), fuzzer.kept(),
        fuzzer.branches());
    return 0;
}
