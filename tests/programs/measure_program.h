// measure on features and on images that it knows within a second.
#pragma once

#include <string>
#include <vector>

#include "core/files/npy.h"
#include "tests/programs/program_fixture.h"

namespace sinter {

class MeasureProgram : public ProgramTest {
protected:
    MeasureProgram() : ProgramTest(SINTER_MEASURE) {}

    /// What it prints with --json; anything but success ends the test.
    nlohmann::json measure(Arguments arguments) const {
        arguments.insert(arguments.end(), {"--json", "--quiet"});
        return nlohmann::json::parse(succeed(arguments).out);
    }
    /// Expects the refusal, with nothing on stdout.
    void expect_refused(const Arguments& arguments, int exit_code, std::initializer_list<std::string> parts) const {
        SCOPED_TRACE(testing::PrintToString(arguments));
        const Outcome outcome = start(arguments);
        expect_refusal(outcome, exit_code, parts);
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err.find("measure: "), std::string::npos) << outcome.err;
    }
};

using Texts = std::vector<std::string>;

/// The warnings of a line of JSON.
inline Texts warnings_in(const nlohmann::json& line) { return line["warnings"].get<Texts>(); }

}  // namespace sinter
