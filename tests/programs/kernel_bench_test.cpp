// kernel_bench as a user starts it: the list of cases, filters, the table and its JSON, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "kernels/runtime/queue.h"
#include "tests/common/temporary_folder.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

// One product and one convolution, small enough for a sanitizer.
constexpr char kProduct[] = "gemm/gemm/m=128 n=40 k=400 layer 400-40 forward";
constexpr char kConvolution[] = "conv_forward/.*conv VAE 28 conv2";

Outcome bench(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {}) {
    std::vector<std::string> command = {SINTER_KERNEL_BENCH};
    command.insert(command.end(), arguments.begin(), arguments.end());
    ProcessOptions options;
    options.environment = environment;
    return run(command, options);
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> result;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::vector<std::string> list(const std::string& filter) {
    const Outcome outcome = bench({"--list", "--filter", filter});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return lines(outcome.out);
}

TEST(KernelBench, ListsEveryCaseOnce) {
    const Outcome outcome = bench({"--list"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::vector<std::string> names = lines(outcome.out);
    EXPECT_GT(names.size(), 100u);
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    for (const std::string& name : names) EXPECT_EQ(std::count(name.begin(), name.end(), '/'), 2) << name;
}

TEST(KernelBench, CoversTheConvolutionsOfEveryModel) {
    // Distinct layers, each with its forward and two gradients.
    EXPECT_EQ(list("^conv/.*DCGAN 28").size(), 3u * 3u);
    EXPECT_EQ(list("^conv/.*DCGAN 32").size(), 3u * 5u);
    EXPECT_EQ(list("^conv/.*DCGAN 64").size(), 3u * 6u);
    EXPECT_EQ(list("^conv/.*conv VAE 28").size(), 3u * 5u);
}

TEST(KernelBench, FiltersByTextAndByExpression) {
    EXPECT_EQ(list("layer 400-40 forward"), std::vector<std::string>{kProduct});
    EXPECT_EQ(list("n=40 .*forward$"), std::vector<std::string>{kProduct});
}

TEST(KernelBench, TableHasALineForEachCaseAndTheLowest) {
    const Outcome outcome = bench({"--filter", kConvolution, "--min-time", "0", "--threads", "2"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "2 threads")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\npeers ")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\nconv    conv_forward  x=128x14x14x32 y=7x7x64")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\nconv_forward, 1 case  % FMA ")) << outcome.out;
}

TEST(KernelBench, JsonHoldsTheNumbersAndThePeers) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "numbers.json").string();
    const std::string filter = std::string(kProduct) + "|" + kConvolution;
    const Outcome outcome = bench({"--filter", filter, "--min-time", "0", "--threads", "1", "--json", file});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;

    const nlohmann::json document = nlohmann::json::parse(read_text(file));
    EXPECT_EQ(document["threads"], 1);
    EXPECT_GT(document["fma_peak_flops_per_second"].get<double>(), 0);
    EXPECT_LE(document["peers"].size(), 2u);
    ASSERT_EQ(document["cases"].size(), 2u);
    for (const nlohmann::json& timed : document["cases"]) {
        EXPECT_GT(timed["seconds"].get<double>(), 0);
        EXPECT_EQ(timed["narrowest_side"], timed["kernel"] == "gemm" ? 40 : 32);
        if (timed["peer"].is_null()) {  // not installed here
            EXPECT_TRUE(timed["peer_seconds"].is_null());
            continue;
        }
        const auto& peers = document["peers"];
        EXPECT_NE(std::find(peers.begin(), peers.end(), timed["peer"]), peers.end()) << timed;
        EXPECT_EQ(has(timed["peer"], "oneDNN"), timed["kernel"] == "conv_forward") << timed;
        EXPECT_GT(timed["peer_seconds"].get<double>(), 0);
    }
}

TEST(KernelBench, ReportsWhatWasTimedWithinTheLimit) {
    const std::string filter = std::string(kProduct) + "|" + kConvolution;
    const Outcome outcome =
        bench({"--filter", filter, "--min-time", "0", "--time-limit", "0.000001", "--no-peer", "--json", "-"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(nlohmann::json::parse(outcome.out)["cases"].size(), 1u);
    EXPECT_TRUE(has(outcome.err, "--time-limit: the last 1 of 2 cases were not begun")) << outcome.err;
}

TEST(KernelBench, JsonInPlaceOfTheTable) {
    const Outcome outcome = bench({"--filter", kProduct, "--min-time", "0", "--no-peer", "--json", "-"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const nlohmann::json document = nlohmann::json::parse(outcome.out);
    EXPECT_TRUE(document["peers"].empty());
    EXPECT_TRUE(document["cases"][0]["peer"].is_null());
}

#ifdef SINTER_CUDA_EMULATED

TEST(KernelBenchOnCUDA, TimesACudaDeviceAndSaysThatItIsEmulated) {
    const Outcome outcome = bench({"--device", "cuda", "--filter", kProduct, "--min-time", "0"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "device     emulated CUDA device, compute capability 9.0")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "say nothing about a GPU")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "this run's products are in fp32")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\ngemm    gemm    m=128 n=40 k=400 layer 400-40 forward")) << outcome.out;
}

TEST(KernelBenchOnCUDA, JsonOfACudaDeviceHasWarmAndColdTimes) {
    const Outcome outcome =
        bench({"--device", "cuda:0", "--precision", "tf32", "--filter",
               std::string(kProduct) + "|elementwise/add/n=51200", "--min-time", "0", "--json", "-"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const nlohmann::json document = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(document["emulated"], true);
    EXPECT_EQ(document["precision"], "tf32");
    for (const char* roof : {"fma_peak_flops_per_second", "tf32_peak_flops_per_second", "bf16_peak_flops_per_second",
                             "empty_launch_seconds"})
        EXPECT_GT(document[roof].get<double>(), 0) << roof;
    EXPECT_GT(document["bandwidth"].back()["working_set_bytes"], document["l2_bytes"]);
    ASSERT_EQ(document["cases"].size(), 2u);
    for (const nlohmann::json& timed : document["cases"]) {
        EXPECT_GT(timed["warm"]["seconds"].get<double>(), 0);
        EXPECT_GT(timed["cold"]["seconds"].get<double>(), 0);
        // What is touched between two visits of a buffer does not fit in the L2 cache.
        const double others = timed["cold"]["calls_per_sample"].get<double>() - 1;
        EXPECT_GE(others * timed["working_set_bytes"].get<double>(), 2 * document["l2_bytes"].get<double>());
    }
    const nlohmann::json& product = document["cases"][0];
    EXPECT_DOUBLE_EQ(product["peak_share"].get<double>(), product["flops"].get<double>() /
                                                              product["warm"]["seconds"].get<double>() /
                                                              document["tf32_peak_flops_per_second"].get<double>());
}

TEST(KernelBenchOnCUDA, SaysWhyThereIsNoVendorEngine) {
    const Outcome outcome =
        bench({"--device", "cuda", "--filter", kProduct, "--min-time", "0"}, {{"SINTER_VENDOR_PATH", "/nowhere"}});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "\nvendor     none: ")) << outcome.out;
    EXPECT_FALSE(has(outcome.out, "x vendor")) << outcome.out;
}

#ifdef SINTER_STAND_INS

TEST(KernelBenchOnCUDA, TimesTheVendorEngineInTurn) {
    // A product; a convolution whose padding cuDNN has no word for; a sum, which neither library is asked for.
    const std::string filter = std::string(kProduct) + "|conv_forward/.*DCGAN 28 up3 down1|elementwise/add/n=51200";
    const Outcome outcome = bench({"--device", "cuda", "--filter", filter, "--min-time", "0", "--json", "-"},
                                  {{"SINTER_VENDOR_PATH", SINTER_STAND_INS}});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const nlohmann::json document = nlohmann::json::parse(outcome.out);
    EXPECT_EQ(document["vendor"], true);
    std::map<std::string, nlohmann::json> cases;
    for (const nlohmann::json& timed : document["cases"]) cases[timed["kernel"]] = timed;
    ASSERT_EQ(cases.size(), 3u);
    const nlohmann::json& product = cases["gemm"];
    EXPECT_DOUBLE_EQ(product["vendor_time_ratio"].get<double>(),
                     product["vendor_seconds"].get<double>() / product["warm"]["seconds"].get<double>());
    EXPECT_GT(product["vendor_cold_time_ratio"].get<double>(), 0);
    for (const char* left : {"conv_forward", "add"})
        EXPECT_TRUE(cases[left]["vendor_seconds"].is_null()) << cases[left];
}

TEST(KernelBenchOnCUDA, ALibraryThatFailsCostsItsColumnAndNotOurs) {
    const Outcome outcome = bench(
        {"--device", "cuda", "--filter", "batch_norm_inference/2048x256|" + std::string(kProduct), "--min-time", "0"},
        {{"SINTER_VENDOR_PATH", SINTER_STAND_INS}, {"SINTER_STAND_IN_FAILS", "1"}});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "x vendor")) << "cuBLASLt works";
    EXPECT_TRUE(has(outcome.out, "normalising") && has(outcome.out, "with cuDNN: CUDNN_STATUS_EXECUTION_FAILED"))
        << outcome.out;
}

#endif

TEST(KernelBenchOnCUDA, ProfilesWithoutTiming) {
    const Outcome outcome = bench({"--device", "cuda", "--filter", kProduct, "--profile"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(has(outcome.err, kProduct)) << outcome.err;
}

TEST(KernelBenchOnCUDA, SweepsTheTilesAndPartsOfAProduct) {
    const Outcome outcome = bench({"--device", "cuda", "--filter", std::string(kProduct) + "|elementwise/add/n=51200",
                                   "--min-time", "0", "--sweep-plans"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const char* column : {"fastest / model", "large /parts", "medium /parts", "small /parts"})
        EXPECT_TRUE(has(outcome.out, column)) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\ngemm    gemm    m=128 n=40 k=400")) << outcome.out;
    EXPECT_FALSE(has(outcome.out, "add")) << "a sum has no plan";
}

TEST(KernelBenchOnCUDA, PlansAreOfTiledProductsAlone) {
    const Outcome outcome =
        bench({"--device", "cuda", "--plans", "--filter", "DCGAN 28 up3 down1|elementwise/add/n=51200"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "conv_forward")) << outcome.out;
    EXPECT_FALSE(has(outcome.out, "gradient")) << "those of thin images have kernels of their own\n" << outcome.out;
    EXPECT_FALSE(has(outcome.out, "add")) << outcome.out;
    expect_refusal(bench({"--device", "cuda", "--plans", "--filter", "elementwise/add"}), 2,
                   {"--plans: --filter \"elementwise/add\" matches no matrix product or convolution"});
}

// | layer | m x n x k | fp32 | tf32 |
TEST(KernelBenchOnCUDA, TheTableOfExpectedTimesInTheDocsIsWhatItTells) {
    const Outcome outcome = bench({"--device", "cuda", "--plans"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::string plans = std::regex_replace(outcome.out, std::regex(" {2,}"), "|");
    std::ifstream docs(SINTER_FIXTURES "/../../docs/kernels.md");
    const std::regex row(R"(\|[^|]*\| (\d+x\d+x\d+[^|]*) \| ([^|]*) \| ([^|]*) \|)");
    int rows = 0;
    for (std::string line; std::getline(docs, line);) {
        std::smatch cells;
        if (!std::regex_match(line, cells, row)) continue;
        ++rows;
        const std::string expected = '|' + cells[1].str() + '|' + cells[2].str() + '|' + cells[3].str() + '|';
        EXPECT_TRUE(has(plans, expected)) << line;
    }
    EXPECT_GE(rows, 10);
}

TEST(KernelBenchOnCUDA, RefusesACudaDeviceThatIsNotThere) {
    expect_refusal(bench({"--device", "cuda:1", "--filter", kProduct}), 4,
                   {"kernel_bench: ", "--device cuda:1: this machine's CUDA devices are numbered 0 to 0"});
}

#elif defined(SINTER_HAS_CUDA)

TEST(KernelBench, RefusesACudaDeviceWhereThereIsNone) {
    if (kernels::CudaQueue::devices() > 0) GTEST_SKIP() << "this machine has one";
    expect_refusal(bench({"--device", "cuda", "--filter", kProduct}), 4,
                   {"kernel_bench: ", "--device cuda: no CUDA device: "});
}

#else

TEST(KernelBench, RefusesACudaDeviceInABuildWithout) {
    expect_refusal(bench({"--device", "cuda", "--filter", kProduct}), 4,
                   {"kernel_bench: ", "--device cuda: this build of sinter has no CUDA backend",
                    "-DSINTER_CUDA=EMULATE (docs/emulator.md)"});
}

#endif

TEST(KernelBench, TellsWhatMinimalFilteringGainsAndLoses) {
    const Outcome outcome = bench({"--filters", "--min-time", "0", "--threads", "1"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1 + 6 * 3) << outcome.out;
    EXPECT_TRUE(
        std::regex_search(outcome.out, std::regex(R"(F\(4, 5\) +0 1 -1 2 -2 0.5 -0.5 +64 of 400 +forward +301.2 )")))
        << outcome.out;
}

TEST(KernelBench, RefusesWithASentence) {
    const auto refused = [](const std::vector<std::string>& arguments, int exit_code, const std::string& sentence) {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Outcome outcome = bench(arguments);
        expect_refusal(outcome, exit_code, {"kernel_bench: ", sentence});
        EXPECT_EQ(outcome.out, "");
    };
    refused({"--filter", "conv_sideways"}, 2,
            "--filter \"conv_sideways\" matches no kernel case; --list names them all");
    refused({"--filter", "(gemm"}, 2, "--filter expects a regular expression; \"(gemm\" is not one");
    refused({"--filtre", "gemm"}, 2, "unknown option '--filtre' (did you mean --filter?)");
    refused({"--threads", "many"}, 2, "--threads: expected a whole number from 0 to 1024, got 'many'");
    refused({"--device", "cuda:one"}, 2, "--device: expected a number behind cuda:, got 'cuda:one'");
    refused({"--profile", "--filter", kProduct}, 2, "--profile is for CUDA devices: give --device cuda with it");
    refused({"--sweep-plans", "--filter", kProduct}, 2,
            "--sweep-plans is for CUDA devices: give --device cuda with it");
    refused({"--precision", "tf32", "--filter", kProduct}, 4, "--precision tf32: the CPU computes in fp32");
    refused({"--filters", "--device", "cuda"}, 2, "--filters is a table of the CPU");
    refused({"--min-time", "-1"}, 2, "--min-time: expected a number of at least 0, got '-1'");
    refused({"--filter", kProduct, "--json", "/nowhere/numbers.json"}, 1,
            "--json cannot write to /nowhere/numbers.json");
}

}  // namespace
}  // namespace sinter
