// The words for the values of an enumeration in options and checkpoints: one table of them, beside the enumeration.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace sinter {

/// A row of such a table. What the words are is part of the files: a row may be added, not renamed.
template <class E>
struct Named {
    const char* name;
    E value;
    const char* note = "";  ///< what --help says about the word, in brackets
};

/// All names, in the order of the table.
template <class E, std::size_t N>
std::vector<std::string> names(const Named<E> (&table)[N]) {
    std::vector<std::string> all;
    for (const Named<E>& row : table) all.emplace_back(row.name);
    return all;
}

/// "dense, conv or attention"
inline std::string either(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 < words.size() ? ", " : " or ") + words[i];
    return text;
}

/// The name of a value. Throws std::logic_error for one that nobody entered in the table.
template <class E, std::size_t N>
const char* name_of(const Named<E> (&table)[N], E value) {
    for (const Named<E>& row : table) {
        if (row.value == value) return row.name;
    }
    throw std::logic_error("a value without a name in its table");
}

/// The value of a name. Throws UsageError for others: "`expected` dense or conv, got 'transformer'".
template <class E, std::size_t N>
E value_of(const Named<E> (&table)[N], std::string_view name, const std::string& expected) {
    for (const Named<E>& row : table) {
        if (name == row.name) return row.value;
    }
    throw UsageError(expected + " " + either(names(table)) + ", got '" + std::string(name) + "'");
}

}  // namespace sinter
