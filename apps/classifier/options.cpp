#include "apps/classifier/options.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "core/error.h"

namespace sinter {

void add_classifier_options(CLI::App& app, ClassifierProgramOptions& options) {
    add_training_options(app, options);
    app.remove_option(app.get_option("--sample-every"));  // it draws nothing
    add_image_options(app, options.size, options.channels, 0,
                      "Fit the images to this many pixels a side; 0: as the data has it");
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

}  // namespace sinter
