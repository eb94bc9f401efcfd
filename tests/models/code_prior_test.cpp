// What a VAE's codes are drawn from.
#include "models/vae/code_prior.h"

#include <gtest/gtest.h>

#include "core/ops/random.h"
#include "tests/common/errors.h"

namespace sinter {
namespace {

/// A narrow mixture around (centre, -centre).
GaussianMixture around(double centre) { return {1, 2, {1}, {centre, -centre}, {1e-4, 0, 0, 1e-4}}; }

TEST(CodePrior, IsNormalUnlessThereAreMixtures) {
    Generator ours(3, Device::cpu()), theirs(3, Device::cpu());
    EXPECT_EQ(CodePrior().draw(5, 4, {}, ours).to_floats(), random_normal({5, 4}, 0, 1, theirs).to_floats());
}

TEST(CodePrior, HasAMixtureForEachClass) {
    Generator numbers(3, Device::cpu());
    const CodePrior prior({around(10), around(20), around(30)});
    const std::vector<float> codes = prior.draw(4, 2, {2, 0, 1, 2}, numbers).to_floats();
    const std::vector<float> centres = {30, 10, 20, 30};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(codes[2 * i], centres[i], 0.06) << "six deviations";
        EXPECT_NEAR(codes[2 * i + 1], -centres[i], 0.06);
    }
    tests::expect_usage_error([&] { prior.draw(1, 2, {3}, numbers); }, {"class 3"});
    tests::expect_usage_error([&] { prior.draw(1, 5, {0}, numbers); }, {"codes of 5 numbers"});
}

}  // namespace
}  // namespace sinter
