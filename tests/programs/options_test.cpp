// The two readers of a program's options: the command line and config.toml, which may hold whatever a path can hold.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/common/config_file.h"
#include "apps/common/program.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"
#include "tests/programs/program_fixture.h"

namespace sinter {
namespace {

enum class Norm { none, batch, spectral };
constexpr Named<Norm> kNorms[] = {{"none", Norm::none}, {"batch", Norm::batch}, {"spectral", Norm::spectral}};

struct Options {
    std::string text = "", config = "";
    int epochs = 10;
    std::uint64_t seed = 1;
    double lr = 0.001;
    bool flip = false;
    std::vector<std::int64_t> hidden = {400};
    Norm norm = Norm::none;
    bool dry_run = false;

    bool operator==(const Options&) const = default;
};

OptionList described(Options& options) {
    OptionList list("trainer");
    list.free("text", options.text, "");
    list.free("epochs", options.epochs, "").from(1);
    list.fixed("seed", options.seed, "");
    list.fixed("lr", options.lr, "").positive();
    list.fixed("flip", options.flip, "");
    list.model("hidden", options.hidden, "").from(1, 1000);
    list.model("norm", options.norm, kNorms, "");
    list.alias("spectral-norm", "norm", "spectral", "");
    list.once("dry-run", options.dry_run, "");
    list.once("config", options.config, "");
    list.set_config([&options] { return OptionList::Config{options.config}; });
    return list;
}

void read_file(OptionList& list, const std::filesystem::path& file) {
    list.set_config([file] { return OptionList::Config{file}; });
    read_config(list);
}

class OptionFiles : public testing::Test {
protected:
    std::string file(const std::string& content) const {
        write_text(folder_.path() / "config.toml", content);
        return (folder_.path() / "config.toml").string();
    }
    /// The options that a file of this content sets.
    Options read(const std::string& content) const {
        Options options;
        OptionList list = described(options);
        read_file(list, file(content));
        return options;
    }
    void expect_refused(const std::string& content, std::initializer_list<std::string> parts) const {
        SCOPED_TRACE(content);
        tests::expect_usage_error([&] { read(content); }, parts);
    }

    TemporaryFolder folder_;
};

TEST_F(OptionFiles, HoldWhateverAnOptionCanHold) {
    const Options all[] = {{},
                           {.text = "/a # no comment/b"},
                           {.text = "\"quotes\" and 'others' and \"\"\"three\"\"\""},
                           {.text = "back\\slash \\n \\u0041 \\"},
                           {.text = "two\nlines\r\nand\ttabs, and \x01\x1f\x7f"},
                           {.text = "\xef\xbb\xbf \xc3\xa4 \xf0\x9f\x98\x80 = [x]"},
                           {.text = " true "},
                           {.seed = 9223372036854775808u, .lr = 1e-5, .flip = true, .hidden = {40, 24}},
                           {.seed = 18446744073709551615u, .lr = 2.0 / 3, .norm = Norm::batch},
                           {.epochs = 2147483647, .lr = 1e300},
                           {.lr = 3}};
    for (const Options& expected : all) {
        Options written = expected;
        const std::string content = config_text(described(written));
        EXPECT_EQ(read(content), expected) << content;
        EXPECT_EQ(read("\xef\xbb\xbf" + content), expected) << "with a byte-order mark";
    }
}

TEST_F(OptionFiles, HaveNativeTypesAndADefaultOnEveryLine) {
    Options options{.text = "a \"b\"\n", .hidden = {40, 24}};
    EXPECT_EQ(config_text(described(options)),
              "program = \"trainer\"\ntext = \"a \\\"b\\\"\\n\"\nepochs = 10\nseed = 1\nlr = 0.001\nflip = false\n"
              "hidden = [40, 24]\nnorm = \"none\"\n");
}

TEST_F(OptionFiles, OfCLI11AreRead) {
    const Options expected{
        .text = "/some folder", .seed = 18446744073709551615u, .lr = 0.002, .flip = true, .hidden = {40, 24}};
    EXPECT_EQ(read("text=\"/some folder\"\nepochs=10\nseed=18446744073709551615\nlr=.002\nflip=true\n"
                   "hidden=[40, 24]\nspectral-norm=false\n"),
              expected);
    EXPECT_EQ(read("hidden=32\nspectral-norm=true\nlr=1\n"),
              (Options{.lr = 1, .hidden = {32}, .norm = Norm::spectral}));
}

TEST_F(OptionFiles, GiveOnlyWhatTheCommandLineDoesNot) {
    Options options;
    OptionList list = described(options);
    ASSERT_FALSE(list.find("epochs")->read("3"));
    list.find("epochs")->is_given = true;
    read_file(list, file("epochs = 5\nseed = 5\n"));
    EXPECT_EQ(options.epochs, 3);
    EXPECT_EQ(options.seed, 5u);
    EXPECT_TRUE(list.is_given(options.seed));
    EXPECT_FALSE(list.is_given(options.lr));
}

TEST_F(OptionFiles, AreRefusedWithASentence) {
    expect_refused("epochs = 2\nepoch = 3\n", {"--config", "config.toml", "'epoch'", "did you mean --epochs?"});
    expect_refused("[model]\nhidden = [3]\n", {"'model'", "no option"});
    expect_refused("dry-run = true\n", {"'dry-run'", "command line alone"});
    expect_refused("program = \"dcgan\"\n", {"config.toml", "\"dcgan\""});
    expect_refused("a-first-key = 1\nprogram = \"dcgan\"\n", {"config.toml", "\"dcgan\""});
    expect_refused("epochs = 0\n", {"--epochs", "from 1", "'0'", "config.toml"});
    expect_refused("epochs = 2.5\n", {"--epochs", "whole number", "'2.5'"});
    expect_refused("epochs = [2, 3]\n", {"--epochs", "one value", "'2 3'"});
    expect_refused("epochs = 2024-01-01\n", {"--epochs", "'2024-01-01'"});
    expect_refused("lr = true\n", {"--lr", "positive number", "'true'"});
    expect_refused("lr = nan\n", {"--lr", "positive number", "'nan'"});
    expect_refused("flip = 1\n", {"--flip", "true or false", "'1'"});
    expect_refused("text = 5\n", {"--text", "text in quotes", "'5'"});
    expect_refused("hidden = [3, \"x\"]\n", {"--hidden", "'x'"});
    expect_refused("norm = \"layer\"\n", {"--norm", "none, batch or spectral", "'layer'"});
    expect_refused("spectral-norm = 1\n", {"--spectral-norm", "true or false"});
    expect_refused("hidden = []\n", {"--hidden", "a whole number or more"});
    expect_refused("a" + std::string(70'000, '.') + " = 1\n", {"--config", "65536"});
    expect_refused("epochs = 2\nseed == 3\n", {"config.toml", "line 2", "expected TOML"});
    expect_refused("epochs = 2\nepochs = 3\n", {"config.toml", "line 2"});
    expect_refused("text = \"\xe4\"\n", {"config.toml", "line 1"});
    expect_refused("text = \"half", {"config.toml", "line 1"});
    for (const char* text :
         {"flip = -9223372036854775808", "flip = [-9223372036854775808]", "hidden = [[-9223372036854775808]]",
          "data = [[-9223372036854775808]]", "data = {a = -9223372036854775808}"})
        expect_refused(text, {"config.toml"});
    // At these, toml++ 3.3 asserts, or calls it unreachable.
    for (const char* text : {"[", "[=", "[\x01", "\xc3\xa4 = 1", "seed = 1 \xc3\xa4", "[a]\xe2\x80\x8b\xc3\xa4"})
        expect_refused(text, {"config.toml", "line 1"});
    Options options;
    OptionList list = described(options);
    tests::expect_usage_error([&] { read_file(list, folder_.path() / "none"); }, {"--config", "none", "No such file"});
    tests::expect_usage_error([&] { read_file(list, folder_.path()); }, {"--config", "folder"});
    EXPECT_EQ(options, Options()) << "nothing was set";
}

/// What a program ends with whose command line is this.
struct Parsed {
    int code = 0;
    std::optional<Options> options;  ///< where the program was run
    std::string out, err;
};

Parsed parse(Arguments arguments) {
    Parsed parsed;
    Options options;
    OptionList list = described(options);
    list.question("which", "", [] { std::puts("this one"); });
    arguments.insert(arguments.begin(), "trainer");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    parsed.code = run_program(list, "Trains.", static_cast<int>(argv.size()), argv.data(), [&] {
        parsed.options = options;
        return ExitCode::ok;
    });
    parsed.out = testing::internal::GetCapturedStdout();
    parsed.err = testing::internal::GetCapturedStderr();
    return parsed;
}

TEST(CommandLine, SetsEveryKindOfOption) {
    const Parsed parsed =
        parse({"--text", "a b", "--epochs=3", "--lr", ".5", "--flip", "--hidden", "7,8", "9", "--norm", "batch"});
    ASSERT_TRUE(parsed.options) << parsed.err;
    EXPECT_EQ(*parsed.options,
              (Options{.text = "a b", .epochs = 3, .lr = 0.5, .flip = true, .hidden = {7, 8, 9}, .norm = Norm::batch}));
    EXPECT_EQ(parse({}).options, Options());
    EXPECT_EQ(parse({"--flip", "--flip"}).options, Options{.flip = true});
    EXPECT_EQ(parse({"--spectral-norm"}).options, Options{.norm = Norm::spectral});
    EXPECT_EQ(parse({"--spectral-norm", "--norm", "spectral"}).options, Options{.norm = Norm::spectral});
}

TEST(CommandLine, StandsAboveTheConfigFile) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "c.toml").string();
    write_text(file, "epochs = 5\nflip = true\nnorm = \"batch\"\nseed = 4\n");
    const Parsed parsed = parse({"--config", file, "--epochs", "6", "--flip=false", "--spectral-norm"});
    ASSERT_TRUE(parsed.options) << parsed.err;
    EXPECT_EQ(*parsed.options, (Options{.config = file, .epochs = 6, .seed = 4, .norm = Norm::spectral}));
    EXPECT_EQ(parse({"--config", (folder / "none").string()}).code, 2);
}

TEST(CommandLine, IsRefusedWithASentence) {
    const auto expect_refused = [](const Arguments& arguments, std::initializer_list<std::string> parts) {
        const Parsed parsed = parse(arguments);
        EXPECT_EQ(parsed.code, 2);
        EXPECT_FALSE(parsed.options);
        EXPECT_EQ(parsed.out, "");
        EXPECT_EQ(parsed.err.rfind("trainer: ", 0), 0u) << parsed.err;
        tests::expect_says(parsed.err, parts);
    };
    expect_refused({"--epoch", "3"}, {"unknown option '--epoch'", "did you mean --epochs?"});
    expect_refused({"--spectralnorm"}, {"did you mean --spectral-norm?"});
    expect_refused({"--spectral-norm=yes"}, {"--spectral-norm", "true or false", "yes"});
    expect_refused({"epochs"}, {"unexpected argument 'epochs'"});
    expect_refused({"--epochs"}, {"--epochs", "--help"});
    expect_refused({"--epochs", "3", "--epochs", "4"}, {"--epochs"});
    expect_refused({"--epochs", "0"}, {"--epochs: expected a whole number from 1", "'0'"});
    expect_refused({"--norm", "layer"}, {"--norm: expected none, batch or spectral, got 'layer'"});
    expect_refused({"--flip=maybe"}, {"--flip", "'maybe'"});
    expect_refused({"--text", "\xff"}, {"--text", "UTF-8"});
    expect_refused({"--spectral-norm", "--norm", "batch"}, {"--spectral-norm", "--norm", "'batch'"});
}

TEST(CommandLine, AnswersQuestions) {
    EXPECT_EQ(parse({"--which"}).out, "this one\n");
    EXPECT_FALSE(parse({"--which"}).options);
    const Parsed help = parse({"--help"});
    EXPECT_EQ(help.code, 0);
    tests::expect_says(help.out, {"Trains.", "--epochs INT=10", "--hidden INT,...=400", "--norm WORD=none", "--which"});
    for (std::size_t begin = 0, end; (end = help.out.find('\n', begin)) != std::string::npos; begin = end + 1)
        EXPECT_LE(end - begin, 100u);
}

}  // namespace
}  // namespace sinter
