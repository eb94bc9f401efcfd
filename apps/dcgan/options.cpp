#include "apps/dcgan/options.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/gan/usual_size.h"
#include "apps/training/pictures.h"
#include "apps/training/training_setup.h"
#include "core/check.h"
#include "core/pictures/image_file.h"

namespace sinter {
namespace {

/// For 32 and 64 pixels what Radford et al. trained with. For 28 what draws digits soonest: twice the tutorial's
/// learning rate on a quarter of its batch, with Radford's momentum and an average of the generator. Measured by the
/// classifier's judge on MNIST after five epochs, a Frechet distance of 74, against 372 after nine epochs with the
/// tutorial's own (--lr 1e-4 --beta1 0.9 --update simultaneous --ema 0) and batches of 128.
struct Usual {
    int epochs, batch_size;
    double lr, ema;
};

Usual usual_options(GanArchitecture architecture, Index size) {
    switch (architecture) {
        case GanArchitecture::dcgan:
            if (size == 28) return {15, 64, 2e-4, 0.999};
            return {25, size < 64 ? 128 : size < 256 ? 64 : 32, 2e-4, 0};
        case GanArchitecture::dense:
            break;
    }
    return {25, 128, 2e-4, 0};
}

constexpr const char* kDefaultsBySize =
    "Defaults by --size:\n"
    "  28           --epochs 15 --batch-size 64 --lr 2e-4 --ema 0.999\n"
    "               TensorFlow's tutorial: --epochs 50 --batch-size 256 --lr 1e-4 --beta1 0.9 --ema 0\n"
    "                                      --update simultaneous\n"
    "  64, 128      --epochs 25 --batch-size 64 --lr 2e-4 --ema 0\n"
    "  256          --epochs 25 --batch-size 32 --lr 2e-4 --ema 0\n"
    "  others       --epochs 25 --batch-size 128 --lr 2e-4 --ema 0 (--arch dense always so)";

constexpr const char* kBySize = "by --size, see below";

void describe_optimizers(OptionList& list, DcganOptions& options) {
    list.section("Training");
    list.fixed("lr-g", options.lr_g, "Learning rate of the generator").positive().usually("as --lr");
    list.fixed("lr-d", options.lr_d, "Learning rate of the discriminator").positive().usually("as --lr");
    list.fixed("beta1", options.beta1, "Adam's decay of the mean gradient").fraction();
    list.fixed("beta2", options.beta2, "Adam's decay of the mean squared gradient").fraction();
    list.fixed("flip", options.flip, "Mirror half of the images left to right, others every epoch");
}

void require_gif_fits(const DcganOptions& options) {
    // The animation is made of the grids as they lie in their files at the end of the run.
    const GridLayout layout =
        picture_layout(options.grid * options.grid, options.model.size, options.model.size, 1, options.grid);
    const Index side = options.grid * (options.model.size * layout.scale + layout.padding) + layout.padding;
    require(!options.gif || (side <= kMaxImageSide && side * side <= kMaxImagePixels),
            "--gif: a grid of {0}x{0} images of {1} pixels a side is a picture of {2}x{2} pixels, and an animation is "
            "made of pictures of at most {3} in all; use a smaller --grid, or leave --gif out",
            options.grid, options.model.size, side, kMaxImagePixels);
}

}  // namespace

void describe(OptionList& list, DcganOptions& options) {
    describe_training(list, options);
    describe_optimizers(list, options);
    describe_channels(list, options.images);
    describe_fitting(list, options.images.fitting);
    describe(list, options.model);
    list.free("conditional", options.conditional, "Draw images of a given class; needs data with labels");
    describe(list, options.training);
    for (const char* name : {"epochs", "batch-size", "lr", "ema"}) list.find(name)->usually(kBySize);
    list.find("size")->usually("64, 32 or 28 for dcgan, the first that the data reaches; 16 for data of up to 16");
    list.find("gradient-penalty")
        ->usually(
            "10 for --loss wasserstein without another limit on the critic (--r1, --discriminator-norm spectral), else "
            "0");
    describe_measuring(list, options);
    describe_pictures(list, options);
    list.free("grid", options.grid, "Images a side of the sample grids").from(1, 64);
    list.free("gif", options.gif, "At the end, the sample grids of all epochs as samples/training.gif");
    describe(list, options.sample);
    describe_run(list, options);
    list.find("precision")->usually("auto: tf32 on a device with tensor cores, else fp32");
    list.set_footer(kDefaultsBySize);
}

void settle_options(const OptionList& list, DcganOptions& options) {
    GanOptions& model = options.model;
    GanTrainingOptions& training = options.training;
    require_image_size(model.architecture, model.size);  // before images are fitted to it
    const Usual usual = usual_options(model.architecture, model.size);
    list.otherwise(options.epochs, usual.epochs);
    list.otherwise(options.batch_size, usual.batch_size);
    list.otherwise(options.lr, usual.lr);
    list.otherwise(options.lr_g, options.lr);
    list.otherwise(options.lr_d, options.lr);
    list.otherwise(training.ema, usual.ema);
    training.clip_norm = options.clip_norm;
    // A critic whose slope nothing limits only grows.
    const bool is_limited = training.r1_penalty > 0 || model.discriminator_norm == DiscriminatorNorm::spectral;
    const bool needs_penalty = training.loss == GanLoss::wasserstein && !is_limited;
    list.otherwise(training.gradient_penalty, needs_penalty ? 10.0 : 0.0);
    const DiscriminatorNorm published = published_norm(model.architecture, model.size);
    const bool is_penalised = training.gradient_penalty > 0 || training.r1_penalty > 0;
    list.otherwise(model.discriminator_norm, is_penalised ? DiscriminatorNorm::none : published);
    require(model.discriminator_norm != DiscriminatorNorm::batch || published == DiscriminatorNorm::batch,
            "--discriminator-norm batch: is for --arch dcgan on other sizes than 28; use layer, or leave it out");
    require(!training.simultaneous || training.n_critic == 1,
            "--n-critic {}: simultaneous updates teach both networks in every step; use --update alternating",
            training.n_critic);
    require(training.label_smoothing == 0 || compares_labels(training.loss),
            "--label-smoothing: the {} loss has no labels to smooth; use --loss logistic or least-squares, or leave it "
            "out",
            name_of(kGanLosses, training.loss));
    require(!has_batch_norm(model.architecture) || options.batch_size >= 2,
            "--batch-size 1: batch normalisation compares the images of a batch and needs at least two");
    require_gif_fits(options);
}

DataSplits find_training_images(const OptionList& list, DcganOptions& options) {
    if (list.is_given(options.model.size)) {
        options.images.height = options.images.width = options.model.size;
        return find_training_data(options);
    }
    DataSplits data = find_training_data(options, [&options](std::int64_t height, std::int64_t width) {
        return usual_size(options.model.architecture, height, width);
    });
    options.model.size = data.train.height;
    settle_options(list, options);
    return data;
}

void fit_model(DcganOptions& options, const ImageSet& images) {
    options.model.channels = images.channels;
    options.model.classes = options.conditional ? labelled_classes(images) : 0;
}

}  // namespace sinter
