// Likelihoods of whole VAEs: against a sum over the latent space, whatever the chunk and the threads; and the learned
// variance.
#include "models/vae/vae_likelihood.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "core/data/binarise.h"
#include "core/data/formats/digits.h"
#include "core/statistics/log_sum_exp.h"
#include "core/tape.h"
#include "tests/common/errors.h"
#include "tests/models/digits_training.h"

namespace sinter::tests {
namespace {

constexpr double kPi = std::numbers::pi;

const VaeOptions kDense{.hidden = {32}, .latent = 3};
const VaeOptions kConditional{.hidden = {32}, .latent = 1, .classes = 10};
const VaeOptions kConv{.architecture = VaeArchitecture::conv, .latent = 2};
const VaeOptions kDcgan{.architecture = VaeArchitecture::dcgan, .base_width = 2, .latent = 100};
const VaeOptions kDensity{.hidden = {32}, .latent = 1, .likelihood = Likelihood::gaussian, .variance = {false, 0.3}};
const VaeOptions kLearned{.hidden = {32}, .latent = 4, .likelihood = Likelihood::gaussian, .variance = {true}};

ImageSet test_digits(std::int64_t count, Binarisation how = Binarisation::dynamic) {
    DataSplits digits = make_digits(1, count);
    binarise(digits, how);
    return digits.test;
}

/// A VAE that has learned a little from the digits.
std::unique_ptr<Training> trained(const VaeOptions& options, int steps = 60) {
    auto training = std::make_unique<Training>(make_digits(600, 1).train, 60, 1, options);
    training->steps(steps);
    return training;
}

void expect_same(const VaeLikelihood& a, const VaeLikelihood& b) {
    ASSERT_EQ(a.curve.size(), b.curve.size());
    for (std::size_t i = 0; i < a.curve.size(); ++i) EXPECT_EQ(a.curve[i].mean, b.curve[i].mean) << a.curve[i].samples;
    EXPECT_EQ(a.distortion, b.distortion);
    EXPECT_EQ(a.units.kl, b.units.kl);
    EXPECT_EQ(a.split.mutual_information, b.split.mutual_information);
}

/// log p(x | class) of an image under a model with one latent unit: the sum over 6001 places from -30 to 30,
/// for one unit moves far from the prior to tell ten classes of digits apart.
double by_quadrature(Vae& vae, const ImageSet& set, Index image) {
    constexpr Index kPlaces = 6001;
    constexpr double kStep = 60.0 / (kPlaces - 1);
    const NoGrad no_grad;
    std::vector<float> places;
    for (Index i = 0; i < kPlaces; ++i) places.push_back(static_cast<float>(-30 + kStep * static_cast<double>(i)));
    const std::vector<std::int32_t> labels(static_cast<std::size_t>(vae.options().classes > 0 ? kPlaces : 0),
                                           set.labels[static_cast<std::size_t>(image)]);
    const std::vector<double> probabilities =
        vae.decode(Tensor::from(std::span<const float>(places), {kPlaces, 1}, Device::cpu()),
                   Buffer<std::int32_t>(std::span<const std::int32_t>(labels), Device::cpu()))
            .to_doubles();
    LogSumExp sum;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kPlaces); ++i) {
        double log_likelihood = 0;
        for (std::size_t pixel = 0; pixel < 784; ++pixel) {
            const double p = probabilities[i * 784 + pixel];
            const bool is_white = set.pixels[static_cast<std::size_t>(image) * 784 + pixel] == 255;
            log_likelihood += std::log(is_white ? p : 1 - p);
        }
        sum.add(log_likelihood - 0.5 * (static_cast<double>(places[i]) * places[i] + std::log(2 * kPi)) +
                std::log(kStep));
    }
    return sum.value();
}

TEST(VaeLikelihood, IsTheIntegralOverTheLatentSpace) {
    const auto training = trained(kConditional, 5);
    const ImageSet images = test_digits(5);
    double truth = 0;
    for (Index n = 0; n < images.count; ++n) truth += by_quadrature(training->vae, images, n) / 5;
    const VaeLikelihood measured = measure_likelihood(training->vae, images, {.samples = 20'000});
    EXPECT_EQ(measured.score, PixelScore::probability);
    EXPECT_LT(measured.elbo(), -measured.nll());
    // After a few steps the encoder is wrong, so that the ELBO is loose, but not so wrong that 20,000 samples miss the
    // posterior.
    EXPECT_NEAR(-measured.nll(), truth, 0.02);
    EXPECT_GT(truth - measured.elbo(), 0.1) << "five times what the bound may be off";
}

TEST(VaeLikelihood, DependsNeitherOnChunkNorOnThreadsNorOnOtherImages) {
    const ImageSet images = test_digits(130), few = test_digits(7);
    for (const VaeOptions& options : {kDense, kConv, kConditional, kDcgan}) {
        const auto training = trained(options, 3);
        const Index samples = options.architecture == VaeArchitecture::dense ? 70 : 3;
        const auto measure = [&](const ImageSet& set, Index rows, Index count = 0) {
            return measure_likelihood(training->vae, set, {.samples = samples, .images = count, .rows = rows});
        };
        const VaeLikelihood usual = measure(images, 0);
        EXPECT_EQ(usual.images, 130);
        for (const Index rows : {600, 777, 5000}) expect_same(measure(images, rows), usual);
        expect_same(measure(images, 0, 7), measure(few, 0));
        for (const int threads : {1, 3}) {
            set_cpu_threads(threads);
            expect_same(measure(images, 0), usual);
        }
        set_cpu_threads(0);
    }
}

TEST(VaeLikelihood, OfLargerImagesAndManyUnitsDoesNotDependOnTheChunkEither) {
    // The sum over 300 units is cut in two where a product has from 465 to 544 rows.
    const VaeOptions options{
        .architecture = VaeArchitecture::conv, .height = 32, .width = 32, .channels = 3, .latent = 300};
    Generator init(1, Device::cpu(), draws::kInitialisation);
    Vae vae(options, init);
    ImageSet images;
    images.count = 9;
    images.height = images.width = 32;
    images.channels = 3;
    for (Index i = 0; i < images.count * images.bytes_per_image(); ++i)
        images.pixels.push_back(i * i % 7 < 3 ? 255 : 0);
    const VaeLikelihood usual = measure_likelihood(vae, images, {.samples = 5});
    for (const Index rows : {600, 777})
        expect_same(measure_likelihood(vae, images, {.samples = 5, .rows = rows}), usual);
}

TEST(VaeLikelihood, HasThePartsOfTheLossOfItsTraining) {
    const auto training = trained(kDense);
    const ImageSet images = test_digits(200);
    const VaeLikelihood measured = measure_likelihood(training->vae, images, {.samples = 50});
    Loader loader(images, Device::cpu(), {.batch_size = 200});
    Tensor batch;
    loader.next(batch);
    const NoGrad no_grad;
    const Vae::Losses losses = training->vae.losses(batch, training->noise);
    EXPECT_NEAR(measured.split.rate, losses.kl.item(), 1e-5 * losses.kl.item());
    EXPECT_NEAR(measured.distortion, losses.reconstruction.item(), 0.01 * measured.distortion) << "other noise";
    EXPECT_NEAR(-measured.elbo(), measured.distortion + measured.split.rate, 0.1);
    EXPECT_NEAR(measured.bits_per_dim, measured.nll() / (784 * std::numbers::ln2), 1e-12);
    EXPECT_EQ(measured.grey_floor, 0);
    EXPECT_LE(measured.split.mutual_information, std::log(200));
    EXPECT_GT(measured.units.active, 0);
}

TEST(VaeLikelihood, OfGreyPixelsIsALossWithAFloor) {
    const auto training = trained(kDense);
    const ImageSet grey = test_digits(50, Binarisation::none);
    const VaeLikelihood measured = measure_likelihood(training->vae, grey, {.samples = 10, .images = 20});
    EXPECT_EQ(measured.score, PixelScore::loss);
    EXPECT_EQ(measured.grey_floor, grey_floor(grey, 20));
    EXPECT_GT(measured.nll(), measured.grey_floor);
    EXPECT_TRUE(std::isnan(measured.bits_per_dim));
}

TEST(VaeLikelihood, OfAGaussianIsADensityOfDequantisedImages) {
    const auto training = trained(kDensity);
    const ImageSet grey = test_digits(100, Binarisation::none);
    const VaeLikelihood measured = measure_likelihood(training->vae, grey, {.samples = 40});
    EXPECT_EQ(measured.score, PixelScore::density);
    EXPECT_NEAR(measured.bits_per_dim, measured.nll() / (784 * std::numbers::ln2) + 8, 1e-12);
    // The training loss has no constants, and images on the grid: a pixel moves by 1/256 at most, of which 1/512 is the
    // mean, and its error is below 1.
    Loader loader(grey, Device::cpu(), {.batch_size = 100});
    Tensor batch;
    loader.next(batch);
    const NoGrad no_grad;
    const double half_error = training->vae.losses(batch, training->noise).reconstruction.item();
    EXPECT_NEAR(measured.distortion, half_error + 392 * std::log(2 * kPi * 0.3), 784 / 256.0 / 0.3);
    EXPECT_NE(measured.distortion, measure_likelihood(training->vae, grey, {.samples = 40, .seed = 2}).distortion);
}

TEST(VaeVariance, OfAGivenSizeScalesTheLossAlone) {
    const ImageSet images = make_digits(32, 1).train;
    const auto loss_of = [&](double variance) {
        VaeOptions options = kDensity;
        options.variance.value = variance;
        Training training(images, 32, 1, options);
        training.next_batch();
        const NoGrad no_grad;
        return training.vae.losses(training.batch, training.noise).reconstruction.item();
    };
    EXPECT_NEAR(loss_of(0.25), 4 * loss_of(1), 1e-5 * loss_of(0.25));
}

TEST(VaeVariance, ThatIsLearnedFindsTheErrorOfItsImages) {
    // The best variance is the mean squared error, whatever the decoder does: after some steps the two are near.
    const auto training = trained(kLearned, 1000);
    EXPECT_LT(training->vae.log_variance(), std::log(1.0 / 12) - 0.3) << "it began there";
    const NoGrad no_grad;
    const double pixels = 784, loss = training->vae.losses(training->batch, training->noise).reconstruction.item();
    const double log_variance = training->vae.log_variance(), variance = std::exp(log_variance);
    const double error = 2 * variance * (loss / pixels - 0.5 * (log_variance + std::log(2 * kPi)));
    EXPECT_GT(error / variance, 0.5);
    EXPECT_LT(error / variance, 1.5);
}

TEST(VaeVariance, HasTheGradientOfTheDensity) {
    const ImageSet images = make_digits(20, 1).train;
    Training training(images, 20, 1, kLearned);
    training.next_batch();
    const auto parameters = training.vae.parameters();
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [](const Parameter& parameter) { return parameter.name == "log_variance"; });
    ASSERT_NE(found, parameters.end());
    Tensor log_variance = found->tensor;
    const auto loss_at = [&](float value) {
        log_variance.assign(std::span<const float>(&value, 1));
        training.noise.start_step(1);
        return training.vae.losses(training.batch, training.noise).total;
    };
    training.adam.clear_gradients();
    backward(loss_at(-1));
    const double gradient = log_variance.grad().item();
    const NoGrad no_grad;
    const double difference = (loss_at(-0.99f).item() - loss_at(-1.01f).item()) / 0.02;
    EXPECT_NEAR(gradient, difference, 1e-3 * std::abs(difference));
}

TEST(VaeVariance, IsAParameterOnlyWhereItIsLearned) {
    VaeOptions given = kLearned, unused = kDense;
    given.variance = {};
    unused.variance.is_learned = true;
    Generator init(1, Device::cpu());
    EXPECT_EQ(Vae(kLearned, init).parameter_count(), Vae(given, init).parameter_count() + 1);
    EXPECT_EQ(Vae(unused, init).parameter_count(), Vae(kDense, init).parameter_count()) << "Bernoulli has none";
    EXPECT_NEAR(Vae(kLearned, init).log_variance(), std::log(1.0 / 12), 1e-6);
    EXPECT_EQ(Vae(kDensity, init).log_variance(), std::log(0.3));
    given.variance.value = 0;
    expect_usage_error([&] { Vae(given, init); }, {"variance above 0", "got 0"});
}

TEST(VaeLikelihood, RefusesWhatDoesNotFit) {
    Generator init(1, Device::cpu());
    Vae vae(kDense, init), conditional(kConditional, init);
    const ImageSet images = test_digits(3);
    ImageSet other = images, unlabelled = images;
    other.height = 14, other.width = 56;
    unlabelled.labels.clear();
    expect_usage_error([&] { measure_likelihood(vae, images, {.samples = 0}); }, {"one sample", "got 0"});
    expect_usage_error([&] { measure_likelihood(vae, images, {.samples = 1, .images = -1}); }, {"got -1"});
    expect_says(data_error([&] { measure_likelihood(vae, other, {.samples = 1}); }), {"28x28x1", "56x14x1"});
    expect_says(data_error([&] { measure_likelihood(conditional, unlabelled, {.samples = 1}); }),
                {"10 classes", "has 0"});
    vae.parameters().front().tensor.fill(std::nan(""));
    expect_says(data_error([&] { measure_likelihood(vae, images, {.samples = 2}); }), {"NaN", "did not diverge"});
}

#ifdef SINTER_HAS_CUDA
/// A row's float sums over 784 pixels are off by about 1e-6 of their size on either device.
TEST(VaeLikelihood, OnCUDAGivesTheSameAsOnTheCpu) {
    std::string why_none;
    if (Device::cuda_devices(&why_none) == 0) GTEST_SKIP() << "no CUDA device: " << why_none;
    const ImageSet images = test_digits(5);
    for (const VaeOptions& options : {kDense, kConditional}) {
        Generator init(1, Device::cpu()), cuda_init(1, Device::cuda(0));
        Vae cpu(options, init), cuda(options, cuda_init);
        const VaeLikelihood a = measure_likelihood(cpu, images, {.samples = 12, .rows = 60});
        const VaeLikelihood b = measure_likelihood(cuda, images, {.samples = 12, .rows = 60});
        for (std::size_t i = 0; i < a.curve.size(); ++i)
            EXPECT_NEAR(a.curve[i].mean, b.curve[i].mean, 5e-6 * a.nll()) << a.curve[i].samples;
        EXPECT_NEAR(a.split.rate, b.split.rate, 1e-5 * a.split.rate + 1e-6);
        EXPECT_NEAR(a.split.mutual_information, b.split.mutual_information, 1e-5);
        EXPECT_EQ(a.units.active, b.units.active);
    }
}
#endif

}  // namespace
}  // namespace sinter::tests
