#include "apps/mnist_vae/options.h"

#include <fmt/format.h>

#include "apps/common/numbers.h"
#include "apps/common/training_setup.h"
#include "core/check.h"

namespace sinter {
namespace {

/// Keras' example has 2 latent units for grey images, which can be drawn as a map; colour needs many more.
Index default_latent(VaeArchitecture architecture, Index channels) {
    switch (architecture) {
        case VaeArchitecture::conv:
            return channels == 1 ? 2 : 128;
        case VaeArchitecture::dense:
            break;
    }
    return 20;
}

}  // namespace

void add_vae_options(CLI::App& app, MnistVaeOptions& options) {
    add_training_options(app, options);
    app.add_option("--arch", options.arch, "dense (PyTorch's example) or conv (Keras' example)")
        ->check(CLI::IsMember(names(kVaeArchitectures)));
    app.add_flag("--conditional", options.conditional, "Give the class of an image to encoder and decoder");
    app.add_option("--latent", options.latent,
                   "Size of the latent code. Default: 20 for dense, 2 for conv on grey images, 128 for conv on colour")
        ->default_str("")
        ->check(whole_number<std::int64_t>(1, kMaxVaeUnits));
    app.add_option("--hidden", options.hidden,
                   "dense: sizes of the encoder's hidden layers, such as 400 or 512,256; the decoder mirrors them")
        ->delimiter(',')
        ->default_str(fmt::format("{}", fmt::join(options.hidden, ",")))
        ->check(whole_number<std::int64_t>(1, kMaxVaeUnits));
    add_image_options(app, options.size, options.channels, 0,
                      "Fit the images to this many pixels a side; 0: as the data has it");
    app.add_option("--beta", options.beta, "Weight of the KL divergence")->check(positive_number(/*or_zero=*/true));
    app.add_option("--kl-warmup", options.kl_warmup, "Epochs over which that weight rises from 0")
        ->check(positive_number(/*or_zero=*/true));
    app.add_option("--likelihood", options.likelihood, "bernoulli (cross-entropy) or gaussian (squared error)")
        ->check(CLI::IsMember(names(kLikelihoods)));
    app.add_option("--evaluate", options.evaluate,
                   "Evaluate this checkpoint on the test images instead of training; with "
                   "--out, write its pictures there")
        ->type_name("CHECKPOINT")
        ->configurable(false);
    add_sample_option(app, options.sample);
    app.get_option("--sample")->excludes("--evaluate");
}

VaeOptions vae_options(const MnistVaeOptions& options, const ImageSet& images) {
    VaeOptions model;
    model.architecture = vae_architecture(options.arch);
    model.height = images.height;
    model.width = images.width;
    model.channels = images.channels;
    model.latent = options.latent > 0 ? options.latent : default_latent(model.architecture, model.channels);
    model.likelihood = likelihood(options.likelihood);
    const bool has_hidden = options.hidden != MnistVaeOptions().hidden;
    require(takes_hidden(model.architecture) || !has_hidden,
            "--hidden: the layers of --arch {} follow from the size of the images; leave it out, or use --arch dense",
            options.arch);
    model.hidden.assign(options.hidden.begin(), options.hidden.end());
    if (options.conditional) model.classes = labelled_classes(images);
    return model;
}

void record_latent(CLI::App& app, const VaeOptions& model) {
    app.get_option("--latent")->default_str(std::to_string(model.latent));
}

std::string describe(const VaeOptions& options) {
    std::string text;
    switch (options.architecture) {
        case VaeArchitecture::dense:
            text = fmt::format("dense VAE {}-{}-{}", options.height * options.width * options.channels,
                               fmt::join(options.hidden, "-"), options.latent);
            break;
        case VaeArchitecture::conv:
            text = fmt::format("convolutional VAE {}x{}x{}, {} channels, latent {}", options.height, options.width,
                               options.channels, fmt::join(vae_conv_widths(options.height, options.width), "-"),
                               options.latent);
            break;
    }
    return options.classes > 0 ? fmt::format("{}, conditional on {} classes", text, options.classes) : text;
}

}  // namespace sinter
