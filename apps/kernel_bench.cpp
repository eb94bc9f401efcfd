// kernel_bench: times every kernel at the sizes that training uses, as a share of what this machine can do.
#include <fmt/format.h>
#include <regex.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/devices.h"
#include "apps/common/program.h"
#include "apps/kernel_bench/filter_table.h"
#include "apps/kernel_bench/measure.h"
#include "apps/kernel_bench/report.h"
#include "apps/roofs/bandwidth.h"
#include "apps/roofs/peak.h"
#include "core/console.h"
#include "core/error.h"
#include "kernels/cases/case.h"

#ifdef SINTER_HAS_CUDA
#include "apps/kernel_bench/cuda/plan_sweep.h"
#include "apps/kernel_bench/cuda/report.h"
#endif

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
    "that it likes best, beside the convolutions, each call in turn with ours.\n"
    "On a CUDA device calls are replayed from a graph, as in a captured training step, twice: warm, on\n"
    "the same buffers, and cold, on buffers that push each other out of the L2 cache. Where cuBLASLt and\n"
    "cuDNN are found they are timed in turn with matrix products, convolutions and batch normalisation,\n"
    "on arrays in the layouts and number formats that they like best.";

struct Options {
    std::string filter;
    std::string device = "cpu";
    kernels::Precision precision = kernels::Precision::fp32;
    int threads = 0;
    double min_time_ms = 20;
    double time_limit = 0;  // seconds; 0: none
    std::string json;
    bool no_peer = false;
    bool list = false;
    bool profile = false;
    bool plans = false;
    bool sweep_plans = false;
    bool filters = false;
};

void describe(OptionList& list, Options& options) {
    list.once("filter", options.filter, "Only cases whose family/kernel/size contains this text or matches it")
        .shown_as("REGEX");
    list.once("device", options.device, "cpu or cuda[:N]");
    list.once("precision", options.precision, kPrecisions, kPrecisionHelp);
    list.once("threads", options.threads, "CPU threads, the main one included; 0: one per core").from(0, 1024);
    list.once("min-time", options.min_time_ms, "Measured time per case in milliseconds, at least")
        .not_negative()
        .shown_as("MS");
    list.once("time-limit", options.time_limit, "Begin no case after so many seconds, and report the others; 0: none")
        .not_negative()
        .shown_as("S");
    list.once("json", options.json, "Also write the numbers as JSON; '-' writes it to stdout instead of the table")
        .shown_as("FILE");
    list.once("no-peer", options.no_peer, "Do not time OpenBLAS, oneDNN and the vendor engine");
    list.once("list", options.list, "Name the cases and stop");
    list.once("profile", options.profile,
              "For Nsight: call each case once more between cudaProfilerStart and cudaProfilerStop, time nothing");
    list.once("filters", options.filters,
              "On the CPU: what the transforms of minimal filtering do to rounding errors, beside plain sums, and how "
              "many times as fast they are; time nothing else");
    list.once("plans", options.plans,
              "On a CUDA device: how matrix products and convolutions are cut, and the times that the model of an H200 "
              "expects; time nothing");
    list.once("sweep-plans", options.sweep_plans,
              "On a CUDA device: time matrix products and convolutions with every tile and split, as a table");
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

/// The number of the device that --device cuda[:N] names, or nothing for the CPU.
std::optional<int> cuda_device(const Options& options) {
    if (options.device == "cpu") return std::nullopt;
    return cuda_number(options.device, "cpu or cuda[:N]");
}

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
class CaseProgress {
public:
    explicit CaseProgress(std::size_t total) : total_(total) {}
    ~CaseProgress() {
        if (terminal_) write_if_taken(STDERR_FILENO, kClearLine, 0);
    }
    void next(const std::string& name) {
        ++done_;
        const std::string line =
            fmt::format("{}[{}/{}] {}{}", terminal_ ? kClearLine : "", done_, total_, name, terminal_ ? "" : "\n");
        write_if_taken(STDERR_FILENO, line, 0);
    }

private:
    static constexpr char kClearLine[] = "\r\033[K";
    const bool terminal_ = isatty(STDERR_FILENO) != 0;
    const std::size_t total_;
    std::size_t done_ = 0;
};

/// Calls measure(case) for one case after the other. After --time-limit no second one is begun, so that what was
/// measured is reported.
template <class Measure>
void for_each_case(const Options& options, const kernels::CaseList& cases, const Measure& measure) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point begin = Clock::now();
    std::size_t begun = 0;
    {
        CaseProgress progress(cases.size());
        for (const kernels::KernelCase& kernel_case : cases) {
            const std::chrono::duration<double> passed = Clock::now() - begin;
            if (begun > 0 && options.time_limit > 0 && passed.count() >= options.time_limit) break;
            ++begun;
            progress.next(kernel_case.name());
            measure(kernel_case);
        }
    }
    if (begun < cases.size())
        say("--time-limit: the last {} of {} cases were not begun\n", cases.size() - begun, cases.size());
}

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

/// What a run has found, as people and as programs read it.
struct Report {
    std::string table, json;
};

Report bench_cpu(const Options& options, const kernels::CaseList& cases) {
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
    for_each_case(options, cases, [&](const kernels::KernelCase& kernel_case) {
        measurements.push_back(bench::measure_case(queue, kernel_case, peers, timing));
    });
    machine.fma_peak_at_end = bench::measure_fma_peak(queue);
    return {bench::format_table(machine, measurements), bench::format_json(machine, measurements)};
}

#ifdef SINTER_HAS_CUDA

kernels::CudaQueue open_queue(const Options& options, int device) {
    std::string why_none;
    const int devices = kernels::CudaQueue::devices(&why_none);
    if (devices == 0) throw DeviceError(fmt::format("--device {}: no CUDA device: {}.", options.device, why_none));
    if (device >= devices)
        throw DeviceError(
            fmt::format("--device {}: this machine's CUDA devices are numbered 0 to {}.", options.device, devices - 1));
    kernels::CudaQueue queue(device);
    queue.set_precision(options.precision);
    return queue;
}

/// On an emulated device, where a time says nothing, one sample will do.
bench::TimingOptions timing_options(const Options& options, bool emulated) {
    return {.min_seconds = options.min_time_ms * 1e-3,
            .min_samples = emulated ? 1 : bench::TimingOptions().min_samples};
}

Report profile_cuda(const Options& options, int device, const kernels::CaseList& cases) {
    kernels::CudaQueue queue = open_queue(options, device);
    for_each_case(options, cases,
                  [&](const kernels::KernelCase& kernel_case) { bench::profile_cuda_case(queue, kernel_case); });
    return {};
}

Report plans_on_cuda(const Options& options, int device, const kernels::CaseList& cases) {
    kernels::CudaQueue queue = open_queue(options, device);
    std::vector<bench::CasePlans> plans;
    for (const kernels::KernelCase& kernel_case : cases)
        if (bench::has_plan(kernel_case)) plans.push_back(bench::plan_case(queue, kernel_case));
    return {bench::format_plans(plans), ""};
}

Report sweep_plans_on_cuda(const Options& options, int device, const kernels::CaseList& cases) {
    kernels::CudaQueue queue = open_queue(options, device);
    const bool emulated = bench::describe_device(queue).emulated;
    std::vector<bench::PlanSweep> sweeps;
    for_each_case(options, cases, [&](const kernels::KernelCase& kernel_case) {
        if (bench::has_plan(kernel_case))
            sweeps.push_back(bench::sweep_plans(queue, kernel_case, timing_options(options, emulated)));
    });
    return {bench::format_sweeps(sweeps), ""};
}

Report bench_cuda(const Options& options, int device, const kernels::CaseList& cases) {
    if (options.profile) return profile_cuda(options, device, cases);
    if ((options.plans || options.sweep_plans) && std::none_of(cases.begin(), cases.end(), bench::has_plan))
        throw UsageError(fmt::format("{}: --filter \"{}\" matches no matrix product or convolution.",
                                     options.plans ? "--plans" : "--sweep-plans", options.filter));
    if (options.plans) return plans_on_cuda(options, device, cases);
    if (options.sweep_plans) return sweep_plans_on_cuda(options, device, cases);
    kernels::CudaQueue queue = open_queue(options, device);
    bench::CudaMachine machine;
    machine.device = bench::describe_device(queue);
    machine.precision = queue.precision();
    machine.peaks = bench::measure_cuda_peaks(queue, machine.device);
    machine.empty_launch = bench::measure_empty_launch(queue);
    machine.bandwidth = bench::measure_cuda_bandwidth(queue, machine.device);
    machine.vendor_absence = options.no_peer ? "--no-peer" : bench::absence_of_vendor(queue).value_or("");
    const bool vendor = machine.vendor_absence.empty();

    const bench::TimingOptions timing = timing_options(options, machine.device.emulated);
    std::vector<bench::CudaMeasurement> measurements;
    for_each_case(options, cases, [&](const kernels::KernelCase& kernel_case) {
        measurements.push_back(bench::measure_cuda_case(queue, machine.device, kernel_case, vendor, timing));
    });
    return {bench::format_table(machine, measurements), bench::format_json(machine, measurements)};
}

#else

[[noreturn]] Report bench_cuda(const Options& options, int, const kernels::CaseList&) {
    throw DeviceError(
        fmt::format("--device {}: this build of sinter has no CUDA backend; configure it with -DSINTER_CUDA=ON, or "
                    "without a GPU with -DSINTER_CUDA=EMULATE (docs/emulator.md), or leave --device out.",
                    options.device));
}

#endif

ExitCode tell_filters(const Options& options) {
    kernels::CpuQueue queue(options.threads);
    bench::TimingOptions timing{.min_seconds = options.min_time_ms * 1e-3};
    if (options.min_time_ms == 0) timing.min_samples = 1;
    answer_lines(bench::filter_table(queue, timing));
    return ExitCode::ok;
}

ExitCode run(const Options& options) {
    const std::optional<int> device = cuda_device(options);
    if (options.filters) {
        if (device || !options.json.empty() || !options.filter.empty())
            throw UsageError("--filters is a table of the CPU: leave --device, --json and --filter out.");
        return tell_filters(options);
    }
    const kernels::CaseList cases = selected_cases(options.filter);
    if (options.list) {
        for (const kernels::KernelCase& kernel_case : cases) answer("{}\n", kernel_case.name());
        return ExitCode::ok;
    }
    if (!device && options.precision != kernels::Precision::fp32)
        refuse_precision_of_cpu(name_of(kPrecisions, options.precision));
    for (const auto& [flag, given] : {std::pair("--profile", options.profile),
                                      {"--plans", options.plans},
                                      {"--sweep-plans", options.sweep_plans}}) {
        if (given && !device)
            throw UsageError(fmt::format("{} is for CUDA devices: give --device cuda with it.", flag));
    }
    if ((options.plans || options.sweep_plans) && !options.json.empty())
        throw UsageError("--json is for times: --plans and --sweep-plans answer with a table; leave one of them out.");
    std::ofstream json = open_json(options.json);
    const Report report = device ? bench_cuda(options, *device, cases) : bench_cpu(options, cases);
    answer_lines(options.json == "-" ? report.json : report.table);
    if (json.is_open() && !(json << report.json).flush())
        throw Error(fmt::format("--json could not write all of {}: is the disk full?", options.json));
    return ExitCode::ok;
}

}  // namespace
}  // namespace sinter

int main(int argc, char** argv) {
    using namespace sinter;
    Options options;
    OptionList list("kernel_bench");
    describe(list, options);
    return run_program(list, kDescription, argc, argv, [&] { return run(options); });
}
