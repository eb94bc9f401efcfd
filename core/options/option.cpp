#include "core/options/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "core/options/parse_number.h"
#include "core/printable.h"

namespace sinter {
namespace {

/// The smaller one of a limit and what the type holds, which may be more than a limit can say.
template <class Whole>
Whole limited(std::int64_t limit) {
    if (std::cmp_less(limit, std::numeric_limits<Whole>::min())) return std::numeric_limits<Whole>::min();
    if (limit == std::numeric_limits<std::int64_t>::max() || std::cmp_greater(limit, std::numeric_limits<Whole>::max()))
        return std::numeric_limits<Whole>::max();
    return static_cast<Whole>(limit);
}

template <class Whole>
std::optional<BadValue> read_whole(const Option& option, const std::string& word, Whole& field) {
    const Whole least = limited<Whole>(option.least), most = limited<Whole>(option.most);
    Whole value{};
    const bool is_whole = parse_number(word, value) && value >= least && value <= most;
    if (!option.choices.empty()) {
        const auto is_value = [&](std::int64_t choice) { return is_whole && std::cmp_equal(choice, value); };
        if (std::none_of(option.choices.begin(), option.choices.end(), is_value)) {
            std::vector<std::string> choices;
            for (const std::int64_t choice : option.choices) choices.push_back(std::to_string(choice));
            return BadValue{either(choices), word};
        }
    }
    if (!is_whole) {
        const std::string range = most == std::numeric_limits<std::int64_t>::max()
                                      ? fmt::format("of at least {}", least)
                                      : fmt::format("from {} to {}", least, most);
        return BadValue{"a whole number " + range, word};
    }
    field = value;
    return std::nullopt;
}

std::optional<BadValue> read_number(Option::Numbers numbers, const std::string& word, double& field) {
    double value = 0;
    const bool is_number = parse_number(word, value) && std::isfinite(value);
    bool fits = false;
    const char* expected = "";
    switch (numbers) {
        case Option::Numbers::finite:
            fits = true;
            expected = "a number";
            break;
        case Option::Numbers::positive:
            fits = value > 0;
            expected = "a positive number";
            break;
        case Option::Numbers::not_negative:
            fits = value >= 0;
            expected = "a number of at least 0";
            break;
        case Option::Numbers::fraction:
            fits = value >= 0 && value < 1;
            expected = "a number of at least 0 and below 1";
            break;
    }
    if (!is_number || !fits) return BadValue{expected, word};
    field = value;
    return std::nullopt;
}

std::optional<BadValue> read_list(const Option& option, std::span<const std::string> words,
                                  std::vector<std::int64_t>& field) {
    if (words.empty()) return BadValue{"a whole number or more", "none"};
    std::vector<std::int64_t> values;
    for (const std::string& word : words) {
        for (std::size_t begin = 0; begin <= word.size();) {
            const std::size_t end = std::min(word.find(',', begin), word.size());
            std::int64_t value = 0;
            if (const auto bad = read_whole(option, word.substr(begin, end - begin), value)) return bad;
            values.push_back(value);
            begin = end + 1;
        }
    }
    field = std::move(values);
    return std::nullopt;
}

/// What --help calls a value of the field.
struct TypeName {
    std::string operator()(const bool*) const { return ""; }
    std::string operator()(const int*) const { return "INT"; }
    std::string operator()(const std::int64_t*) const { return "INT"; }
    std::string operator()(const std::uint64_t*) const { return "INT"; }
    std::string operator()(const double*) const { return "NUMBER"; }
    std::string operator()(const std::string*) const { return "TEXT"; }
    std::string operator()(const std::vector<std::int64_t>*) const { return "INT,..."; }
    std::string operator()(const CustomField&) const { return "TEXT"; }
};

}  // namespace

Option::Option(Role option_role, std::string option_name, Field option_field, std::string option_help)
    : role(option_role),
      name(std::move(option_name)),
      field(std::move(option_field)),
      help(std::move(option_help)),
      type(std::visit(TypeName(), field)),
      default_text(text()),
      missing_fact([value = default_text](const CheckpointFacts&) { return value; }) {}

Option& Option::from(std::int64_t smallest, std::int64_t largest) {
    least = smallest;
    most = largest;
    return *this;
}

Option& Option::one_of(std::vector<std::int64_t> numbers_allowed) {
    choices = std::move(numbers_allowed);
    return *this;
}

Option& Option::positive() {
    numbers = Numbers::positive;
    return *this;
}

Option& Option::not_negative() {
    numbers = Numbers::not_negative;
    return *this;
}

Option& Option::fraction() {
    numbers = Numbers::fraction;
    return *this;
}

Option& Option::shown_as(std::string new_type) {
    type = std::move(new_type);
    return *this;
}

Option& Option::usually(std::string value) {
    default_text = std::move(value);
    is_settled = true;
    return *this;
}

Option& Option::before(std::string value) {
    return before([value = std::move(value)](const CheckpointFacts&) { return value; });
}

Option& Option::before(std::function<std::string(const CheckpointFacts&)> value) {
    missing_fact = std::move(value);
    return *this;
}

Option& Option::told_as(std::function<std::string()> new_fact) {
    fact = std::move(new_fact);
    return *this;
}

std::string Option::fact_name() const {
    if (!shapes_model()) return flag();
    std::string fact_of_model = "model." + name;
    std::replace(fact_of_model.begin(), fact_of_model.end(), '-', '_');
    return fact_of_model;
}

std::size_t Option::words() const {
    const CustomField* custom = std::get_if<CustomField>(&field);
    return custom ? custom->words : 1;
}

const void* Option::address() const {
    return std::visit(
        [](const auto& f) -> const void* {
            if constexpr (std::is_pointer_v<std::decay_t<decltype(f)>>)
                return f;
            else
                return f.field;
        },
        field);
}

std::string Option::text() const {
    return std::visit(
        [](const auto& f) -> std::string {
            using F = std::decay_t<decltype(f)>;
            if constexpr (std::is_same_v<F, CustomField>)
                return f.text();
            else if constexpr (std::is_same_v<F, std::vector<std::int64_t>*>)
                return fmt::format("{}", fmt::join(*f, ","));
            else
                return fmt::format("{}", *f);
        },
        field);
}

std::optional<BadValue> Option::read(std::span<const std::string> given) {
    for (const std::string& word : given) {
        if (!is_utf8(word)) return BadValue{"text in UTF-8, as files and folders of a run keep it", word};
    }
    if (std::vector<std::int64_t>** list = std::get_if<std::vector<std::int64_t>*>(&field))
        return read_list(*this, given, **list);
    if (given.size() != words()) {
        return BadValue{words() == 1 ? "one value" : fmt::format("{} values", words()),
                        fmt::format("{}", fmt::join(given, " "))};
    }
    const std::string& word = given.front();
    return std::visit(
        [&](auto& f) -> std::optional<BadValue> {
            using F = std::decay_t<decltype(f)>;
            if constexpr (std::is_same_v<F, CustomField>) {
                return f.read(given);
            } else if constexpr (std::is_same_v<F, bool*>) {
                if (word != "true" && word != "false") return BadValue{"true or false", word};
                *f = word == "true";
            } else if constexpr (std::is_same_v<F, double*>) {
                return read_number(numbers, word, *f);
            } else if constexpr (std::is_same_v<F, std::string*>) {
                *f = word;
            } else if constexpr (!std::is_same_v<F, std::vector<std::int64_t>*>) {
                return read_whole(*this, word, *f);
            }
            return std::nullopt;
        },
        field);
}

}  // namespace sinter
