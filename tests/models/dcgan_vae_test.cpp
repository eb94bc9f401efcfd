// The VAE of a DCGAN's form: its networks, what batch normalisation asks of those who use it, and what it refuses.
#include <gtest/gtest.h>

#include <cmath>

#include "core/ops/random.h"
#include "core/tape.h"
#include "models/gan/dcgan.h"
#include "models/vae/vae.h"
#include "tests/common/errors.h"
#include "tests/models/digits_training.h"
#include "tests/models/gan_networks.h"

namespace sinter::tests {
namespace {

VaeOptions dcgan_vae(Index size, Index channels = 1, Index classes = 0) {
    return {.architecture = VaeArchitecture::dcgan,
            .height = size,
            .width = size,
            .channels = channels,
            .base_width = 2,
            .latent = 5,
            .classes = classes};
}

TEST(DcganVae, IsAGeneratorAndItsMirror) {
    for (const Index size : kDcganSizes) {
        for (const Index classes : {0, 3}) {
            SCOPED_TRACE(size);
            Generator init(1, Device::cpu());
            Vae vae(dcgan_vae(size, 3, classes), init);
            GanNetworks like({.size = size, .channels = 3, .latent = 5, .base_width = 2, .classes = classes});
            std::vector<std::string> decoder, generator;
            for (const Parameter& array : vae.state())
                if (array.name.starts_with("decoder.")) decoder.push_back(array.name.substr(8));
            for (const Parameter& array : like.gan.generator().state()) generator.push_back(array.name);
            EXPECT_EQ(decoder, generator);

            const NoGrad no_grad;
            const Evaluating evaluating(vae);
            const Shape shape{2, size, size, 3};
            const Tensor codes = vae.encode(Tensor::full(shape, 0.5, Device::cpu()), like.labels(2));
            EXPECT_EQ(codes.shape(), (Shape{2, 5}));
            EXPECT_EQ(vae.decode(codes, like.labels(2)).shape(), shape);
        }
    }
}

TEST(DcganVae, LearnsDigitsThatItDrawsAndEncodesOneByOne) {
    VaeOptions options = dcgan_vae(28);
    options.base_width = 4;
    Training training(make_digits(100, 1).train, 20, 1, options);
    const double first = training.step();
    for (int step = 0; step < 40; ++step) training.step(1e-2);
    EXPECT_LT(training.step(), 0.6 * first);

    // In evaluation mode no image looks at the others of its batch.
    const NoGrad no_grad;
    const Evaluating evaluating(training.vae);
    training.loader.start_epoch(100);
    training.loader.next(training.batch);
    const std::vector<float> together = training.vae.encode(training.batch).to_floats();
    const std::vector<float> alone = training.vae.encode(training.batch.view({1, 28, 28, 1}, 0)).to_floats();
    for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_NEAR(alone[i], together[i], 1e-5f * (1 + std::abs(alone[i])));
}

TEST(DcganVae, RefusesWhatNoDcganMakes) {
    const auto expect_refused = [](VaeOptions options, std::initializer_list<std::string> parts) {
        expect_usage_error(
            [&] {
                Generator init(1, Device::cpu());
                Vae(options, init);
            },
            parts);
    };
    VaeOptions wide = dcgan_vae(32);
    wide.width = 48;
    expect_refused(wide, {"[vae]", "square", "48x32", "dense"});
    expect_refused(dcgan_vae(48), {"16, 28, 32, 64, 128 or 256", "48"});
    VaeOptions narrow = dcgan_vae(32);
    narrow.base_width = 0;
    expect_refused(narrow, {"[vae]", "base width from 1 to", "0"});
    Generator init(1, Device::cpu());
    Vae conditional(dcgan_vae(28, 1, 3), init);
    const Tensor images = Tensor::zeros({2, 28, 28, 1}, Device::cpu()), codes = Tensor::zeros({2, 5}, Device::cpu());
    expect_usage_error([&] { conditional.encode(images); }, {"3 classes", "got 0"});
    expect_usage_error([&] { conditional.decode(codes); }, {"label for each of 2 images", "got 0"});
}

}  // namespace
}  // namespace sinter::tests
