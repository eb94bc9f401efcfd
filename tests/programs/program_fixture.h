// What the tests of all programs share: a program on a tiny data set, and a look at what it leaves on the disk.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/data/image_set.h"
#include "core/files/safetensors.h"
#include "tests/common/temporary_folder.h"
#include "tests/programs/process.h"

namespace sinter {

using Arguments = std::vector<std::string>;

/// Every file below a folder with its content; folders end in '/'.
using Snapshot = std::map<std::string, std::string>;

/// One program in a folder of its own: offline, with an own cache, and a tiny data set at hand.
class ProgramTest : public testing::Test {
protected:
    static constexpr std::int64_t kTrainImages = 200, kTestImages = 40;

    /// `program`: the path of its executable.
    explicit ProgramTest(std::string program);

    /// A path in the test's own folder, which also is where the program looks for its cache.
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
    /// The tiny set: the first digits of the embedded one, in MNIST's files.
    std::string data() const { return path("digits-tiny"); }

    /// The program with these arguments, as a Process takes them.
    Arguments command(const Arguments& arguments) const;
    /// The test's own cache and no data from elsewhere. Without `with_devices`, no CUDA device is seen either: what
    /// a test finds on the CPU is found there on any machine.
    ProcessOptions in_private(ProcessOptions options = {}, bool with_devices = false) const;
    /// Runs it to its end. CUDA devices are seen where the arguments name one.
    Outcome start(const Arguments& arguments, ProcessOptions options = {}) const;
    /// The same; anything but success ends the test.
    Outcome succeed(const Arguments& arguments) const;

    Snapshot snapshot(const std::string& name = "") const;

private:
    TemporaryFolder folder_;
    std::string program_;
};

/// `arguments`, then each of `defaults` (option and value in turn) whose option `more` does not give, then `more`.
Arguments with_defaults(Arguments arguments, const Arguments& defaults, const Arguments& more);

std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& content);

/// The images as an IDX file of bytes; `magic` stands in its first four bytes.
std::string idx_images(const ImageSet& images, std::uint32_t magic = 2051);
std::string idx_labels(const ImageSet& images, std::uint32_t magic = 2049);
/// Writes the four files of MNIST.
void write_mnist(const std::filesystem::path& folder, const DataSplits& data);
/// A set of noise with images of any size.
DataSplits noise_images(std::int64_t train, std::int64_t test, std::int64_t height, std::int64_t width);

/// The lines of a run's metrics.jsonl, each parsed; a line that is no JSON object fails the test.
std::vector<nlohmann::ordered_json> metrics(const std::string& run);

/// Expects that two runs ended with the same parameters, optimizer state, facts and metrics to the bit; only the fields
/// that hold times may differ.
void expect_same_run(const std::string& run, const std::string& reference);
/// Expects that two checkpoints hold the same arrays; returns whether they do.
bool have_same_arrays(const std::string& run, const std::string& other);

std::string checkpoint_of(const std::string& run);
/// A file's content in a few letters, which a failure can print.
std::string digest(const std::filesystem::path& file);
/// The files in the checkpoints of a run, each by its digest.
std::map<std::string, std::string> checkpoints(const std::string& run);

/// Makes the checkpoint of a run one of the format before, which had no checksums, with facts that `change` changes.
void make_older(const std::string& run, const std::function<void(SafetensorsMetadata&)>& change);

/// Expects the exit code and every one of `parts` on stderr.
void expect_refusal(const Outcome& outcome, int exit_code, std::initializer_list<std::string> parts);

}  // namespace sinter
