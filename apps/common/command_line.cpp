#include "apps/common/command_line.h"

#include <fmt/format.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/check.h"

namespace sinter {
namespace {

constexpr std::size_t kHelpColumn = 32, kHelpWidth = 100;

/// The help of an option in lines that stand beside each other in --help.
std::string wrapped(const std::string& help) {
    std::string text;
    std::istringstream words(help);
    std::size_t column = 0;
    for (std::string word; words >> word; column += word.size()) {
        const bool is_next_line = column > 0 && column + 1 + word.size() > kHelpWidth - kHelpColumn;
        if (column > 0) text += is_next_line ? '\n' : ' ';
        column = is_next_line || column == 0 ? 0 : column + 1;
        text += word;
    }
    return text;
}

/// CLI11's, with one empty line between groups instead of two.
struct HelpFormatter final : CLI::Formatter {
    HelpFormatter() { column_width(kHelpColumn); }
    std::string make_usage(const CLI::App* app, std::string name) const override {
        return CLI::Formatter::make_usage(app, std::move(name)) + "\n";
    }
    std::string make_group(std::string group, bool is_positional,
                           std::vector<const CLI::Option*> options) const override {
        return CLI::Formatter::make_group(std::move(group), is_positional, std::move(options)).substr(1);
    }
};

void add_flag(CLI::App& app, const std::string& name, const std::string& help, const std::string& section) {
    const std::string lines = wrapped(help);
    app.add_flag("--" + name, lines)->group(section);
}

void add_option(CLI::App& app, const Option& option) {
    if (std::holds_alternative<bool*>(option.field)) {
        add_flag(app, option.name, option.help, option.section);
        return;
    }
    // A default that follows from other options is a phrase and stands behind the help.
    const bool is_short = !option.is_settled && !option.default_text.empty();
    const std::string help =
        option.is_settled ? fmt::format("{}. Default: {}", option.help, option.default_text) : option.help;
    CLI::Option* added = app.add_option(option.flag(), CLI::callback_t(), wrapped(help));
    added->group(option.section)->option_text(option.type + (is_short ? "=" + option.default_text : ""));
    if (std::holds_alternative<std::vector<std::int64_t>*>(option.field))
        added->expected(1, CLI::detail::expected_max_vector_size)
            ->allow_extra_args()
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    else
        added->type_size(static_cast<int>(option.words()));
}

void set(Option& option, const std::string& name, const std::vector<std::string>& words) {
    const auto bad = option.read(words);
    if (bad) throw UsageError(fmt::format("--{}: expected {}, got '{}'", name, bad->expected, bad->got));
    option.is_given = true;
}

}  // namespace

void add_options(CLI::App& app, const OptionList& list) {
    app.formatter(std::make_shared<HelpFormatter>());
    app.footer(list.footer());
    app.set_version_flag("--version", "sinter " SINTER_VERSION, "Print the version and exit");
    app.set_help_flag("--help,-h", "Print this help and exit");
    for (const Option& option : list.options()) {
        if (option.is_on_command_line()) add_option(app, option);
        for (const OptionList::Alias& alias : list.aliases()) {
            if (alias.option == option.name) add_flag(app, alias.name, alias.help, alias.section);
        }
    }
    for (const OptionList::Question& question : list.questions()) {
        const auto answer = [&question] {
            question.answer();
            throw CLI::Success();
        };
        app.add_flag_callback("--" + question.name, answer, wrapped(question.help))->group(question.section);
    }
}

void read_options(const CLI::App& app, OptionList& list) {
    const auto words_of = [&](const std::string& name) {
        const CLI::Option* given = app.get_option_no_throw("--" + name);
        return given && given->count() > 0 ? given->results() : std::vector<std::string>();
    };
    for (Option& option : list.options()) {
        const std::vector<std::string> words = words_of(option.name);
        if (words.empty()) continue;
        // Nothing is what a script's unset variable gives; a program would take it for an option that is not there.
        require(!std::holds_alternative<std::string*>(option.field) || !words.front().empty(),
                "--{}: expected a value, got ''", option.name);
        // A flag that is given twice stands for itself once.
        const bool is_flag = std::holds_alternative<bool*>(option.field);
        set(option, option.name, is_flag ? std::vector{words.back()} : words);
    }
    for (const OptionList::Alias& alias : list.aliases()) {
        const std::vector<std::string> words = words_of(alias.name);
        if (words.empty()) continue;
        bool is_meant = false;
        Option flag(Role::once, alias.name, &is_meant, "");
        set(flag, alias.name, {words.back()});
        if (!is_meant) continue;
        Option& option = *list.find(alias.option);
        require(!option.is_given || option.text() == alias.value, "--{} means {} {}, which is '{}'; give one of them",
                alias.name, option.flag(), alias.value, option.text());
        set(option, alias.name, {alias.value});
    }
}

}  // namespace sinter
