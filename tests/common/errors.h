// Expecting an error by its type and by what its sentence says.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "core/error.h"

namespace sinter::tests {

/// Expects that `sentence` holds every one of `parts`.
inline void expect_says(const std::string& sentence, std::initializer_list<std::string> parts) {
    for (const std::string& part : parts) {
        EXPECT_NE(sentence.find(part), std::string::npos)
            << "expected \"" << part << "\" in the sentence \"" << sentence << "\"";
    }
}

/// The sentence of the `Expected` error that `call` throws; a failure of the test if it throws none.
template <class Expected, class Call>
std::string sentence_of(const Call& call) {
    try {
        call();
    } catch (const Expected& error) {
        return error.what();
    }
    ADD_FAILURE() << "expected an error, none was thrown";
    return "";
}

/// Expects that `call` throws an `Expected` whose sentence holds all `parts`.
template <class Expected, class Call>
void expect_error(const Call& call, std::initializer_list<std::string> parts) {
    expect_says(sentence_of<Expected>(call), parts);
}

template <class Call>
void expect_usage_error(const Call& call, std::initializer_list<std::string> parts) {
    expect_error<UsageError>(call, parts);
}

template <class Call>
std::string data_error(const Call& call) {
    return sentence_of<DataError>(call);
}

}  // namespace sinter::tests
