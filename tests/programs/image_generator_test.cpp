// Trained models as something that draws images: the bits of --sample, whatever the kind of model.
#include "apps/generators/image_generator.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "apps/generators/sampling.h"
#include "core/error.h"
#include "core/pictures/image_file.h"
#include "tests/common/checkpoint_files.h"
#include "tests/common/errors.h"
#include "tests/programs/bigan_program.h"
#include "tests/programs/dcgan_program.h"
#include "tests/programs/vae_program.h"

namespace sinter {
namespace {

/// Expects that the images of a set are those of the files in a folder, sorted by name.
void expect_images_of(const std::string& folder, const ImageSet& set) {
    std::set<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.insert(entry.path());
    ASSERT_EQ(std::ssize(files), set.count);
    std::int64_t image = 0;
    for (const std::filesystem::path& file : files) {
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(set.bytes_per_image()));
        set.read(image++, 1, pixels.data());
        EXPECT_EQ(read_image(file).pixels, pixels) << file;
    }
}

class VaeGeneratorTest : public VaeProgram {};

TEST_F(VaeGeneratorTest, DrawsWhatSampleWrites) {
    train(path("run"), {"--conditional", "--seed", "5"});
    succeed({"--sample", path("run"), "203", "--seed", "7", "--out", path("drawn")});
    const auto generator = load_generator(path("run"), Device::cpu(), 7);
    const GeneratedKind& kind = generator->kind();
    EXPECT_EQ(kind.file, checkpoint_of(path("run")));
    EXPECT_EQ(kind.description, "dense VAE of 28x28x1 images, conditional on 10 classes");
    EXPECT_EQ(kind.class_names.size(), 10u);
    EXPECT_EQ(kind.class_names.back(), "9");
    const ImageSet images = draw_images(*generator, 203);
    EXPECT_EQ(images.classes, 10);
    ASSERT_EQ(images.labels.size(), 203u);
    EXPECT_EQ(images.labels[202], 2);
    expect_images_of(path("drawn"), images);

    const Tensor batch = generator->draw(1, labels_in_turn(10, kSampleBatch, kSampleBatch));
    EXPECT_EQ(batch.shape(), (Shape{kSampleBatch, 28, 28, 1}));
    EXPECT_THROW(generator->draw(1, {}), UsageError);
}

TEST_F(VaeGeneratorTest, RefusesModelsThatDrawNothing) {
    train(path("run"));
    const SafetensorsFile file = SafetensorsFile::open(checkpoint_of(path("run")));
    SafetensorsMetadata facts = file.metadata();
    facts["model"] = "classifier";
    write_with_facts(path("other.safetensors"), file.entries(), facts);
    tests::expect_error<DataError>([&] { load_generator(path("other.safetensors"), Device::cpu(), 1); },
                                   {"other.safetensors", "draws images", "'classifier'"});
    expect_refusal(vae({"--sample", path("other.safetensors"), "1", "--out", path("none")}), 3,
                   {"expected a checkpoint of a vae", "'classifier'"});
}

class GanGeneratorTest : public DcganProgram {};

TEST_F(GanGeneratorTest, DrawsWhatSampleWrites) {
    for (const Arguments& more : {Arguments{"--ema", "0.9"}, {"--conditional", "--arch", "dense", "--ema", "0"}}) {
        const bool is_conditional = more.front() == "--conditional";
        const std::string run = path(is_conditional ? "conditional" : "average");
        train(run, more);
        ASSERT_EQ(sample(run, "103", run + "-drawn").exit_code, 0);
        const auto generator = load_generator(checkpoint_of(run), Device::cpu(), 1);
        EXPECT_EQ(generator->kind().classes, is_conditional ? 10 : 0);
        EXPECT_THROW(generator->use_prior({}, "gmm:2"), UsageError) << "a GAN has no codes of images";
        const ImageSet images = draw_images(*generator, 103);
        EXPECT_EQ(images.labels.size(), is_conditional ? 103u : 0u);
        expect_images_of(run + "-drawn", images);
    }
}

class BiGanGeneratorTest : public BiGanProgram {};

TEST_F(BiGanGeneratorTest, DrawsWhatSampleWrites) {
    train(path("run"), {"--epochs", "1", "--encoder", "stochastic"});
    succeed({"--sample", path("run"), "103", "--out", path("drawn")});
    const auto generator = load_generator(path("run"), Device::cpu(), 1);
    EXPECT_EQ(generator->kind().description, "mlp BiGAN of 28x28x1 images");
    expect_images_of(path("drawn"), draw_images(*generator, 103));
}

}  // namespace
}  // namespace sinter
