// Pages that show runs: what stands in them, and that what came from outside does no harm.
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "apps/report/chart.h"
#include "apps/report/html.h"
#include "apps/report/metrics_lines.h"
#include "apps/report/run_report.h"
#include "core/error.h"
#include "core/train/checkpoint.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/programs/program_fixture.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
    return count;
}

TEST(Html, TextFromOutsideStaysText) {
    EXPECT_EQ(escape_html("<script>alert(\"1\" & '2')</script>"),
              "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    EXPECT_FALSE(holds(escape_html("\x1b[31mred"), "\x1b")) << "steers a terminal";
    EXPECT_FALSE(holds(escape_html("a\u202eb"), "\u202e")) << "turns the direction of writing";
    EXPECT_FALSE(holds(escape_html("a\xff"), "\xff")) << "is no UTF-8";
    EXPECT_EQ(escape_html("\u4e2d\u6587"), "\u4e2d\u6587");
    EXPECT_LT(escape_html(std::string(300, 'x'), 50).size(), 60u);
    EXPECT_EQ(html_lines("a<b\n\nc"), "<pre>a&lt;b\n\nc\n</pre>\n");
}

TEST(Html, PicturesStandInThePageAsBase64) {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "a.png";
    const std::string signature = "\x89PNG\r\n\x1a\n";
    for (const auto& [rest, expected] : {std::pair<std::string, std::string>{"", "iVBORw0KGgo="},
                                         {"a", "iVBORw0KGgph"},
                                         {"ab", "iVBORw0KGgphYg=="},
                                         {"abc", "iVBORw0KGgphYmM="}}) {
        write_text(file, signature + rest);
        EXPECT_EQ(png_uri(file), "data:image/png;base64," + expected);
    }
    write_text(file, "GIF89a");
    EXPECT_THROW(png_uri(file), DataError);
    EXPECT_THROW(png_uri(folder.path() / "none.png"), DataError);
}

TEST(ChartTicks, AreRoundNumbersWithinTheRange) {
    using Ticks = std::vector<double>;
    EXPECT_EQ(round_ticks(0, 10, 5), (Ticks{0, 2, 4, 6, 8, 10}));
    EXPECT_EQ(round_ticks(1, 15, 7), (Ticks{2, 4, 6, 8, 10, 12, 14}));
    const Ticks small = round_ticks(0.28, 0.61, 5);
    ASSERT_EQ(small.size(), 4u);
    EXPECT_NEAR(small.front(), 0.3, 1e-12);
    EXPECT_NEAR(small.back(), 0.6, 1e-12);
    EXPECT_EQ(round_ticks(-300, 250, 5), (Ticks{-200, 0, 200}));
    EXPECT_EQ(round_ticks(1, 2, 7, 1), (Ticks{1, 2}));
    EXPECT_EQ(round_ticks(0.95, 1.05, 7, 1), (Ticks{1}));
}

TEST(Chart, ShowsWhatIsFiniteAndNamesItsLines) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    const std::string svg =
        line_chart({"Loss", "epoch", {{"a<b", {{1, 2}, {2, kNan}, {3, 4}}}, {"other", {{1, 1}, {3, 5}}}}});
    EXPECT_EQ(count_of(svg, "<path"), 2u);
    EXPECT_FALSE(holds(svg, "nan"));
    EXPECT_TRUE(holds(svg, "a&lt;b")) << svg;
    EXPECT_TRUE(holds(svg, "aria-label=\"Loss against epoch, from 1 to 5. a&lt;b ends at 4. other ends at 5.\""))
        << svg;
    EXPECT_NE(svg.find("stroke-dasharray=\"7 4\""), std::string::npos) << "lines are told apart without colour";
    EXPECT_EQ(line_chart({"Loss", "epoch", {{"a", {{1, kNan}}}}}), "");
    for (const double value : {0.0, 20.0, -3.0}) {
        const std::string flat = line_chart({"Loss", "epoch", {{"a", {{1, value}}}}});
        EXPECT_FALSE(holds(flat, "nan") || holds(flat, "inf")) << flat;
    }
    tests::expect_usage_error([] { line_chart({"", "", std::vector<ChartLine>(5)}); }, {"[chart]", "4 lines", "5"});
}

TEST(MetricsLines, AreReadBack) {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "metrics.jsonl";
    write_text(file,
               "{\"step\":4,\"epoch\":1,\"split\":\"train\",\"loss\":2.5,\"kl\":null}\n"
               "{\"step\":4,\"epoch\":1,\"split\":\"measure\",\"kid\":1,\"warnings\":\"few\"}\n"
               "{\"step\":5,\"epoch\":2,\"split\":\"train\",\"event\":\"diverged\"}\n{\"step\":6");
    const std::vector<MetricsLine> lines = read_metrics(file);
    ASSERT_EQ(lines.size(), 3u) << "a line that a killed run wrote in part is none";
    EXPECT_EQ(lines[0].number("loss"), 2.5);
    EXPECT_EQ(lines[0].number("kl"), std::nullopt);
    EXPECT_EQ(lines[1].warnings, "few");
    EXPECT_EQ(lines[1].number("kid"), 1);
    EXPECT_EQ(lines[2].event, "diverged");
    EXPECT_EQ(lines[2].step, 5);
    write_text(file, "{}\nnonsense\n");
    EXPECT_THROW(read_metrics(file), DataError);
}

class RunReport : public testing::Test {
protected:
    RunReport() {
        fs::create_directories(run() / "checkpoints");
        fs::create_directories(run() / "samples");
        write_text(run() / "config.toml", "program = \"dcgan\"\nout = \"</pre><script>\"\n");
    }
    fs::path run() const { return folder_.path() / "a run"; }

private:
    TemporaryFolder folder_;
};

TEST_F(RunReport, OfARunThatHasJustBegunHasItsOptionsAndCommands) {
    const std::string page = run_report(run());
    EXPECT_TRUE(holds(page, "<h1>dcgan</h1>"));
    EXPECT_TRUE(holds(page, "./run dcgan --resume --out"));
    EXPECT_TRUE(holds(page, "&lt;/pre&gt;&lt;script&gt;"));
    EXPECT_FALSE(holds(page, "<svg")) << "there are no numbers yet";
    EXPECT_FALSE(holds(page, "<img"));
}

TEST_F(RunReport, IsWithoutScriptsAndRequestsWhateverNamesTheDataHas) {
    const std::string hostile = "<script>alert(1)</script>\" onload='x'\u202e\x1b[2J" + std::string(300, 'n');
    save_checkpoint(
        run() / "checkpoints" / "last.safetensors", {},
        {{"--data", hostile}, {"model.classes", "2"}, {"model.class_names", nlohmann::json{hostile, "b"}.dump()}});
    write_text(run() / "metrics.jsonl",
               "{\"step\":1,\"epoch\":1,\"split\":\"<b>\",\"<i>\":1}\n"
               "{\"step\":1,\"epoch\":1,\"split\":\"train\",\"<u>\":1,\"event\":\"\"}\n");
    write_text(run() / "samples" / "epoch-001.png", "\x89PNG\r\n\x1a\n");
    const std::string page = run_report(run());
    for (const char* part : {"<script", "<b>", "<i>", "<u>", "\u202e", "\x1b", "http://", "https://", "url("})
        EXPECT_FALSE(holds(page, part)) << part;
    EXPECT_TRUE(holds(page, "default-src 'none'"));
    EXPECT_EQ(count_of(page, "<img alt=\"Grid"), 1u);
    EXPECT_TRUE(holds(page, "The classes come in turn"));
}

TEST_F(RunReport, HasCommandsThatWork) {
    const auto commands = [&](const std::string& options) {
        write_text(run() / "config.toml", "program = \"bigan\"\n" + options);
        return run_report(run());
    };
    EXPECT_TRUE(holds(commands("lr-schedule = \"constant\"\n"), "--epochs N"));
    EXPECT_FALSE(holds(commands("lr-schedule = \"cosine\"\n"), "--epochs N")) << "a schedule fixes the epochs";
    const std::string timed = commands("lr-schedule = \"cosine\"\nmax-time = \"30s\"\nmax-steps = 0\n");
    EXPECT_TRUE(holds(timed, "--max-steps 0 --max-time 0"));
    EXPECT_FALSE(holds(timed, "with the same bits"));
}

TEST_F(RunReport, LeavesOutPicturesThatWouldMakeItTooLarge) {
    for (const char* name : {"epoch-001.png", "epoch-002.png"})
        write_text(run() / "samples" / name, "\x89PNG\r\n\x1a\n" + std::string(1'500'000, 'x'));
    const std::string page = run_report(run());
    EXPECT_EQ(count_of(page, "<img"), 1u);
    EXPECT_LT(page.size(), 3'000'000u);
    EXPECT_TRUE(holds(page, "samples/epoch-001.png"));
}

TEST_F(RunReport, OfAFolderThatIsNoRunIsRefused) {
    fs::remove(run() / "config.toml");
    EXPECT_THROW(run_report(run()), DataError);
}

}  // namespace
}  // namespace sinter
