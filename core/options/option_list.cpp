#include "core/options/option_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/error.h"

namespace sinter {
namespace {

constexpr const char* kModel = "model";

}  // namespace

Option& OptionList::add_option(Option option) {
    for (const Option& other : options_) {
        const bool is_same_flag =
            other.is_on_command_line() && option.is_on_command_line() && other.name == option.name;
        const bool is_same_fact = other.has_fact() && option.has_fact() && other.fact_name() == option.fact_name();
        if (is_same_flag || is_same_fact) throw std::logic_error(option.name + " is described twice");
    }
    option.section = section_;
    return options_.emplace_back(std::move(option));
}

Option* OptionList::find(std::string_view name) {
    for (Option& option : options_) {
        if (option.name == name && option.is_on_command_line()) return &option;
    }
    return nullptr;
}

const OptionList::Alias* OptionList::find_alias(std::string_view name) const {
    const auto found = std::find_if(aliases_.begin(), aliases_.end(), [&](const Alias& a) { return a.name == name; });
    return found == aliases_.end() ? nullptr : &*found;
}

const Option& OptionList::at(const void* field) const {
    for (const Option& option : options_) {
        if (option.address() == field) return option;
    }
    throw std::logic_error("a field that was not described to this list");
}

CheckpointFacts facts_of(const OptionList& list) {
    CheckpointFacts facts;
    if (!list.model_kind().empty()) facts[kModel] = list.model_kind();
    for (const Option& option : list.options()) {
        if (option.has_fact()) facts[option.fact_name()] = option.fact_text();
    }
    return facts;
}

void complete_facts(CheckpointFacts& facts, const OptionList& list) {
    CheckpointFacts missing;
    for (const Option& option : list.options()) {
        // What is no option has always been there: a checkpoint without it is damaged.
        if (!option.has_fact() || option.role == Role::fact || facts.contains(option.fact_name())) continue;
        missing[option.fact_name()] = option.missing_fact(facts);
    }
    facts.merge(missing);
}

void read_model_facts(OptionList& list, const CheckpointFacts& from_file, const std::string& file) {
    CheckpointFacts facts = from_file;
    complete_facts(facts, list);
    const FactReader reader(facts, file);
    if (reader.text(kModel) != list.model_kind()) {
        throw DataError(fmt::format("{}: expected a checkpoint of a {}, found one of '{}'", file, list.model_kind(),
                                    reader.text(kModel)));
    }
    for (Option& option : list.options()) {
        if (!option.shapes_model()) continue;
        if (const auto bad = option.read(reader.text(option.fact_name()))) {
            throw DataError(fmt::format("{}: expected {} as '{}', found '{}'; the checkpoint is damaged", file,
                                        bad->expected, option.fact_name(), bad->got));
        }
    }
}

}  // namespace sinter
