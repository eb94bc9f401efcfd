// What checkpoints say about models: every choice comes back, and a file of an older time reads as what its time had.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "models/gan_facts.h"
#include "models/vae_facts.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {
namespace {

/// With a file that is large enough for the models.
class ModelFacts : public testing::Test {
protected:
    ModelFacts() : file_((folder_.path() / "weights").string()) {
        std::ofstream(file_).put('\0');
        std::filesystem::resize_file(file_, 64 << 20);
    }

    TemporaryFolder folder_;
    std::string file_;
    CheckpointFacts facts_;
};

TEST_F(ModelFacts, KeepTheNormOfTheDiscriminator) {
    for (const auto& [name, norm] : kDiscriminatorNorms) {
        add_model_facts(facts_, GanOptions{.discriminator_norm = norm});
        EXPECT_EQ(facts_["model.discriminator_norm"], name);
        EXPECT_EQ(gan_from_facts(facts_, file_).discriminator_norm, norm) << name;
    }
}

TEST_F(ModelFacts, ReadTwoFlagsOfOlderFilesAsTheNorm) {
    add_model_facts(facts_, GanOptions{});
    facts_.erase("model.discriminator_norm");
    const auto norm = [&](const char* spectral, const char* batch) {
        facts_["model.spectral_norm"] = spectral;
        facts_["model.discriminator_batch_norm"] = batch;
        return gan_from_facts(facts_, file_).discriminator_norm;
    };
    EXPECT_EQ(norm("false", "true"), DiscriminatorNorm::batch);
    EXPECT_EQ(norm("false", "false"), DiscriminatorNorm::none);
    EXPECT_EQ(norm("true", "true"), DiscriminatorNorm::spectral);
    EXPECT_EQ(norm("true", "false"), DiscriminatorNorm::spectral);
}

TEST_F(ModelFacts, KeepTheActivationOfADenseVae) {
    for (const auto& [name, activation] : kVaeActivations) {
        add_model_facts(facts_, VaeOptions{.activation = activation});
        EXPECT_EQ(facts_["model.activation"], name);
        EXPECT_EQ(vae_from_facts(facts_, file_).activation, activation) << name;
    }
    facts_.erase("model.activation");
    EXPECT_EQ(vae_from_facts(facts_, file_).activation, relu());
}

}  // namespace
}  // namespace sinter::tests
