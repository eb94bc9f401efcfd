#include "apps/dcgan/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>

#include "apps/gan/usual_image_size.h"
#include "apps/training/pictures.h"
#include "apps/training/training_setup.h"
#include "core/check.h"
#include "core/pictures/image_file.h"
#include "core/printable.h"

namespace sinter {
namespace {

constexpr const char* kByPreset = "by --preset, see below";

void describe_optimizers(OptionList& list, DcganOptions& options) {
    list.section("Training");
    list.free("preset", options.preset, kGanPresets, "Settings for what is not given, see below");
    list.fixed("lr-g", options.lr_g, "Learning rate of the generator").positive().usually("as --lr");
    list.fixed("lr-d", options.lr_d, "Learning rate of the discriminator").positive().usually("as --lr");
    list.fixed("beta1", options.beta1, "Adam's decay of the mean gradient").fraction();
    list.fixed("beta2", options.beta2, "Adam's decay of the mean squared gradient").fraction();
    list.fixed("flip", options.flip, "Mirror half of the images left to right, others every epoch");
}

/// Reads the path of a checkpoint and makes it absolute, so that a run can be started again from another folder.
CustomField checkpoint_field(std::string& file) {
    return {&file, 1, [&file] { return file; },
            [&file](std::span<const std::string> words) -> std::optional<BadValue> {
                const std::string& word = words.front();
                if (!is_utf8(word)) return BadValue{"a path in UTF-8, as files of a run keep it", word};
                file = word.empty() ? "" : std::filesystem::absolute(word).lexically_normal().string();
                return std::nullopt;
            }};
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
    list.free("generator-from", checkpoint_field(options.generator_from),
              "Start the generator as the decoder of this VAE, of mnist_vae --arch dcgan; size, channels, latent code, "
              "base width and classes are the VAE's")
        .shown_as("CHECKPOINT");
    list.free(
            "discriminator-from", checkpoint_field(options.discriminator_from),
            "Start the discriminator with the layers of this VAE's encoder that it has; size, channels and base width "
            "are the VAE's")
        .shown_as("CHECKPOINT");
    list.free("conditional", options.conditional, "Draw images of a given class; needs data with labels");
    describe(list, options.training);
    for (const char* name :
         {"epochs", "batch-size", "lr", "beta1", "beta2", "loss", "update", "n-critic", "ema", "discriminator-norm"})
        list.find(name)->usually(kByPreset);
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
    list.set_footer(kPresetHelp);
}

void settle_options(const OptionList& list, DcganOptions& options) {
    GanOptions& model = options.model;
    GanTrainingOptions& training = options.training;
    require_image_size(model.architecture, model.size);  // before images are fitted to it
    const GanRecipe recipe = recipe_of(options.preset, model.architecture, model.size);
    list.otherwise(options.epochs, recipe.epochs);
    list.otherwise(options.batch_size, recipe.batch_size);
    list.otherwise(options.lr_g, list.is_given(options.lr) ? options.lr : recipe.lr_g);
    list.otherwise(options.lr_d, list.is_given(options.lr) ? options.lr : recipe.lr_d);
    list.otherwise(options.lr, recipe.lr_g);
    list.otherwise(options.beta1, recipe.beta1);
    list.otherwise(options.beta2, recipe.beta2);
    list.otherwise(training.loss, recipe.loss);
    list.otherwise(training.simultaneous, recipe.simultaneous && training.n_critic == 1);
    list.otherwise(training.n_critic, training.simultaneous ? 1 : recipe.n_critic);
    list.otherwise(training.ema, recipe.ema);
    training.clip_norm = options.clip_norm;
    // A critic whose slope nothing limits only grows.
    const DiscriminatorNorm norm = list.is_given(model.discriminator_norm) ? model.discriminator_norm : recipe.norm;
    const bool is_limited = training.r1_penalty > 0 || norm == DiscriminatorNorm::spectral;
    const bool needs_penalty = training.loss == GanLoss::wasserstein && !is_limited;
    list.otherwise(training.gradient_penalty, needs_penalty ? 10.0 : 0.0);
    const bool is_penalised = training.gradient_penalty > 0 || training.r1_penalty > 0;
    const bool mixes_slopes = is_penalised && norm == DiscriminatorNorm::batch;
    list.otherwise(model.discriminator_norm, mixes_slopes ? DiscriminatorNorm::none : norm);
    const DiscriminatorNorm published = published_norm(model.architecture, model.size);
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
    const bool follows_vae = !options.generator_from.empty() || !options.discriminator_from.empty();
    if (list.is_given(options.model.size) || follows_vae) {
        options.images.height = options.images.width = options.model.size;
        return find_training_data(options);
    }
    DataSplits data = find_training_data(options, [&options](std::int64_t height, std::int64_t width) {
        return usual_image_size(options.model.architecture, height, width);
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
