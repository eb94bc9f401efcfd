// metrics.jsonl: the text of a line, and a file that a resumed run continues without a seam.
#include "core/train/metrics.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

#include "tests/common/temporary_folder.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

class MetricsTest : public testing::Test {
protected:
    std::string content() const {
        const std::vector<std::byte> bytes = read_whole_file(path_);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    const TemporaryFolder temporary_;
    const fs::path path_ = temporary_.path() / "metrics.jsonl";
};

using MetricsDeathTest = MetricsTest;

std::string line_of(std::initializer_list<MetricField> fields) {
    return format_metrics_line(std::span(fields.begin(), fields.size()));
}

std::string step_line(int step) { return "{\"step\":" + std::to_string(step) + "}\n"; }

TEST(MetricsLine, KeepsTheOrderOfKeys) {
    EXPECT_EQ(line_of({{"step", 4690}, {"epoch", 10}, {"split", "test"}, {"loss", 105.66}}),
              "{\"step\":4690,\"epoch\":10,\"split\":\"test\",\"loss\":105.66}\n");
    EXPECT_EQ(line_of({}), "{}\n");
}

TEST(MetricsLine, NumbersAreShortAndReadBackAsThemselves) {
    EXPECT_EQ(line_of({{"x", 0.1}}), "{\"x\":0.1}\n");
    for (const double number : {1.0 / 3, 1e300, 5e-324, -0.1 - 0.2, 123456789.125, 0.0, -2.0}) {
        const std::string line = line_of({{"x", number}});
        EXPECT_EQ(std::strtod(line.c_str() + 5, nullptr), number) << line;
    }
    EXPECT_EQ(line_of({{"x", std::numeric_limits<std::int64_t>::min()}}), "{\"x\":-9223372036854775808}\n");
}

TEST(MetricsLine, NumbersThatJsonLacksAreStrings) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(line_of({{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", kInfinity}, {"c", -kInfinity}}),
              "{\"a\":\"NaN\",\"b\":\"Infinity\",\"c\":\"-Infinity\"}\n");
}

TEST(MetricsLine, StringsAreEscapedOntoOneLine) {
    EXPECT_EQ(line_of({{"a\"b", "line\nbreak\\"}}), "{\"a\\\"b\":\"line\\nbreak\\\\\"}\n");
    EXPECT_NE(line_of({{"a", "\xFF"}}).find("\\ufffd"), std::string::npos);  // the replacement character
}

TEST_F(MetricsTest, LinesAreInTheFileAtOnce) {
    MetricsWriter writer(path_);
    EXPECT_EQ(content(), "");
    writer.write({{"step", 1}});
    EXPECT_EQ(content(), step_line(1));
    writer.write({{"step", 2}});
    EXPECT_EQ(content(), step_line(1) + step_line(2));
    writer.sync();
}

TEST_F(MetricsTest, NewRunStartsAnEmptyFileAndAppendContinues) {
    MetricsWriter(path_).write({{"step", 1}});
    MetricsWriter(path_, /*append=*/true).write({{"step", 2}});
    EXPECT_EQ(content(), step_line(1) + step_line(2));
    const MetricsWriter fresh(path_);
    EXPECT_EQ(content(), "");
}

TEST_F(MetricsTest, HalfWrittenLastLineIsDropped) {
    write_file_atomically(path_, step_line(1) + "{\"step\":2,\"lo");
    MetricsWriter(path_, /*append=*/true).write({{"step", 2}});
    EXPECT_EQ(content(), step_line(1) + step_line(2));
    write_file_atomically(path_, "{\"st");
    const MetricsWriter writer(path_, /*append=*/true);
    EXPECT_EQ(content(), "");
}

TEST_F(MetricsTest, ResumedRunLeavesTheFileOfAnUninterruptedOne) {
    const std::string test_line = "{\"step\":20,\"split\":\"test\"}\n";
    write_file_atomically(path_, step_line(10) + step_line(20) + test_line + step_line(30) + step_line(40) + "{\"ste");
    MetricsWriter writer(path_, /*append=*/true);
    writer.truncate_after_step(20);
    EXPECT_EQ(content(), step_line(10) + step_line(20) + test_line);
    writer.write({{"step", 30}});
    EXPECT_EQ(content(), step_line(10) + step_line(20) + test_line + step_line(30));
}

TEST_F(MetricsTest, TruncatingBeforeTheFirstOrAfterTheLastStep) {
    write_file_atomically(path_, "{\"note\":1}\n" + step_line(1) + step_line(2));
    MetricsWriter writer(path_, /*append=*/true);
    writer.truncate_after_step(2);
    EXPECT_EQ(content(), "{\"note\":1}\n" + step_line(1) + step_line(2));
    writer.truncate_after_step(0);
    EXPECT_EQ(content(), "{\"note\":1}\n");
}

TEST_F(MetricsTest, LineThatIsNoObjectIsNamedAndNothingIsCut) {
    const std::string damaged = step_line(1) + "{\"step\":\n" + step_line(3);
    write_file_atomically(path_, damaged);
    MetricsWriter writer(path_, /*append=*/true);
    try {
        writer.truncate_after_step(1);
        FAIL() << "a damaged line was accepted";
    } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find("Line 2 of " + path_.string() + " (offset 11)"), std::string::npos)
            << error.what();
    }
    EXPECT_EQ(content(), damaged);
}

TEST_F(MetricsTest, MissingFolderIsASentence) {
    EXPECT_THROW(MetricsWriter(temporary_.path() / "none" / "m.jsonl"), Error);
}

TEST_F(MetricsDeathTest, LineThatDoesNotFitLeavesWholeLinesOnly) {
    const auto write_too_much = [&] {
        std::signal(SIGXFSZ, SIG_IGN);
        MetricsWriter writer(path_);
        writer.write({{"step", 1}});
        const rlimit limit{1000, 1000};  // room for a part of the next line, and for the sentence in stderr's file
        ::setrlimit(RLIMIT_FSIZE, &limit);
        try {
            writer.write({{"step", 2}, {"note", std::string(2000, 'x')}});
        } catch (const Error& error) {
            std::fputs(error.what(), stderr);
            std::_Exit(content() == step_line(1) ? 0 : 1);
        }
        std::_Exit(2);
    };
    EXPECT_EXIT(write_too_much(), testing::ExitedWithCode(0), "Cannot write .*metrics.jsonl");
}

}  // namespace
}  // namespace sinter
