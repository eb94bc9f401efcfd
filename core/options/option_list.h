// The options of a program or a model, each described once:
//
//     void describe(OptionList& list, GanOptions& options) {
//         list.model("latent", options.latent, "Size of the latent code").from(1, kMaxGanLatent);
//         ...
//     }
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/options/option.h"

namespace sinter {

/// Holds references to the fields that were described to it.
class OptionList {
public:
    /// `program`: its name, where the list is that of a program.
    explicit OptionList(std::string program = "") : program_(std::move(program)) {}

    /// The heading in --help of what is described next.
    void section(std::string title) { section_ = std::move(title); }

    // Each adds an option; `value` is a field and, where it is an enumeration, the table of its words. Throws
    // std::logic_error where another option has the name.
    template <class... Value>
    Option& model(const char* name, Value&&... value) {
        return add(Role::model, name, std::forward<Value>(value)...);
    }
    template <class... Value>
    Option& fixed(const char* name, Value&&... value) {
        return add(Role::fixed, name, std::forward<Value>(value)...);
    }
    template <class... Value>
    Option& free(const char* name, Value&&... value) {
        return add(Role::free, name, std::forward<Value>(value)...);
    }
    template <class... Value>
    Option& once(const char* name, Value&&... value) {
        return add(Role::once, name, std::forward<Value>(value)...);
    }
    /// Adds a fact that is no option.
    template <class Field>
    Option& fact(const char* name, Field& field) {
        return add(Role::fact, name, field, "");
    }

    /// A flag that stands for one value of another option.
    struct Alias {
        std::string name, option, value, help, section;
    };
    void alias(std::string name, std::string option, std::string value, std::string help) {
        aliases_.push_back({std::move(name), std::move(option), std::move(value), std::move(help), section_});
    }
    /// A flag that the program answers on stdout, and ends.
    struct Question {
        std::string name, help, section;
        std::function<void()> answer;
    };
    void question(std::string name, std::string help, std::function<void()> answer) {
        questions_.push_back({std::move(name), std::move(help), section_, std::move(answer)});
    }

    /// What kind of model the model's options describe: the fact "model".
    void set_model_kind(std::string kind) { model_kind_ = std::move(kind); }
    /// The file with the values that the command line does not give.
    struct Config {
        std::filesystem::path file;      ///< empty: none
        bool is_of_resumed_run = false;  ///< else it was given by --config
    };
    /// `config` is called once the command line has been read.
    void set_config(std::function<Config()> config) { config_ = std::move(config); }
    /// What --help says at its end.
    void set_footer(std::string text) { footer_ = std::move(text); }

    /// Sets a field that neither the command line nor config.toml gave.
    template <class T>
    void otherwise(T& field, const std::type_identity_t<T>& value) const {
        if (!is_given(field)) field = value;
    }
    template <class T>
    bool is_given(const T& field) const {
        return at(&field).is_given;
    }

    /// The option of this name, null where there is none; a fact is no option.
    Option* find(std::string_view name);
    const Alias* find_alias(std::string_view name) const;

    const std::string& program() const { return program_; }
    const std::string& model_kind() const { return model_kind_; }
    const std::string& footer() const { return footer_; }
    Config config() const { return config_ ? config_() : Config(); }
    std::vector<Option>& options() { return options_; }
    const std::vector<Option>& options() const { return options_; }
    const std::vector<Alias>& aliases() const { return aliases_; }
    const std::vector<Question>& questions() const { return questions_; }

private:
    template <class Field>
    Option& add(Role role, const char* name, Field&& field, std::string help) {
        if constexpr (std::is_same_v<std::decay_t<Field>, CustomField>)
            return add_option({role, name, std::forward<Field>(field), std::move(help)});
        else
            return add_option({role, name, &field, std::move(help)});
    }
    template <class E, std::size_t N>
    Option& add(Role role, const char* name, E& field, const Named<E> (&table)[N], const std::string& help) {
        std::vector<std::string> words;
        for (const Named<E>& row : table)
            words.push_back(std::string(row.name) + (*row.note ? " (" + std::string(row.note) + ")" : ""));
        Option& option = add_option({role, name, field_of_words(field, table), help + ": " + either(words)});
        return option.shown_as("WORD");
    }
    Option& add_option(Option option);
    const Option& at(const void* field) const;

    std::string program_, section_ = "Options", model_kind_, footer_;
    std::function<Config()> config_;
    std::vector<Option> options_;
    std::vector<Alias> aliases_;
    std::vector<Question> questions_;
};

/// What a checkpoint says about the model and the run that the options describe.
CheckpointFacts facts_of(const OptionList& list);

/// Adds the facts that a checkpoint lacks because it is older than their options.
void complete_facts(CheckpointFacts& facts, const OptionList& list);

/// Sets what shapes the model to what the facts of `file` say. Throws DataError where the file is of another kind of
/// model, or a fact is not within the limits of its option.
void read_model_facts(OptionList& list, const CheckpointFacts& facts, const std::string& file);

}  // namespace sinter
