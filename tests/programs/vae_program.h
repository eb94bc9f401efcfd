// mnist_vae on the tiny data set.
#pragma once

#include <utility>

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

/// Width and height of a PNG file, from its header.
inline std::pair<int, int> png_size(const std::filesystem::path& file) {
    const std::string content = read_text(file);
    EXPECT_EQ(content.substr(0, 8), "\x89PNG\r\n\x1a\n") << file;
    EXPECT_EQ(content.substr(content.size() - 8, 4), "IEND") << file;
    const auto number = [&](std::size_t at) {
        int value = 0;
        for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(content.at(i));
        return value;
    };
    return {number(16), number(20)};
}

/// Side of a grid of images that are `pixels` long there after magnification, in frames of 2.
inline int side(int images, int pixels) { return images * (pixels + 2) + 2; }

}  // namespace sinter
