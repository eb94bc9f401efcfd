#include "apps/common/config_file.h"

#include <fmt/format.h>

#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

#include "apps/common/program.h"
#include "core/check.h"
#include "core/files/files.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace sinter {
namespace {

constexpr std::size_t kMaxConfigBytes = 64 << 10;
constexpr const char* kProgram = "program";

/// On one line, and text between double quotes.
std::string toml_text(const toml::node& value) {
    constexpr auto kPlain = ~(toml::format_flags::allow_literal_strings | toml::format_flags::allow_multi_line_strings);
    std::ostringstream text;
    text << toml::toml_formatter(value, toml::toml_formatter::default_flags & kPlain);
    return text.str();
}

/// With the fewest digits that mean the same number, and a sign that it is one with a fraction.
std::string toml_text(double number) {
    const std::string text = fmt::format("{}", number);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

/// The value of an option as TOML writes it.
std::string toml_text(const Option& option) {
    return std::visit(
        [&](const auto& field) -> std::string {
            using Field = std::decay_t<decltype(field)>;
            if constexpr (std::is_same_v<Field, double*>)
                return toml_text(*field);
            else if constexpr (std::is_same_v<Field, std::vector<std::int64_t>*>)
                return fmt::format("[{}]", fmt::join(*field, ", "));
            else if constexpr (std::is_same_v<Field, std::string*> || std::is_same_v<Field, CustomField>)
                return toml_text(toml::value(option.text()));
            else if constexpr (std::is_same_v<Field,
                                              std::uint64_t*>)  // which may be too large for TOML's whole numbers
                return std::in_range<std::int64_t>(*field) ? option.text() : toml_text(toml::value(option.text()));
            else
                return option.text();
        },
        option.field);
}

/// The words of a value, as the command line would give them.
std::vector<std::string> words_of(const toml::node& node) {
    if (const toml::array* array = node.as_array()) {
        std::vector<std::string> words;
        for (const toml::node& element : *array)
            words.push_back(element.is_string() ? element.as_string()->get() : toml_text(element));
        return words;
    }
    if (node.is_string()) return {node.as_string()->get()};
    if (node.is_floating_point()) return {fmt::format("{}", node.as_floating_point()->get())};
    return {toml_text(node)};
}

/// What CLI11 wrote in its time was TOML only as long as nobody gave a number such as .001, which then stood as it was
/// typed. Puts numbers between quotes.
std::string with_quoted_numbers(const std::string& text) {
    std::string quoted;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line); quoted += '\n') {
        const std::size_t value = line.find('=') + 1;
        const bool is_number = value > 0 && line.find_first_not_of("0123456789.eE+-", value) == std::string::npos;
        quoted += is_number ? fmt::format("{}\"{}\"", line.substr(0, value), line.substr(value)) : line;
    }
    return quoted;
}

toml::table parse(const std::filesystem::path& file) {
    std::string text;
    try {
        const std::vector<std::byte> bytes = read_whole_file(file);
        // A run's own has two kilobytes. The parser recurses into dotted keys as deep as a file has them.
        require(bytes.size() <= kMaxConfigBytes, "--config: {} has {} bytes; expected a file of at most {}",
                file.string(), bytes.size(), kMaxConfigBytes);
        text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    } catch (const DataError& error) {
        throw UsageError(fmt::format("--config: {}", error.what()));
    }
    toml::parse_result result = toml::parse(text);
    if (result) return std::move(result).table();
    toml::parse_result old = toml::parse(with_quoted_numbers(text));
    if (old) return std::move(old).table();
    throw UsageError(fmt::format("--config: {}, line {}: {}; expected TOML, such as epochs = 5", file.string(),
                                 result.error().source().begin.line, result.error().description()));
}

void set(Option& option, const std::string& name, const std::vector<std::string>& words, const toml::node& node,
         const std::filesystem::path& file) {
    const bool is_text = std::holds_alternative<std::string*>(option.field);
    const auto bad = is_text && !node.is_string() ? BadValue{"text in quotes", toml_text(node)} : option.read(words);
    if (bad) {
        throw UsageError(
            fmt::format("--{}: expected {}, got '{}' in {}", name, bad->expected, bad->got, file.string()));
    }
    option.is_given = true;
}

}  // namespace

std::string config_text(const OptionList& list) {
    std::string text = fmt::format("{} = {}\n", kProgram, toml_text(toml::value(list.program())));
    for (const Option& option : list.options()) {
        if (option.is_in_config()) text += fmt::format("{} = {}\n", option.name, toml_text(option));
    }
    return text;
}

std::string config_value(const std::filesystem::path& file, const std::string& key) {
    try {
        const toml::table table = parse(file);
        return table[key].value_or(std::string());
    } catch (const UsageError& error) {
        throw DataError(fmt::format("{} cannot be read: {}", file.string(), error.what()));
    }
}

void read_config(OptionList& list) {
    const auto [file, is_of_resumed_run] = list.config();
    if (file.empty()) return;
    const toml::table table = parse(file);
    // Before anything else: the options of another program are not those of this one.
    if (const toml::node* program = table.get(kProgram)) {
        const bool is_ours = program->value<std::string>() == list.program();
        require(is_ours || !is_of_resumed_run,
                "--resume: {} holds a run of {}; go on with it by that program, or give another --out",
                file.parent_path().string(), toml_text(*program));
        require(is_ours, "--config: {} is of the program {}; give it to that one", file.string(), toml_text(*program));
    }
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        if (name == kProgram) continue;
        if (const OptionList::Alias* alias = list.find_alias(name)) {
            Option& option = *list.find(alias->option);
            bool is_meant = false;
            Option flag(Role::once, name, &is_meant, "");
            set(flag, name, words_of(node), node, file);
            if (is_meant && !option.is_given)
                set(option, alias->option, {alias->value}, toml::value(alias->value), file);
            continue;
        }
        Option* option = list.find(name);
        require(option && option->is_in_config(), "--config: {} sets '{}', which {}; --help lists all options",
                file.string(), name,
                option ? "stands on the command line alone" : "is no option" + suggestion(list, name));
        if (!option->is_given) set(*option, name, words_of(node), node, file);
    }
}

}  // namespace sinter
