// config.toml, into options of every kind.
#include "apps/common/config_file.h"

#include "core/error.h"
#include "tests/fuzz/fuzz.h"

namespace sinter::fuzz {
namespace {

enum class Shape { round, square };
constexpr Named<Shape> kShapes[] = {{"round", Shape::round}, {"square", Shape::square}};

struct Options {
    bool flag = false;
    int small = 1;
    std::int64_t whole = 2;
    std::uint64_t seed = 3;
    double number = 0.5;
    std::string text = "text";
    std::vector<std::int64_t> sizes = {4, 5};
    Shape shape = Shape::round;
};

void describe(OptionList& list, Options& options) {
    list.free("flag", options.flag, "");
    list.free("small", options.small, "").from(0, 9);
    list.free("whole", options.whole, "");
    list.free("seed", options.seed, "");
    list.free("number", options.number, "").positive();
    list.free("text", options.text, "");
    list.free("sizes", options.sizes, "").from(1, 99);
    list.free("shape", options.shape, kShapes, "");
    list.alias("is-square", "shape", "square", "");
}

}  // namespace

std::vector<Input> seeds() {
    Options options;
    OptionList list("program");
    describe(list, options);
    return {input_of(config_text(list)), input_of("is-square=true\nnumber=.5\nsizes=\"7,8\"\n# a comment\n"),
            input_of("[table]\na.b.c = [1, 2.5, \"x\", 1979-05-27T07:32:00Z]\n\n[[array]]\ntext = '''\nlong'''\n")};
}

void try_input(std::span<const std::uint8_t> input) {
    static ScratchFile file("config.toml");
    file.write(input);
    Options options;
    OptionList list("program");
    describe(list, options);
    list.set_config([] { return OptionList::Config{file.path()}; });
    read_config(list);
    expect(options.small >= 0 && options.small <= 9 && options.number > 0, "an option is outside of its limits");
    for (const std::int64_t size : options.sizes) expect(size >= 1 && size <= 99, "a size is outside of its limits");
    // What was accepted is written and read back as the same.
    const std::string text = config_text(list);
    file.write(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
    Options again;
    OptionList second("program");
    describe(second, again);
    second.set_config([] { return OptionList::Config{file.path()}; });
    read_config(second);
    expect(config_text(second) == text, "a configuration changes when it is written and read");
}

}  // namespace sinter::fuzz
