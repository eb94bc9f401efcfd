// What holds of every training step: it allocates nothing, and its numbers depend on the seed alone.
#include <gtest/gtest.h>

#include <new>

#include "core/device.h"
#include "tests/common/allocation_counter.h"
#include "tests/models/digits_training.h"

namespace sinter::tests {
namespace {

/// Sets the number of threads for one scope.
class Threads {
public:
    explicit Threads(int threads) : before_(cpu_threads()) { set_cpu_threads(threads); }
    ~Threads() { set_cpu_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

private:
    int before_;
};

TEST(AllocationCounter, SeesAnAllocation) {
    const std::int64_t before = allocations();
    void* memory = ::operator new(100);  // a plain call: a compiler may leave out new-expressions
    EXPECT_EQ(allocations(), before + 1);
    ::operator delete(memory);
}

const VaeOptions kDense{.hidden = {64}, .latent = 8};
const VaeOptions kGaussian{.hidden = {64}, .activation = gelu(), .latent = 8, .likelihood = Likelihood::gaussian};
const VaeOptions kDensity{
    .hidden = {64}, .latent = 8, .likelihood = Likelihood::gaussian, .variance = {.is_learned = true}};
const VaeOptions kConditional{.hidden = {64}, .latent = 8, .classes = 10};
const VaeOptions kConv{.architecture = VaeArchitecture::conv, .latent = 2};
const VaeOptions kConditionalConv{.architecture = VaeArchitecture::conv, .latent = 2, .classes = 10};
const VaeOptions kConditionalDcgan{.architecture = VaeArchitecture::dcgan, .base_width = 4, .latent = 8, .classes = 10};

TEST(VaeStep, AllocatesNothingAfterTheFirstEpoch) {
    const ImageSet images = make_digits(100, 1).train;
    for (const int threads : {1, 2}) {
        const Threads team(threads);
        for (const VaeOptions& options :
             {kDense, kGaussian, kDensity, kConditional, kConv, kConditionalConv, kConditionalDcgan}) {
            Training training(images, 32, 1, options);
            const Tensor beta = Tensor::full({1}, 0.5, Device::cpu());
            const auto epoch = [&] {
                for (Index i = 0; i < training.loader.batches(); ++i)
                    training.step(1e-3, beta);  // the last batch has 4
            };
            epoch();
            epoch();  // the first step in which the batch of the epoch before is still held
            const std::int64_t before = allocations();
            const std::size_t reserved = Device::cpu().memory().bytes_reserved();
            epoch();
            EXPECT_EQ(allocations() - before, 0) << threads << " threads";
            EXPECT_EQ(Device::cpu().memory().bytes_reserved(), reserved);
        }
    }
}

TEST(VaeStep, AllocatesNothingWithGradientClipping) {
    Training training(make_digits(64, 1).train, 32, 1, {.hidden = {64}, .latent = 8});
    const auto step = [&] {
        training.loader.start_epoch(0);
        training.loader.next(training.batch);
        const Vae::Losses losses = training.vae.losses(training.batch, training.noise);
        training.adam.clear_gradients();
        backward(losses.total);
        training.adam.step(1e-3, 1.0);
    };
    step();
    step();
    const std::int64_t before = allocations();
    step();
    EXPECT_EQ(allocations() - before, 0);
}

std::vector<float> after_steps(int steps, std::uint64_t seed, const VaeOptions& options = {}) {
    static const ImageSet images = make_digits(500, 1).train;
    Training training(images, 128, seed, options);
    training.steps(steps);
    return training.parameters();
}

void expect_same_bits_for_any_number_of_threads(int steps, const VaeOptions& options) {
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 2, 3}) {
        const Threads team(threads);
        ASSERT_EQ(cpu_threads(), threads);
        results.push_back(after_steps(steps, 5, options));
    }
    EXPECT_TRUE(same_bits(results[0], results[1])) << "1 and 2 threads";
    EXPECT_TRUE(same_bits(results[0], results[2])) << "1 and 3 threads";
}

TEST(VaeStep, GivesTheSameBitsForAnyNumberOfThreads) {
    expect_same_bits_for_any_number_of_threads(3, {});
    expect_same_bits_for_any_number_of_threads(2, kConditionalConv);
    expect_same_bits_for_any_number_of_threads(2, kConditionalDcgan);
}

TEST(VaeStep, DependsOnTheSeedAlone) {
    const std::vector<float> first = after_steps(5, 5);
    EXPECT_TRUE(same_bits(first, after_steps(5, 5)));
    EXPECT_FALSE(same_bits(first, after_steps(5, 6)));
}

}  // namespace
}  // namespace sinter::tests
