// kernel_bench: times every kernel at the sizes that training uses, as a share of what this machine can do.
#include <fmt/format.h>
#include <regex.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "apps/common/numbers.h"
#include "apps/common/program.h"
#include "apps/kernel_bench/bandwidth.h"
#include "apps/kernel_bench/measure.h"
#include "apps/kernel_bench/peak.h"
#include "apps/kernel_bench/report.h"
#include "core/error.h"
#include "kernels/cases/case.h"

namespace sinter {
namespace {

constexpr char kDescription[] =
    "Times every kernel at the sizes that training uses: median time, GFLOP/s and GB/s, as shares of\n"
    "the multiply-add peak and of the memory bandwidth that the same run measures with the same\n"
    "threads. Bandwidth is that of the cache level, or of main memory, that holds the case's working\n"
    "set, for its mix of reads and writes: read, write, triad (y = a + s b) or update (y += s a).\n"
    "Data is warm: a kernel sees the same buffers in every call, as in a training step.\n"
    "A convolution's operations are those of its definition, border included: a kernel that skips the border\n"
    "or needs fewer products (minimal filtering) may pass 100 % of the peak.\n"
    "Where they are installed, OpenBLAS is timed beside the matrix products and oneDNN, in the layouts\n"
    "that it likes best, beside the convolutions, each call in turn with ours.";

struct Options {
    std::string filter;
    int threads = 0;
    double min_time_ms = 20;
    std::string json;
    bool no_peer = false;
    bool list = false;
};

void add_options(CLI::App& app, Options& options) {
    app.set_version_flag("--version", std::string("kernel_bench (sinter) " SINTER_VERSION));
    app.add_option("--filter", options.filter, "Only cases whose family/kernel/size contains this text or matches it")
        ->type_name("REGEX");
    app.add_option("--threads", options.threads, "Threads, the main one included; 0: one per core")
        ->check(whole_number(0, 1024))
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--min-time", options.min_time_ms, "Measured time per case in milliseconds, at least")
        ->check(positive_number(/*or_zero=*/true))
        ->capture_default_str()
        ->type_name("MS");
    app.add_option("--json", options.json,
                   "Also write the numbers as JSON; '-' writes it to stdout instead of the table")
        ->type_name("FILE");
    app.add_flag("--no-peer", options.no_peer, "Do not time OpenBLAS and oneDNN");
    app.add_flag("--list", options.list, "Name the cases and stop");
}

/// A POSIX extended regular expression.
class Pattern {
public:
    explicit Pattern(const std::string& text) {
        if (regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
            throw UsageError(fmt::format("--filter expects a regular expression; \"{}\" is not one.", text));
    }
    ~Pattern() { regfree(&regex_); }
    Pattern(const Pattern&) = delete;
    Pattern& operator=(const Pattern&) = delete;

    bool found_in(const std::string& text) const { return regexec(&regex_, text.c_str(), 0, nullptr, 0) == 0; }

private:
    regex_t regex_{};
};

kernels::CaseList selected_cases(const std::string& filter) {
    kernels::CaseList cases = kernels::all_cases(kernels::Purpose::benchmark);
    if (filter.empty()) return cases;
    const Pattern pattern(filter);
    std::erase_if(cases, [&](const kernels::KernelCase& kernel_case) {
        const std::string name = kernel_case.name();
        return name.find(filter) == std::string::npos && !pattern.found_in(name);
    });
    if (cases.empty())
        throw UsageError(fmt::format("--filter \"{}\" matches no kernel case; --list names them all.", filter));
    return cases;
}

/// One line on stderr that rewrites itself on a terminal, and a line per case in a log.
class Progress {
public:
    explicit Progress(std::size_t total) : total_(total) {}
    ~Progress() {
        if (terminal_) fmt::print(stderr, kClearLine);
    }
    void next(const std::string& name) {
        ++done_;
        fmt::print(stderr, "{}[{}/{}] {}{}", terminal_ ? kClearLine : "", done_, total_, name, terminal_ ? "" : "\n");
        std::fflush(stderr);
    }

private:
    static constexpr char kClearLine[] = "\r\033[K";
    const bool terminal_ = isatty(STDERR_FILENO) != 0;
    const std::size_t total_;
    std::size_t done_ = 0;
};

/// Opened before the measurements, so that a wrong path is known at once.
std::ofstream open_json(const std::string& path) {
    std::ofstream file;
    if (path.empty() || path == "-") return file;
    file.open(path);
    if (!file)
        throw Error(fmt::format("--json cannot write to {}: check that its folder exists and is writable.", path));
    return file;
}

std::vector<bench::PeerLibrary> peer_libraries(const Options& options, const bench::Peers& peers) {
    const auto absence = [&](const char* reason) { return options.no_peer ? "--no-peer" : reason; };
    return {{"matrix products", peers.products ? peers.products->name() : "", absence("OpenBLAS is not installed")},
            {"convolutions", peers.convolutions ? peers.convolutions->name() : "", absence(bench::OneDnn::absence())}};
}

ExitCode run(const Options& options) {
    const kernels::CaseList cases = selected_cases(options.filter);
    if (options.list) {
        for (const kernels::KernelCase& kernel_case : cases) fmt::print("{}\n", kernel_case.name());
        return ExitCode::ok;
    }
    std::ofstream json = open_json(options.json);
    bench::Peers peers;
    if (!options.no_peer) peers = {bench::OpenBlas::find(options.threads), bench::OneDnn::find(options.threads)};
    kernels::CpuQueue queue(options.threads);

    bench::Machine machine;
    machine.cpu = bench::cpu_model();
    machine.simd = bench::simd_target();
    machine.threads = queue.threads();
    machine.peers = peer_libraries(options, peers);
    machine.fma_peak = bench::measure_fma_peak(queue);
    machine.bandwidth = bench::measure_bandwidth(queue);

    const bench::TimingOptions timing{.min_seconds = options.min_time_ms * 1e-3};
    std::vector<bench::Measurement> measurements;
    {
        Progress progress(cases.size());
        for (const kernels::KernelCase& kernel_case : cases) {
            progress.next(kernel_case.name());
            measurements.push_back(bench::measure_case(queue, kernel_case, peers, timing));
        }
    }
    machine.fma_peak_at_end = bench::measure_fma_peak(queue);

    if (options.json == "-")
        fmt::print("{}", bench::format_json(machine, measurements));
    else
        fmt::print("{}", bench::format_table(machine, measurements));
    if (json.is_open() && !(json << bench::format_json(machine, measurements)).flush())
        throw Error(fmt::format("--json could not write all of {}: is the disk full?", options.json));
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    CLI::App app(sinter::kDescription, "kernel_bench");
    sinter::Options options;
    sinter::add_options(app, options);
    return sinter::run_program(app, {argv + std::min(argc, 1), argv + argc}, [&] { return sinter::run(options); });
}
