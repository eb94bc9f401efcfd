#include "apps/classifier/options.h"

#include <fmt/format.h>

#include <filesystem>

#include "apps/common/facts.h"
#include "apps/common/numbers.h"
#include "core/error.h"

namespace sinter {
namespace {

constexpr Index kMostPixels = 1024;  // a side

}  // namespace

void add_classifier_options(CLI::App& app, ClassifierProgramOptions& options) {
    add_training_options(app, options);
    app.remove_option(app.get_option("--sample-every"));  // it draws nothing
    app.add_option("--size", options.size, "Pixels a side, to which images are fitted; 0: as the data has them")
        ->check(whole_number<Index>(0, kMostPixels));
    app.add_option("--channels", options.channels, "1 (grey) or 3 (colour); 0: as the data has it")
        ->check(CLI::IsMember({"0", "1", "3"}));
    app.add_option("--evaluate", options.evaluate, "Test this checkpoint instead of training")
        ->type_name("CHECKPOINT")
        ->configurable(false);
    auto* judge = app.add_option("--judge", options.judge,
                                 "Judge the generated images (PNG) in this folder by --checkpoint, against the test "
                                 "images of --data, instead of training")
                      ->type_name("FOLDER")
                      ->configurable(false);
    app.add_option("--checkpoint", options.checkpoint, "The classifier that judges")
        ->type_name("FILE")
        ->needs(judge)
        ->configurable(false);
}

ClassifierOptions classifier_options(const ImageSet& images) {
    if (images.labels.empty()) {
        throw DataError(
            fmt::format("the images of {} have no labels to learn; give a set that has, with --data", images.name));
    }
    if (images.classes < 2) {
        throw DataError(
            fmt::format("the images of {} are all of one class; a classifier needs two or more", images.name));
    }
    ClassifierOptions model;
    model.height = images.height;
    model.width = images.width;
    model.channels = images.channels;
    model.classes = images.classes;
    return model;
}

void add_model_facts(CheckpointFacts& facts, const ClassifierOptions& options) {
    facts["model"] = "classifier";
    facts["model.height"] = std::to_string(options.height);
    facts["model.width"] = std::to_string(options.width);
    facts["model.channels"] = std::to_string(options.channels);
    facts["model.classes"] = std::to_string(options.classes);
    facts["model.base_width"] = std::to_string(options.base_width);
    facts["model.features"] = std::to_string(options.features);
}

ClassifierOptions model_from_facts(const CheckpointFacts& facts, const std::string& file) {
    const FactReader reader(facts, file);
    reader.require_model("classifier");
    ClassifierOptions options;
    options.height = reader.whole_number("model.height", 8, kMostPixels);
    options.width = reader.whole_number("model.width", 8, kMostPixels);
    options.channels = reader.whole_number("model.channels", 1, 4);
    options.classes = reader.whole_number("model.classes", 2, 256);
    options.base_width = reader.whole_number("model.base_width", 1, 1024);
    options.features = reader.whole_number("model.features", 1, 4096);

    // Before anybody makes a model of terabytes: its largest matrix has to be in the file.
    const auto file_bytes = static_cast<Index>(std::filesystem::file_size(file));
    const Index inputs = (options.height + 3) / 4 * ((options.width + 3) / 4) * 2 * options.base_width;
    if (inputs * options.features > file_bytes / static_cast<Index>(sizeof(float))) {
        throw DataError(fmt::format("{}: expected weights of {} x {}, which {} bytes cannot hold; the file is damaged",
                                    file, options.features, inputs, file_bytes));
    }
    return options;
}

}  // namespace sinter
