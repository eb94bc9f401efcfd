#include "apps/mnist_vae/options.h"

#include <fmt/format.h>

#include "apps/training/training_setup.h"
#include "core/check.h"

namespace sinter {
namespace {

/// Keras' example has 2 latent units for grey images, which can be drawn as a map; colour needs many more.
Index default_latent(VaeArchitecture architecture, Index channels) {
    switch (architecture) {
        case VaeArchitecture::conv:
            return channels == 1 ? 2 : 128;
        case VaeArchitecture::dcgan:
            return 100;  // a GAN's
        case VaeArchitecture::dense:
            break;
    }
    return 20;
}

}  // namespace

void describe(OptionList& list, MnistVaeOptions& options) {
    describe_training(list, options);
    describe(list, options.kl);
    describe_size(list, options.images);
    describe_channels(list, options.images);
    describe_fitting(list, options.images.fitting);
    list.fixed("binarize", options.binarisation, kBinarisations, "Whether pixels become 0 or 1");
    describe(list, options.model);
    list.free("conditional", options.conditional, "Give the class of an image to encoder and decoder");
    describe_measuring(list, options);
    describe_pictures(list, options);
    describe(list, options.sample);
    describe(list, options.prior);
    list.once("evaluate", options.evaluate,
              "Evaluate this checkpoint on the test images instead of training; with --out, write its pictures there")
        .shown_as("CHECKPOINT");
    describe_run(list, options);
}

void check_options(const MnistVaeOptions& options) {
    const VaeOptions& model = options.model;
    const VaeOptions usual;
    require(options.evaluate.empty() || options.sample.checkpoint.empty(),
            "--sample and --evaluate: expected one of them");
    require(!options.prior.is_mixture() || !options.sample.checkpoint.empty(),
            "--prior: belongs to --sample CHECKPOINT N; give both, or leave it out");
    const bool has_dense = takes_hidden(model.architecture);
    require(has_dense || model.hidden == usual.hidden,
            "--hidden: the layers of --arch {} follow from the size of the images; leave it out, or use --arch dense",
            name_of(kVaeArchitectures, model.architecture));
    const bool has_base_width = model.architecture == VaeArchitecture::dcgan;
    require(has_base_width || model.base_width == usual.base_width,
            "--base-width: that of --arch {} is settled; leave it out, or use --arch dcgan",
            name_of(kVaeArchitectures, model.architecture));
    require(!has_batch_norm(model.architecture) || options.batch_size >= 2,
            "--batch-size 1: batch normalisation compares the images of a batch and needs at least two");
    require(model.likelihood == Likelihood::gaussian || model.variance == usual.variance,
            "--variance: a Bernoulli likelihood has none; leave it out, or use --likelihood gaussian");
    require(
        model.likelihood == Likelihood::bernoulli || options.binarisation == Binarisation::none,
        "--binarize {}: the density of a Gaussian likelihood says nothing about zeros and ones; leave it out, or use "
        "--likelihood bernoulli",
        name_of(kBinarisations, options.binarisation));
    require(has_dense || model.activation == usual.activation,
            "--activation: that of --arch {} is settled; leave it out, or use --arch dense",
            name_of(kVaeArchitectures, model.architecture));
}

void fit_model(const OptionList& list, MnistVaeOptions& options, const ImageSet& images) {
    VaeOptions& model = options.model;
    model.height = images.height;
    model.width = images.width;
    model.channels = images.channels;
    model.classes = options.conditional ? labelled_classes(images) : 0;
    list.otherwise(model.latent, default_latent(model.architecture, model.channels));
}

std::string describe(const VaeOptions& options) {
    std::string text;
    switch (options.architecture) {
        case VaeArchitecture::dense:
            text = fmt::format("dense VAE {}-{}-{}", options.height * options.width * options.channels,
                               fmt::join(options.hidden, "-"), options.latent);
            break;
        case VaeArchitecture::conv:
            text = fmt::format("convolutional VAE {}x{}x{}, {} channels, latent {}", options.width, options.height,
                               options.channels, fmt::join(vae_conv_widths(options.height, options.width), "-"),
                               options.latent);
            break;
        case VaeArchitecture::dcgan:
            text = fmt::format("DCGAN-shaped VAE {0}x{0}x{1}, base width {2}, latent {3}", options.width,
                               options.channels, options.base_width, options.latent);
            break;
    }
    return options.classes > 0 ? fmt::format("{}, conditional on {} classes", text, options.classes) : text;
}

}  // namespace sinter
