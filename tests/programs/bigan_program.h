// bigan on the tiny data set.
#pragma once

#include "tests/programs/program_fixture.h"

namespace sinter {

class BiGanProgram : public ProgramTest {
protected:
    BiGanProgram() : ProgramTest(SINTER_BIGAN) {}

    /// The arguments that train small networks on the tiny set: 2 epochs of 4 steps, unless `more` says otherwise.
    Arguments training(const std::string& out, const Arguments& more = {}) const {
        return with_defaults({"--data", data(), "--out", out},
                             {"--base-width", "2", "--latent", "8", "--batch-size", "50", "--epochs", "2"}, more);
    }
    /// Trains; anything but success ends the test.
    Outcome train(const std::string& out, const Arguments& more = {}) const { return succeed(training(out, more)); }
};

}  // namespace sinter
