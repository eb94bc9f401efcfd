// One option: a field, and all that is known about it. The command line, config.toml, the facts of a checkpoint and the
// check on --resume read it from here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/names.h"
#include "core/options/facts.h"

namespace sinter {

/// Where the value of an option stands, and what a resumed run may do with it.
enum class Role {
    model,  ///< shapes the model: the fact "model.<name>", from which a checkpoint's model is made again
    fact,   ///< as `model`, but no option: it follows from the data or from others
    fixed,  ///< a run may not go on with another value: the fact "--<name>"
    free,   ///< has no fact: a resumed run may change it, or what follows from it is a fact
    once    ///< belongs to one start of a program and stands in no file
};

/// Why a text is no value of an option.
struct BadValue {
    std::string expected;  ///< "a whole number from 1 to 100"
    std::string got;
};

/// A field of a type that only its program knows, or that has a word for each value.
struct CustomField {
    const void* field;
    std::size_t words;                                                                ///< that a value takes
    std::function<std::string()> text;                                                ///< the value
    std::function<std::optional<BadValue>(std::span<const std::string> words)> read;  ///< sets it, or says why not
};

/// An enumeration by the words of its table.
template <class E, std::size_t N>
CustomField field_of_words(E& field, const Named<E> (&table)[N]) {
    return {&field, 1, [&field, &table] { return std::string(name_of(table, field)); },
            [&field, &table](std::span<const std::string> words) -> std::optional<BadValue> {
                for (const Named<E>& row : table) {
                    if (words.front() != row.name) continue;
                    field = row.value;
                    return std::nullopt;
                }
                return BadValue{either(names(table)), words.front()};
            }};
}

struct Option {
    using Field = std::variant<bool*, int*, std::int64_t*, std::uint64_t*, double*, std::string*,
                               std::vector<std::int64_t>*, CustomField>;

    Option(Role option_role, std::string option_name, Field option_field, std::string option_help);

    /// Whole numbers from `smallest` to `largest`, where that is less than the field holds; of a list, each of them.
    Option& from(std::int64_t smallest, std::int64_t largest = std::numeric_limits<std::int64_t>::max());
    /// These whole numbers and no others.
    Option& one_of(std::vector<std::int64_t> numbers);
    Option& positive();      ///< numbers above 0
    Option& not_negative();  ///< numbers of at least 0
    Option& fraction();      ///< numbers of at least 0 and below 1

    /// What --help calls the value, such as "FILE".
    Option& shown_as(std::string type);
    /// What --help says about a default that depends on other options; the program settles it, see OptionList.
    Option& usually(std::string value);

    /// What a checkpoint without the fact means: it was written before there was the option. Without this call, the
    /// value that the field had when it was described.
    Option& before(std::string value);
    /// The same where it follows from other facts, which may be missing as well.
    Option& before(std::function<std::string(const CheckpointFacts&)> value);
    /// The fact, where it says more than the value.
    Option& told_as(std::function<std::string()> fact);

    std::string flag() const { return "--" + name; }
    bool is_on_command_line() const { return role != Role::fact; }
    bool is_in_config() const { return is_on_command_line() && role != Role::once; }
    bool has_fact() const { return role != Role::free && role != Role::once; }
    bool shapes_model() const { return role == Role::model || role == Role::fact; }
    /// "model.base_width" or "--beta"
    std::string fact_name() const;
    std::string fact_text() const { return fact ? fact() : text(); }
    /// How many words a value has; a list has one or more.
    std::size_t words() const;
    const void* address() const;

    /// The value as text, exactly: read() makes the same value of it.
    std::string text() const;
    /// Sets the value, or leaves it and says why. Text is UTF-8: config.toml and checkpoints hold nothing else.
    [[nodiscard]] std::optional<BadValue> read(std::span<const std::string> words);
    [[nodiscard]] std::optional<BadValue> read(const std::string& word) { return read(std::span(&word, 1)); }

    enum class Numbers { finite, positive, not_negative, fraction };

    Role role;
    std::string name;  ///< "base-width"
    Field field;
    std::string help, section;
    std::string type;          ///< for --help
    std::string default_text;  ///< when it was described, or how it is settled
    bool is_settled = false;   ///< by usually()
    bool is_given = false;     ///< by the command line or config.toml
    Numbers numbers = Numbers::finite;
    std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    std::vector<std::int64_t> choices;
    std::function<std::string(const CheckpointFacts&)> missing_fact;
    std::function<std::string()> fact;
};

}  // namespace sinter
