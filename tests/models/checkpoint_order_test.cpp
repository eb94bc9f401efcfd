// Which arrays of the models hold images, and that checkpoints have these as PyTorch's Flatten and Unflatten do:
// channels first. tests/interop loads them into PyTorch; these tests need none.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <ostream>

#include "core/train/checkpoint.h"
#include "models/classifier/classifier.h"
#include "models/gan/gan.h"
#include "models/gan/image_encoder.h"
#include "models/hybrids/bigan.h"
#include "models/vae/vae.h"
#include "tests/common/checkpoint_files.h"
#include "tests/common/fixtures.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {
namespace {

/// An array and which of its axes, in the file, is an image.
struct ImageArray {
    std::string name;
    std::size_t axis;
    FlattenedImage image;
};

using ImageArrays = std::vector<ImageArray>;
using MakeModule = std::function<void(Generator&, const std::function<void(Module&)>&)>;

struct Case {
    const char* name;
    MakeModule with;  ///< calls what it is given with the module
    ImageArrays arrays;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

MakeModule vae(const VaeOptions& options) {
    return [=](Generator& init, const auto& visit) {
        Vae model(options, init);
        visit(model);
    };
}

MakeModule network_of(const GanOptions& options, Module& (Gan::*network)()) {
    return [=](Generator& init, const auto& visit) {
        Gan gan(options, init, init);
        visit((gan.*network)());
    };
}

MakeModule classifier(const ClassifierOptions& options) {
    return [=](Generator& init, const auto& visit) {
        Classifier model(options, init, init);
        visit(model);
    };
}

MakeModule encoder(const GanOptions& options) {
    return [=](Generator& init, const auto& visit) {
        ImageEncoder model(options, 4, init);
        visit(model);
    };
}

MakeModule part_of(const BiGanOptions& options, Module& (BiGan::*part)()) {
    return [=](Generator& init, const auto& visit) {
        BiGan bigan(options, init, init);
        visit((bigan.*part)());
    };
}

const FlattenedImage kColour{4, 6, 3}, kSquare{5, 5, 3}, kSeven{7, 7, 8}, kHalf{7, 7, 4};
const GanOptions kGan28{.size = 28, .latent = 3, .base_width = 2}, kGan32{.size = 32, .latent = 3, .base_width = 2};
const GanOptions kDenseGan{
    .architecture = GanArchitecture::dense, .size = 5, .channels = 3, .latent = 3, .base_width = 2};

const BiGanOptions kBiGanMlp{.size = 5, .channels = 3, .latent = 3, .base_width = 1};
const BiGanOptions kBiGan28{.architecture = BiGanArchitecture::conv, .size = 28, .latent = 3, .base_width = 2};

GanOptions conditional(GanOptions options) {
    options.classes = 3;
    return options;
}

GanOptions spectral(GanOptions options) {
    options.discriminator_norm = DiscriminatorNorm::spectral;
    return options;
}

const Case kCases[] = {
    {"dense_vae",
     vae({.height = 4, .width = 6, .channels = 3, .hidden = {5, 4}, .latent = 2}),
     {{"encoder.hidden0.weight", 1, kColour},
      {"decoder.logits.weight", 0, kColour},
      {"decoder.logits.bias", 0, kColour}}},
    {"dense_vae_without_hidden_layers",
     vae({.height = 4, .width = 6, .channels = 3, .hidden = {}, .latent = 2, .classes = 3}),
     {{"encoder.heads.weight", 1, kColour},
      {"decoder.logits.weight", 0, kColour},
      {"decoder.logits.bias", 0, kColour}}},
    {"dense_vae_of_grey_images", vae({.height = 4, .width = 6, .hidden = {5}, .latent = 2}), {}},
    {"conv_vae",
     vae({.architecture = VaeArchitecture::conv, .height = 8, .width = 12, .latent = 2, .classes = 3}),
     {{"encoder.hidden.weight", 1, {4, 6, 32}},
      {"decoder.hidden.weight", 0, {4, 6, 32}},
      {"decoder.hidden.bias", 0, {4, 6, 32}}}},
    {"dcgan_vae",
     vae({.architecture = VaeArchitecture::dcgan, .base_width = 2, .latent = 3, .classes = 3}),
     {{"encoder.heads.weight", 1, kHalf},
      {"decoder.layers.dense.weight", 0, kSeven},
      {"decoder.layers.norm0.weight", 0, kSeven},
      {"decoder.layers.norm0.bias", 0, kSeven},
      {"decoder.layers.norm0.running_mean", 0, kSeven},
      {"decoder.layers.norm0.running_var", 0, kSeven}}},
    {"classifier",
     classifier({.height = 10, .width = 15, .classes = 3, .base_width = 2, .features = 5}),
     {{"body.features.weight", 1, {3, 4, 4}}}},
    {"deep_classifier",
     classifier({.architecture = ClassifierArchitecture::deep,
                 .height = 10,
                 .width = 15,
                 .classes = 3,
                 .base_width = 2,
                 .features = 5}),
     {}},
    {"generator_28",
     network_of(conditional(kGan28), &Gan::generator),
     {{"layers.dense.weight", 0, kSeven},
      {"layers.norm0.weight", 0, kSeven},
      {"layers.norm0.bias", 0, kSeven},
      {"layers.norm0.running_mean", 0, kSeven},
      {"layers.norm0.running_var", 0, kSeven}}},
    {"discriminator_28",
     network_of(conditional(kGan28), &Gan::discriminator),
     {{"logit.weight", 1, kHalf}, {"projection.weight", 1, kHalf}}},
    {"spectral_discriminator_28",
     network_of(spectral(kGan28), &Gan::discriminator),
     {{"logit.weight_orig", 1, kHalf}, {"logit.weight_v", 0, kHalf}}},
    {"encoder_28", encoder(conditional(kGan28)), {{"heads.weight", 1, kHalf}}},
    {"encoder_32", encoder(kGan32), {{"heads.weight", 1, {4, 4, 8}}}},
    {"dense_encoder", encoder(kDenseGan), {{"features.hidden0.weight", 1, kSquare}}},
    {"generator_32", network_of(kGan32, &Gan::generator), {}},
    {"discriminator_32", network_of(conditional(kGan32), &Gan::discriminator), {{"projection.weight", 1, {4, 4, 8}}}},
    {"dense_generator",
     network_of(kDenseGan, &Gan::generator),
     {{"layers.image.weight", 0, kSquare}, {"layers.image.bias", 0, kSquare}}},
    {"dense_discriminator",
     network_of(spectral(conditional(kDenseGan)), &Gan::discriminator),
     {{"features.hidden0.weight_orig", 1, kSquare}, {"features.hidden0.weight_v", 0, kSquare}}},
    {"bigan_mlp_pair",
     part_of(kBiGanMlp, &BiGan::generator_and_encoder),
     {{"generator.layers.image.weight", 0, kSquare}, {"encoder.features.hidden0.weight", 1, kSquare}}},
    {"bigan_mlp_discriminator", part_of(kBiGanMlp, &BiGan::discriminator), {{"images.hidden0.weight", 1, kSquare}}},
    {"bigan_28_pair",
     part_of(kBiGan28, &BiGan::generator_and_encoder),
     {{"generator.layers.dense.weight", 0, kSeven},
      {"generator.layers.norm0.weight", 0, kSeven},
      {"generator.layers.norm0.bias", 0, kSeven},
      {"encoder.heads.weight", 1, kHalf},
      {"generator.layers.norm0.running_mean", 0, kSeven},
      {"generator.layers.norm0.running_var", 0, kSeven}}},
    {"bigan_28_discriminator", part_of(kBiGan28, &BiGan::discriminator), {{"joint.hidden.weight", 1, kHalf}}},
};

class CheckpointOrder : public testing::TestWithParam<Case> {};

bool has_images(const FileLayout& layout) {
    return std::any_of(layout.images.begin(), layout.images.end(), [](const FlattenedImage& image) {
        return image.channels > 1 && image.height * image.width > 1;
    });
}

/// [in, out] as [out, in].
std::vector<float> turned(const std::vector<float>& memory, const Shape& shape) {
    std::vector<float> result;
    for (Index column = 0; column < shape[1]; ++column) {
        for (Index row = 0; row < shape[0]; ++row)
            result.push_back(memory[static_cast<std::size_t>(row * shape[1] + column)]);
    }
    return result;
}

/// Expects that the file has this array of memory with its image channels first and all else in place.
void expect_channels_first(const SafetensorsEntry& entry, const ImageArray& array, const Tensor& tensor) {
    const auto product = [](auto first, auto last) {
        return std::accumulate(first, last, Index{1}, std::multiplies<>());
    };
    const auto axis = entry.shape.begin() + static_cast<std::ptrdiff_t>(array.axis);
    const std::vector<float> last =
        images_channels_last(entry_values<float>(entry), array.image, product(entry.shape.begin(), axis),
                             *axis - array.image.count(), product(axis + 1, entry.shape.end()));
    const bool is_linear = tensor.shape().rank() == 2 && array.name.rfind("projection.", 0) != 0;
    EXPECT_EQ(last, is_linear ? turned(tensor.to_floats(), tensor.shape()) : tensor.to_floats()) << array.name;
}

TEST_P(CheckpointOrder, OfImagesIsChannelsFirst) {
    const TemporaryFolder folder;
    const auto path = folder / "model.safetensors";
    Generator init(1, Device::cpu());
    GetParam().with(init, [&](Module& module) {
        std::vector<std::string> found, expected;
        for (const Parameter& state : module.state()) {
            // No two values are equal: batch normalisation starts with statistics of 0 and 1.
            Tensor(state.tensor).assign(init::normal(0, 1).make(state.tensor.shape(), {}, init));
            if (has_images(state.layout)) found.push_back(state.name);
        }
        save_checkpoint(path, std::vector<CheckpointPart>{{"", &module}}, {});
        const SafetensorsFile file = SafetensorsFile::open(path);
        for (const ImageArray& array : GetParam().arrays) {
            expected.push_back(array.name);
            for (const Parameter& state : module.state())
                if (state.name == array.name) expect_channels_first(file.at(array.name), array, state.tensor);
        }
        EXPECT_EQ(found, expected);
    });
}

INSTANTIATE_TEST_SUITE_P(Models, CheckpointOrder, testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace sinter::tests
