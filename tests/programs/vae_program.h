// mnist_vae on the tiny data set.
#pragma once

#include "tests/programs/program_fixture.h"

namespace sinter {

class VaeProgram : public ProgramTest {
protected:
    VaeProgram() : ProgramTest(SINTER_MNIST_VAE) {}

    Outcome vae(const Arguments& arguments, ProcessOptions options = {}) const {
        return start(arguments, std::move(options));
    }
    /// The arguments that train a small model on the tiny set: 2 epochs of 4 steps, unless `more` says otherwise.
    Arguments training(const std::string& out, const Arguments& more = {}) const {
        return with_defaults({"--data", data(), "--out", out},
                             {"--hidden", "32", "--batch-size", "64", "--epochs", "2"}, more);
    }
    /// Trains; anything but success ends the test.
    Outcome train(const std::string& out, const Arguments& more = {}) const { return succeed(training(out, more)); }
};

}  // namespace sinter
