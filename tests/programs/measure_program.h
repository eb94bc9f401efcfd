// measure on features and on images that it knows within a second.
#pragma once

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/files/npy.h"
#include "core/shape.h"
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

/// The arguments, and more of them.
inline Arguments with(Arguments arguments, const Arguments& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

/// Whether one of the texts holds `part`.
inline bool holds(const Texts& texts, const std::string& part) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

inline constexpr Index kSide = 8, kPixels = kSide * kSide, kClasses = 4;

/// Grey noise with one quarter of the image bright: the class, which a judge learns within a few steps.
inline ImageSet quarters(Index count, unsigned seed) {
    ImageSet set;
    set.count = count;
    set.height = set.width = kSide;
    set.name = "quarters";
    std::uint32_t state = seed;
    for (Index i = 0; i < count; ++i) {
        const Index label = i % kClasses;
        for (Index y = 0; y < kSide; ++y) {
            for (Index x = 0; x < kSide; ++x) {
                state = state * 1664525 + 1013904223;
                const bool is_bright = y / (kSide / 2) * 2 + x / (kSide / 2) == label;
                set.pixels.push_back(static_cast<std::uint8_t>((state >> 26) + (is_bright ? 180 : 0)));
            }
        }
        set.labels.push_back(static_cast<std::uint8_t>(label));
    }
    return set;
}

class MeasureImages : public MeasureProgram {
protected:
    static constexpr Index kTrain = 40, kTest = 16;

    MeasureImages() { write_mnist(set(), {quarters(kTrain, 1), quarters(kTest, 2), {}, 0, 0, {}, "", "", ""}); }

    /// The data set: so few test images that no jackknife takes its time.
    std::string set() const { return path("quarters"); }
    /// Images as a .npy file.
    std::string write(const std::string& name, const ImageSet& images) const {
        const std::string file = path(name + ".npy");
        write_npy<std::uint8_t>(file, images.pixels, {images.count, images.height, images.width});
        return file;
    }
    /// Other images of the same kind, against the test images.
    Arguments comparing(const std::string& name = "fresh", Index count = kTest) const {
        return {"--images", write(name, quarters(count, 3)), "--against", set()};
    }
    /// Trains a program on the set. The folder of the run.
    std::string train(const char* program, const std::string& name, const Arguments& more = {}) const {
        Arguments arguments = {program, "--data", set(), "--out", path(name), "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = run(arguments, in_private());
        if (outcome.exit_code != 0) throw std::runtime_error("the training failed: " + outcome.err);
        return path(name);
    }
    std::string train_classifier(const std::string& name,
                                 const Arguments& more = {"--batch-size", "8", "--epochs", "10"}) const {
        return train(SINTER_CLASSIFIER, name, more);
    }
    std::string train_vae(const std::string& name, const Arguments& more = {}) const {
        return train(SINTER_MNIST_VAE, name,
                     with_defaults({}, {"--hidden", "8", "--latent", "2", "--epochs", "1"}, more));
    }
    std::vector<std::filesystem::path> judges() const {
        std::vector<std::filesystem::path> files;
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(path("cache/judges"), none))
            files.push_back(entry.path());
        return files;
    }
};

}  // namespace sinter
