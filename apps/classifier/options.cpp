#include "apps/classifier/options.h"

#include <fmt/format.h>

#include "core/check.h"
#include "core/error.h"

namespace sinter {

void describe(OptionList& list, ClassifierProgramOptions& options) {
    describe_training(list, options);
    describe_size(list, options.images);
    describe_channels(list, options.images);
    describe_fitting(list, options.images.fitting);
    describe(list, options.model);
    list.section("Use");
    list.once("evaluate", options.evaluate, "Test this checkpoint instead of training").shown_as("CHECKPOINT");
    list.once("judge", options.judge,
              "Judge the generated images (PNG) in this folder by --checkpoint, against the test images of --data, "
              "instead of training")
        .shown_as("FOLDER");
    list.once("checkpoint", options.checkpoint, "The classifier that judges").shown_as("FILE");
    describe_run(list, options);
}

void check_options(const ClassifierProgramOptions& options) {
    require(options.evaluate.empty() || options.judge.empty(), "--evaluate and --judge: expected one of them");
    require(options.checkpoint.empty() || !options.judge.empty(),
            "--checkpoint: names the classifier of --judge; give a folder of images with it, or leave it out");
}

void fit_model(ClassifierProgramOptions& options, const ImageSet& images) {
    if (images.labels.empty()) {
        throw DataError(
            fmt::format("the images of {} have no labels to learn; give a set that has, with --data", images.name));
    }
    if (images.classes < 2) {
        throw DataError(
            fmt::format("the images of {} are all of one class; a classifier needs two or more", images.name));
    }
    options.model.height = images.height;
    options.model.width = images.width;
    options.model.channels = images.channels;
    options.model.classes = images.classes;
}

}  // namespace sinter
