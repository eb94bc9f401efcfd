// dcgan on the tiny data set.
#pragma once

#include "tests/programs/program_fixture.h"

namespace sinter {

class DcganProgram : public ProgramTest {
protected:
    DcganProgram() : ProgramTest(SINTER_DCGAN) {}

    /// The arguments that train a small GAN on the tiny set: 2 epochs of 4 steps, unless `more` says otherwise.
    Arguments training(const std::string& out, const Arguments& more = {}) const {
        return with_defaults({"--data", data(), "--out", out},
                             {"--base-width", "4", "--batch-size", "50", "--epochs", "2", "--grid", "4"}, more);
    }
    /// Trains; anything but success ends the test.
    Outcome train(const std::string& out, const Arguments& more = {}) const { return succeed(training(out, more)); }
    Outcome resume(const std::string& out, const Arguments& more = {}) const {
        return start(with_defaults({"--resume", "--out", out}, {}, more));
    }
    Outcome sample(const std::string& run, const std::string& count, const std::string& out,
                   const Arguments& more = {}) const {
        return start(with_defaults({"--sample", checkpoint_of(run), count, "--out", out}, {}, more));
    }
};

}  // namespace sinter
