// GANs that start from a VAE: the images of the generator are the decoder's, and the discriminator has what fits it.
#include "models/hybrids/vae_to_gan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/ops/random.h"
#include "core/tape.h"
#include "tests/common/errors.h"
#include "tests/models/digits_training.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {
namespace {

const VaeOptions kVae{.architecture = VaeArchitecture::dcgan, .base_width = 4, .latent = 6};

VaeOptions conditional(VaeOptions options) {
    options.classes = 10;
    return options;
}

/// The arrays of a module, by name.
std::map<std::string, std::vector<float>> arrays(const Module& module) {
    std::map<std::string, std::vector<float>> found;
    for (const Parameter& array : module.state()) found[array.name] = array.tensor.to_floats();
    return found;
}

TEST(VaeToGan, TheGeneratorDrawsTheImagesOfTheDecoder) {
    for (const VaeOptions& options : {kVae, conditional(kVae)}) {
        // With weights, running statistics and an embedding that have moved.
        Training training(make_digits(100, 1).train, 20, 1, options);
        for (int step = 0; step < 20; ++step) training.step(1e-2);
        GanNetworks networks(dcgan_form(options));
        start_generator(networks.gan, training.vae);
        const NoGrad no_grad;
        const Evaluating decoding(training.vae), generating(networks.gan.generator());
        const Tensor z = networks.codes(50);
        const std::vector<float> decoded = training.vae.decode(z, networks.labels(50)).to_floats();
        const std::vector<float> drawn = networks.gan.generate(z, networks.labels(50)).to_floats();
        ASSERT_EQ(decoded.size(), drawn.size());
        // tanh and sigmoid each have an error of a few units in the last place of 1; all else is the same to the bit.
        float largest = 0;
        for (std::size_t i = 0; i < drawn.size(); ++i)
            largest = std::max(largest, std::abs((drawn[i] + 1) / 2 - decoded[i]));
        EXPECT_LT(largest, 4 * std::numeric_limits<float>::epsilon());
        EXPECT_GT(*std::max_element(decoded.begin(), decoded.end()), 0.8f) << "nothing was learned";
    }
}

TEST(VaeToGan, TheLogitsOfTheGeneratorAreHalfTheDecodersToTheBit) {
    Generator init(1, Device::cpu());
    Vae vae(kVae, init);
    GanNetworks networks(dcgan_form(kVae));
    start_generator(networks.gan, vae);
    const auto generator = arrays(networks.gan.generator());
    for (auto [name, values] : arrays(vae)) {
        if (!name.starts_with("decoder.")) continue;
        if (name == "decoder.layers.up3.weight")
            for (float& value : values) value /= 2;
        EXPECT_EQ(generator.at(name.substr(8)), values) << name;
    }
}

TEST(VaeToGan, TheDiscriminatorTakesWhatFits) {
    using Names = std::vector<std::string>;
    Generator init(1, Device::cpu());
    const auto start = [&](Index size, DiscriminatorNorm norm) {
        VaeOptions options = kVae;
        options.height = options.width = size;
        Vae vae(options, init);
        GanOptions form = dcgan_form(options);
        form.discriminator_norm = norm;
        GanNetworks networks(form);
        const StartedArrays started = start_discriminator(networks.gan, vae);
        const auto encoder = arrays(vae), discriminator = arrays(networks.gan.discriminator());
        for (const std::string& name : started.taken) {
            const std::string from = "encoder." + name.substr(0, name.find("_orig"));
            EXPECT_EQ(discriminator.at(name), encoder.at(from)) << name;
        }
        EXPECT_EQ(started.taken.size() + started.left.size(), discriminator.size());
        return started;
    };
    EXPECT_EQ(start(28, DiscriminatorNorm::none).taken, (Names{"features.down1.weight", "features.down2.weight"}));
    EXPECT_EQ(start(28, DiscriminatorNorm::spectral).taken,
              (Names{"features.down1.weight_orig", "features.down2.weight_orig"}));
    EXPECT_EQ(start(32, DiscriminatorNorm::batch).left, (Names{"logit.weight"})) << "norms and statistics fit as well";
}

TEST(VaeToGan, RefusesAnotherForm) {
    Generator init(1, Device::cpu());
    Vae vae(kVae, init), dense({.hidden = {8}, .latent = 6}, init);
    GanNetworks networks(dcgan_form(conditional(kVae)));
    const auto before = arrays(networks.gan.generator());
    expect_usage_error([&] { start_generator(networks.gan, vae); }, {"[vae_to_gan]", "label.weight", "classes"});
    expect_usage_error([&] { start_generator(networks.gan, dense); }, {"[vae_to_gan]", "dense"});
    expect_usage_error([&] { start_discriminator(networks.gan, dense); }, {"[vae_to_gan]", "dense"});
    EXPECT_EQ(arrays(networks.gan.generator()), before);
}

}  // namespace
}  // namespace sinter::tests
