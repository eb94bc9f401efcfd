// What checkpoints say about models: every choice comes back, and a file of an older time reads as what its time had.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "models/gan/gan_options.h"
#include "models/vae/vae_options.h"
#include "tests/common/errors.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {
namespace {

template <class Options>
CheckpointFacts facts_of_model(Options options) {
    OptionList list;
    describe(list, options);
    return facts_of(list);
}

/// With a file that is large enough for the models.
class ModelFacts : public testing::Test {
protected:
    ModelFacts() : file_((folder_.path() / "weights").string()) {
        std::ofstream(file_).put('\0');
        std::filesystem::resize_file(file_, 64 << 20);
    }

    TemporaryFolder folder_;
    std::string file_;
};

TEST_F(ModelFacts, KeepTheNormOfTheDiscriminator) {
    for (const auto& [name, norm, note] : kDiscriminatorNorms) {
        const CheckpointFacts facts = facts_of_model(GanOptions{.discriminator_norm = norm});
        EXPECT_EQ(facts.at("model.discriminator_norm"), name);
        EXPECT_EQ(gan_from_facts(facts, file_).discriminator_norm, norm) << name;
    }
}

TEST_F(ModelFacts, ReadTwoFlagsOfOlderFilesAsTheNorm) {
    const auto norm = [&](const GanOptions& options, const char* spectral, const char* batch) {
        CheckpointFacts facts = facts_of_model(options);
        facts.erase("model.discriminator_norm");
        facts["model.spectral_norm"] = spectral;
        facts["model.discriminator_batch_norm"] = batch;
        return gan_from_facts(facts, file_).discriminator_norm;
    };
    const GanOptions published{.size = 32};
    EXPECT_EQ(norm(published, "false", "true"), DiscriminatorNorm::batch);
    EXPECT_EQ(norm(published, "false", "false"), DiscriminatorNorm::none);
    EXPECT_EQ(norm(published, "true", "true"), DiscriminatorNorm::spectral);
    EXPECT_EQ(norm(published, "true", "false"), DiscriminatorNorm::spectral);
    // The flag said so of networks that had none.
    EXPECT_EQ(norm({.size = 28}, "false", "true"), DiscriminatorNorm::none);
    EXPECT_EQ(norm({.architecture = GanArchitecture::dense, .size = 32}, "false", "true"), DiscriminatorNorm::none);
}

TEST_F(ModelFacts, KeepTheActivationOfADenseVae) {
    for (const auto& [name, activation, note] : kVaeActivations) {
        CheckpointFacts facts = facts_of_model(VaeOptions{.activation = activation});
        EXPECT_EQ(facts.at("model.activation"), name);
        EXPECT_EQ(vae_from_facts(facts, file_).activation, activation) << name;
        facts.erase("model.activation");
        EXPECT_EQ(vae_from_facts(facts, file_).activation, relu()) << "as in files of an older time";
    }
}

TEST_F(ModelFacts, OfASizeThatNoDcganMakesAreRefused) {
    for (const char* size : {"48", "512"}) {
        CheckpointFacts gan = facts_of_model(GanOptions{.size = 32});
        gan["model.size"] = size;
        expect_error<DataError>([&] { gan_from_facts(gan, file_); }, {file_, "damaged", "16, 28, 32", size});
        CheckpointFacts vae = facts_of_model(VaeOptions{.architecture = VaeArchitecture::dcgan});
        vae["model.height"] = size;
        expect_error<DataError>([&] { vae_from_facts(vae, file_); }, {file_, "damaged", "square"});
        vae["model.width"] = size;
        expect_error<DataError>([&] { vae_from_facts(vae, file_); }, {file_, "damaged", "16, 28, 32", size});
    }
}

TEST_F(ModelFacts, OfADcganVaeComeBackAndNeedRoom) {
    const VaeOptions options{.architecture = VaeArchitecture::dcgan, .base_width = 8, .latent = 3};
    CheckpointFacts facts = facts_of_model(options);
    EXPECT_EQ(vae_from_facts(facts, file_).base_width, 8);
    facts["model.base_width"] = "4096";
    expect_error<DataError>([&] { vae_from_facts(facts, file_); }, {file_, "base width of 4096", "damaged"});
    facts = facts_of_model(VaeOptions());
    facts.erase("model.base_width");
    EXPECT_EQ(vae_from_facts(facts, file_).base_width, 64) << "files of an older time lack it";
}

}  // namespace
}  // namespace sinter::tests
