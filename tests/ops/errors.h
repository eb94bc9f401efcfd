// Expecting an error by its type and by what its sentence says.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "core/error.h"

namespace sinter::testing_ops {

/// Expects that `call` throws an `Expected` whose sentence holds all `parts`.
template <class Expected, class Call>
void expect_error(const Call& call, std::initializer_list<std::string> parts) {
    try {
        call();
    } catch (const Expected& error) {
        for (const std::string& part : parts) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
                << "expected \"" << part << "\" in the sentence \"" << error.what() << "\"";
        }
        return;
    }
    ADD_FAILURE() << "expected an error that says \"" << (parts.size() > 0 ? *parts.begin() : "") << "\"";
}

template <class Call>
void expect_usage_error(const Call& call, std::initializer_list<std::string> parts) {
    expect_error<UsageError>(call, parts);
}

}  // namespace sinter::testing_ops
