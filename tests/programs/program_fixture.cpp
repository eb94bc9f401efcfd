#include "tests/programs/program_fixture.h"
#include "tests/common/checkpoint_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "core/data/formats/digits.h"
#include "tests/common/data_files.h"

namespace sinter {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::vector<nlohmann::ordered_json> metrics_without_times(const std::string& run) {
    std::vector<nlohmann::ordered_json> lines = metrics(run);
    for (auto& line : lines) line.erase("seconds"), line.erase("images_per_second");
    return lines;
}

std::map<std::string, std::string> arrays(const SafetensorsFile& file) {
    std::map<std::string, std::string> result;
    for (const SafetensorsEntry& entry : file.entries()) result[entry.name] = entry.dtype + text_of(entry.data);
    return result;
}

}  // namespace

ProgramTest::ProgramTest(std::string program) : program_(std::move(program)) {
    write_mnist(data(), make_digits(kTrainImages, kTestImages));
}

Arguments ProgramTest::command(const Arguments& arguments) const {
    Arguments result = {program_};
    result.insert(result.end(), arguments.begin(), arguments.end());
    return result;
}

ProcessOptions ProgramTest::in_private(ProcessOptions options, bool with_devices) const {
    if (!with_devices) options.environment.insert({"CUDA_VISIBLE_DEVICES", ""});
    options.environment.insert({"SINTER_OFFLINE", "1"});
    options.environment.insert({"SINTER_CACHE_DIR", path("cache")});
    options.environment.insert({"SINTER_DATA_DIR", ""});
    return options;
}

Outcome ProgramTest::start(const Arguments& arguments, ProcessOptions options) const {
    const bool with_devices = std::any_of(arguments.begin(), arguments.end(),
                                          [](const std::string& argument) { return argument.rfind("cuda", 0) == 0; });
    const Outcome outcome = run(command(arguments), in_private(std::move(options), with_devices));
    EXPECT_FALSE(outcome.timed_out) << outcome.err;
    return outcome;
}

Outcome ProgramTest::succeed(const Arguments& arguments) const {
    Outcome outcome = start(arguments);
    if (outcome.exit_code != 0) throw std::runtime_error("the program failed: " + outcome.err);
    return outcome;
}

Arguments with_defaults(Arguments arguments, const Arguments& defaults, const Arguments& more) {
    for (std::size_t i = 0; i + 1 < defaults.size(); i += 2) {
        if (std::find(more.begin(), more.end(), defaults[i]) != more.end()) continue;
        arguments.insert(arguments.end(), {defaults[i], defaults[i + 1]});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

Snapshot ProgramTest::snapshot(const std::string& name) const {
    Snapshot result;
    for (const auto& entry : fs::recursive_directory_iterator(path(name))) {
        const std::string file = entry.path().string();
        if (entry.is_directory()) {
            result[file + "/"];
        } else {
            result[file] = read_text(entry.path());
        }
    }
    return result;
}

std::string read_text(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    EXPECT_TRUE(stream) << file;
    return {std::istreambuf_iterator<char>(stream), {}};
}

void write_text(const fs::path& file, const std::string& content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
}

std::string idx_images(const ImageSet& images, std::uint32_t magic) {
    return text_of(tests::idx_file(magic, {images.count, images.height, images.width}, images.pixels));
}

std::string idx_labels(const ImageSet& images, std::uint32_t magic) {
    return text_of(tests::idx_file(magic, {images.count}, images.labels));
}

void write_mnist(const fs::path& folder, const DataSplits& data) {
    write_text(folder / "train-images-idx3-ubyte", idx_images(data.train));
    write_text(folder / "train-labels-idx1-ubyte", idx_labels(data.train));
    write_text(folder / "t10k-images-idx3-ubyte", idx_images(data.test));
    write_text(folder / "t10k-labels-idx1-ubyte", idx_labels(data.test));
}

DataSplits noise_images(std::int64_t train, std::int64_t test, std::int64_t height, std::int64_t width) {
    std::uint32_t state = 1;
    const auto fill = [&](std::int64_t count) {
        ImageSet images;
        images.count = count;
        images.height = height;
        images.width = width;
        images.labels.assign(static_cast<std::size_t>(count), 0);
        images.pixels.resize(static_cast<std::size_t>(count * height * width));
        // A linear congruential generator: the same bytes everywhere.
        for (std::uint8_t& pixel : images.pixels) {
            state = state * 1664525 + 1013904223;
            pixel = static_cast<std::uint8_t>(state >> 24);
        }
        return images;
    };
    DataSplits data;
    data.train = fill(train);
    data.test = fill(test);
    return data;
}

std::vector<nlohmann::ordered_json> metrics(const std::string& run) {
    std::vector<nlohmann::ordered_json> lines;
    std::ifstream file(fs::path(run) / "metrics.jsonl");
    EXPECT_TRUE(file) << run;
    for (std::string line; std::getline(file, line);) {
        EXPECT_FALSE(file.eof()) << "the last line has no end: " << line;
        lines.push_back(nlohmann::ordered_json::parse(line, nullptr, /*allow_exceptions=*/false));
        EXPECT_TRUE(lines.back().is_object()) << line;
    }
    return lines;
}

std::string checkpoint_of(const std::string& run) {
    return (fs::path(run) / "checkpoints" / "last.safetensors").string();
}

std::string digest(const fs::path& file) {
    const std::string content = read_text(file);
    return std::to_string(content.size()) + " bytes, " + std::to_string(std::hash<std::string>()(content));
}

std::map<std::string, std::string> checkpoints(const std::string& run) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::directory_iterator(fs::path(run) / "checkpoints"))
        found[entry.path().filename().string()] = digest(entry.path());
    return found;
}

void make_older(const std::string& run, const std::function<void(SafetensorsMetadata&)>& change) {
    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(run));
    SafetensorsMetadata facts = file.metadata();
    for (const char* later : {"program", "data.content", "model.class_names", "epoch.numbers"}) facts.erase(later);
    facts["training data"] = "content 01234567";
    facts["seconds"] = facts["epoch.train_seconds"] = "1.5";
    change(facts);
    write_with_facts(checkpoint_of(run), file.entries(), facts);
}

bool have_same_arrays(const std::string& run, const std::string& other) {
    return arrays(SafetensorsFile::open(checkpoint_of(run))) == arrays(SafetensorsFile::open(checkpoint_of(other)));
}

void expect_same_run(const std::string& run, const std::string& reference) {
    EXPECT_TRUE(have_same_arrays(run, reference)) << run << " against " << reference;
    EXPECT_EQ(SafetensorsFile::open(checkpoint_of(run)).metadata(),
              SafetensorsFile::open(checkpoint_of(reference)).metadata());
    EXPECT_TRUE(read_text(checkpoint_of(run)) == read_text(checkpoint_of(reference)));
    EXPECT_EQ(metrics_without_times(run), metrics_without_times(reference));
}

void expect_refusal(const Outcome& outcome, int exit_code, std::initializer_list<std::string> parts) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_EQ(outcome.signal, 0);
    for (const std::string& part : parts) {
        EXPECT_NE(outcome.err.find(part), std::string::npos)
            << "expected \"" << part << "\" in what the program says:\n"
            << outcome.err;
    }
}

}  // namespace sinter
