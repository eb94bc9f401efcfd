// One option and lists of them: values as text and back, limits, and what stands in the facts of a checkpoint.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/options/option_list.h"
#include "tests/common/errors.h"

namespace sinter::tests {
namespace {

enum class Shape { round, square };
constexpr Named<Shape> kShapes[] = {{"round", Shape::round, "no corners"}, {"square", Shape::square}};

template <class Field>
Option option(Field& field) {
    return {Role::fixed, "some", &field, ""};
}

/// What read() expected instead of `word`, and that the value is as it was.
std::string refusal(Option& some, const std::string& word) {
    const std::string before = some.text();
    const auto bad = some.read(word);
    EXPECT_EQ(some.text(), before) << word;
    if (!bad) return "nothing";
    EXPECT_EQ(bad->got, word);
    return bad->expected;
}

TEST(Option, KeepsEveryNumberAsItsText) {
    double number = 0;
    Option some = option(number);
    for (const double value : {0.1, 1.0, -0.0, 1e-300, 1.7976931348623157e308, 5e-324, 2.0 / 3, 123456789.0}) {
        number = value;
        const std::string text = some.text();
        number = 7;
        ASSERT_FALSE(some.read(text)) << text;
        EXPECT_EQ(number, value) << text;
    }
    std::uint64_t seed = std::numeric_limits<std::uint64_t>::max();
    Option of_seed = option(seed);
    EXPECT_EQ(of_seed.text(), "18446744073709551615");
    seed = 0;
    ASSERT_FALSE(of_seed.read("18446744073709551615"));
    EXPECT_EQ(seed, std::numeric_limits<std::uint64_t>::max());
}

TEST(Option, HoldsWholeNumbersToTheirLimits) {
    int count = 5;
    Option some = option(count);
    EXPECT_EQ(refusal(some, "2147483648"), "a whole number from -2147483648 to 2147483647");
    some.from(1);
    for (const char* word : {"0", "-1", "2.5", "1e3", "", " 2", "2 ", "+2", "0x2", "two", "99999999999999999999"})
        EXPECT_EQ(refusal(some, word), "a whole number from 1 to 2147483647");
    EXPECT_FALSE(some.read("1"));
    std::int64_t channels = 0;
    Option few = option(channels);
    few.one_of({0, 1, 3});
    EXPECT_EQ(refusal(few, "2"), "0, 1 or 3");
    EXPECT_EQ(refusal(few, "one"), "0, 1 or 3");
    EXPECT_FALSE(few.read("3"));
    EXPECT_EQ(channels, 3);
    std::uint64_t seed = 1;
    Option of_seed = option(seed);
    EXPECT_EQ(refusal(of_seed, "-1"), "a whole number from 0 to 18446744073709551615");
}

TEST(Option, HoldsNumbersToTheirLimits) {
    double number = 0.5;
    Option some = option(number);
    for (const char* word : {"nan", "inf", "-inf", "1e999", "half", "", "0.5x"})
        EXPECT_EQ(refusal(some, word), "a number");
    some.positive();
    for (const char* word : {"0", "-1", "nan"}) EXPECT_EQ(refusal(some, word), "a positive number");
    some.not_negative();
    EXPECT_FALSE(some.read("0"));
    EXPECT_EQ(refusal(some, "-0.1"), "a number of at least 0");
    some.fraction();
    EXPECT_EQ(refusal(some, "1"), "a number of at least 0 and below 1");
    EXPECT_FALSE(some.read("0.999"));
}

TEST(Option, ReadsFlagsWordsAndLists) {
    bool flag = false;
    Option of_flag = option(flag);
    EXPECT_FALSE(of_flag.read("true"));
    EXPECT_TRUE(flag);
    EXPECT_EQ(refusal(of_flag, "yes"), "true or false");

    Shape shape = Shape::round;
    OptionList list;
    Option& of_shape = list.model("shape", shape, kShapes, "Outline");
    EXPECT_EQ(of_shape.help, "Outline: round (no corners) or square");
    EXPECT_FALSE(of_shape.read("square"));
    EXPECT_EQ(shape, Shape::square);
    EXPECT_EQ(refusal(of_shape, "oval"), "round or square");

    std::vector<std::int64_t> sizes = {1};
    Option of_sizes = option(sizes);
    of_sizes.from(1, 100);
    EXPECT_FALSE(of_sizes.read("40,24"));
    EXPECT_EQ(of_sizes.text(), "40,24");
    const std::vector<std::string> words = {"7", "8,9"};
    EXPECT_FALSE(of_sizes.read(words));
    EXPECT_EQ(sizes, (std::vector<std::int64_t>{7, 8, 9}));
    const auto bad = of_sizes.read("7,x");
    ASSERT_TRUE(bad);
    EXPECT_EQ(bad->got, "x");
    for (const char* none : {"", "7,", ",7"}) EXPECT_TRUE(of_sizes.read(none)) << none;
    EXPECT_EQ(of_sizes.text(), "7,8,9");
}

TEST(Option, HoldsTextThatIsUtf8) {
    std::string text = "before";
    Option some = option(text);
    for (const char* good : {"", "a # b\n\"c\" \\ '", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
        EXPECT_FALSE(some.read(good)) << good;
        EXPECT_EQ(text, good);
    }
    // Latin-1, a lone continuation, a cut-off character, overlong forms, a surrogate, and beyond Unicode.
    for (const char* bad :
         {"\xe4", "\x80", "\xe2\x82", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
        EXPECT_NE(refusal(some, bad).find("UTF-8"), std::string::npos) << bad;
}

/// A model and a training with one option of each role.
struct Options {
    Shape shape = Shape::round;
    std::int64_t base_width = 64, classes = 0;
    double rate = 0.5;
    int epochs = 10;
    bool resume = false;
};

void describe(OptionList& list, Options& options) {
    list.set_model_kind("shaper");
    list.model("shape", options.shape, kShapes, "");
    list.model("base-width", options.base_width, "").from(1, 100);
    list.fact("classes", options.classes).from(0, 10);
    list.fixed("rate", options.rate, "").told_as([&options] { return std::to_string(options.epochs) + " epochs"; });
    list.free("epochs", options.epochs, "");
    list.once("resume", options.resume, "");
}

const CheckpointFacts kFacts = {{"model", "shaper"},
                                {"model.shape", "square"},
                                {"model.base_width", "8"},
                                {"model.classes", "3"},
                                {"--rate", "10 epochs"}};

TEST(OptionList, FactsAreThoseOfTheModelAndOfWhatIsFixed) {
    Options options{.shape = Shape::square, .base_width = 8, .classes = 3};
    OptionList list;
    describe(list, options);
    EXPECT_EQ(facts_of(list), kFacts);
}

TEST(OptionList, TheModelIsReadBack) {
    Options options;
    OptionList list;
    describe(list, options);
    read_model_facts(list, kFacts, "file");
    EXPECT_EQ(options.shape, Shape::square);
    EXPECT_EQ(options.base_width, 8);
    EXPECT_EQ(options.classes, 3);
}

TEST(OptionList, FactsAreNotBelievedBeforeTheyWereChecked) {
    Options options;
    OptionList list;
    describe(list, options);
    const auto sentence = [&](const std::string& fact, const std::string& value) {
        CheckpointFacts facts = kFacts;
        facts[fact] = value;
        return data_error([&] { read_model_facts(list, facts, "some.file"); });
    };
    expect_says(sentence("model", "vae"), {"some.file", "expected a checkpoint of a shaper", "'vae'"});
    expect_says(sentence("model.base_width", "101"), {"some.file", "from 1 to 100", "'model.base_width'", "'101'"});
    expect_says(sentence("model.shape", "oval"), {"round or square", "'model.shape'", "'oval'", "damaged"});
    CheckpointFacts facts = kFacts;
    facts.erase("model.classes");
    expect_says(data_error([&] { read_model_facts(list, facts, "file"); }), {"does not say 'model.classes'"});
}

TEST(OptionList, AFactThatAnOldCheckpointLacksIsWhatItsTimeUsed) {
    const CheckpointFacts old = {{"model", "shaper"}, {"model.classes", "3"}};
    Options options;
    OptionList list;
    describe(list, options);
    list.find("base-width")->before("32");
    list.find("shape")->before(
        [](const CheckpointFacts& facts) { return facts.contains("model.corners") ? "square" : "round"; });
    options.shape = Shape::square;
    options.base_width = 16;
    read_model_facts(list, old, "file");
    EXPECT_EQ(options.shape, Shape::round);
    EXPECT_EQ(options.base_width, 32);

    CheckpointFacts facts = old;
    facts["model.corners"] = "4";
    complete_facts(facts, list);
    EXPECT_EQ(facts.at("model.shape"), "square");
    EXPECT_EQ(facts.at("model.base_width"), "32");
    EXPECT_EQ(facts.at("--rate"), "0.5") << "the default, where nothing else is said";
}

TEST(OptionList, AFactMayHaveTheNameOfAnOption) {
    std::int64_t of_model = 1, asked_for = 0;
    OptionList list;
    list.fact("channels", of_model);
    list.free("channels", asked_for, "");
    ASSERT_NE(list.find("channels"), nullptr);
    EXPECT_EQ(list.find("channels")->address(), &asked_for);
    EXPECT_EQ(facts_of(list), (CheckpointFacts{{"model.channels", "1"}}));
}

TEST(OptionList, ANameIsDescribedOnce) {
    bool flag = false;
    std::int64_t number = 0;
    OptionList list;
    list.model("size", number, "Size");
    EXPECT_THROW(list.free("size", number, "Size once more"), std::logic_error);
    EXPECT_THROW(list.fact("size", number), std::logic_error) << "model.size is that of the option";
    list.free("flip", flag, "Flip");
    EXPECT_NO_THROW(list.fact("flip", number)) << "an option that is free has no fact";
    EXPECT_EQ(list.options().size(), 3u);
}

TEST(OptionList, SettlesWhatNobodyGave) {
    Options options;
    OptionList list;
    describe(list, options);
    list.find("rate")->is_given = true;
    list.otherwise(options.rate, 2);
    list.otherwise(options.base_width, 2);
    EXPECT_EQ(options.rate, 0.5);
    EXPECT_EQ(options.base_width, 2);
    double stranger = 0;
    EXPECT_THROW(list.otherwise(stranger, 1), std::logic_error);
}

}  // namespace
}  // namespace sinter::tests
