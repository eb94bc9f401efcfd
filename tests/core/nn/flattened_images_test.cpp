// Checkpoints of layers whose values are an image: in PyTorch's order, and as they were before.
#include <gtest/gtest.h>

#include <optional>

#include "core/nn/layers.h"
#include "core/ops/arithmetic.h"
#include "core/ops/reduce.h"
#include "core/ops/shape.h"
#include "core/optim/optimizer.h"
#include "core/tape.h"
#include "core/train/checkpoint.h"
#include "tests/common/checkpoint_files.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"
#include "tests/common/temporary_folder.h"

namespace sinter::tests {
namespace {

/// Dense layers before and behind images of 2x3 pixels and 4 channels, with two labels behind one of them. Without
/// `images` the files are those of a time that kept the order of memory.
struct Dense : Module {
    explicit Dense(std::uint64_t seed, FlattenedImage images = {2, 3, 4}) : generator(seed, Device::cpu()) {
        layers.add<Linear>("to_image", 5, 24, generator, LinearOptions{.output_image = images});
        layers.add<BatchNorm>("norm", 24, generator,
                              BatchNormLayerOptions{.gamma_init = init::normal(1, 0.1), .image = images});
        add_module("layers", layers);
        add_module("from_image",
                   from_image.emplace(26, 3, generator, LinearOptions{.spectral_norm = true, .input_image = images}));
        add_module("table", table.emplace(2, 24, generator, init::normal(0, 1), images));
    }
    /// A step of Adam, so that no array is as it was at first.
    void train_step(Optimizer& adam) {
        adam.clear_gradients();
        const Tensor image = layers.forward(init::normal(0, 1).make({4, 5}, {}, generator));
        const Tensor picked = table->forward({std::vector<std::int32_t>{0, 1, 0, 1}, Device::cpu()});
        const Tensor behind = Tensor::full({4, 2}, 0.5, Device::cpu());
        const Tensor y = from_image->forward(concatenate_columns(image * picked, behind));
        backward(mean(y * y));
        adam.step(1e-2);
    }
    Generator generator;
    Sequential layers;
    std::optional<Linear> from_image;
    std::optional<Embedding> table;
};

/// An array of Dense and where its images lie in the file.
struct DenseArray {
    const char* name;
    Index before, rest, after;
};
constexpr DenseArray kDenseArrays[] = {{"layers.to_image.weight", 1, 0, 5},
                                       {"layers.to_image.bias", 1, 0, 1},
                                       {"layers.norm.weight", 1, 0, 1},
                                       {"layers.norm.bias", 1, 0, 1},
                                       {"layers.norm.running_mean", 1, 0, 1},
                                       {"layers.norm.running_var", 1, 0, 1},
                                       {"from_image.weight_orig", 3, 2, 1},
                                       {"from_image.weight_v", 1, 2, 1},
                                       {"table.weight", 2, 0, 1},
                                       {"optimizer.exp_avg.table.weight", 2, 0, 1},
                                       {"optimizer.exp_avg_sq.layers.norm.bias", 1, 0, 1},
                                       {"optimizer.exp_avg.layers.to_image.weight", 1, 0, 5},
                                       {"optimizer.exp_avg.from_image.weight_orig", 3, 2, 1}};

/// Trains a Dense for a step and saves it; the arrays in the order that files had before are in `before`.
class FlattenedImages : public testing::Test {
protected:
    FlattenedImages() : adam_(saved_), memory_adam_(in_memory_) {
        for (int step = 0; step < 2; ++step) {
            saved_.train_step(adam_);
            in_memory_.train_step(memory_adam_);
        }
        save_checkpoint(path_, std::vector<CheckpointPart>{{"", &saved_, &adam_}}, {});
        save_checkpoint(memory_path_, std::vector<CheckpointPart>{{"", &in_memory_, &memory_adam_}}, {});
    }
    /// Loads `path` into another Dense and expects what was saved, to the bit, moments included.
    void expect_loads(const std::filesystem::path& path) {
        Dense loaded(2);
        Adam adam(loaded);
        load_checkpoint(path, std::vector<CheckpointPart>{{"", &loaded, &adam}});
        const std::vector<Parameter> expected = saved_.state(), actual = loaded.state();
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_EQ(actual[i].tensor.to_floats(), expected[i].tensor.to_floats()) << expected[i].name;
        for (std::size_t i = 0; i < adam.state().size(); ++i)
            EXPECT_EQ(adam.state()[i].values.to_floats(), adam_.state()[i].values.to_floats());
    }
    /// The file of that time, without the fact that says the order.
    SafetensorsMetadata facts_before() {
        SafetensorsMetadata facts = SafetensorsFile::open(memory_path_).metadata();
        EXPECT_EQ(facts.erase("flattened_images"), 1u);
        return facts;
    }

    const TemporaryFolder folder_;
    const std::filesystem::path path_ = folder_ / "dense.safetensors", memory_path_ = folder_ / "memory.safetensors";
    Dense saved_{1}, in_memory_{1, FlattenedImage{}};  // equal but for the order in files
    Adam adam_, memory_adam_;
};

TEST_F(FlattenedImages, LieChannelsFirstInEveryArrayOfAFile) {
    const SafetensorsFile file = SafetensorsFile::open(path_), memory = SafetensorsFile::open(memory_path_);
    EXPECT_EQ(file.metadata().at("flattened_images"), "channels first");
    for (const DenseArray& array : kDenseArrays) {
        const std::vector<float> first = entry_values<float>(file.at(array.name));
        const std::vector<float> last = entry_values<float>(memory.at(array.name));
        EXPECT_NE(first, last) << array.name;
        EXPECT_EQ(images_channels_last(first, {2, 3, 4}, array.before, array.rest, array.after), last) << array.name;
    }
    EXPECT_EQ(entry_values<float>(file.at("from_image.bias")), entry_values<float>(memory.at("from_image.bias")));
    expect_loads(path_);
}

TEST_F(FlattenedImages, OfAFileThatDoesNotSayTheirOrderAreChannelsLast) {
    const SafetensorsFile memory = SafetensorsFile::open(memory_path_);
    const auto older = folder_ / "older.safetensors", oldest = folder_ / "oldest.safetensors";
    write_with_checksums(older, memory.entries(), facts_before());
    write_with_facts(oldest, memory.entries(), facts_before());
    expect_loads(older);
    expect_loads(oldest);
}

TEST_F(FlattenedImages, OfAnUnknownOrderAreRefused) {
    const SafetensorsFile file = SafetensorsFile::open(path_);
    SafetensorsMetadata facts = file.metadata();
    facts["flattened_images"] = "rows first";
    const auto later = folder_ / "later.safetensors";
    write_with_checksums(later, file.entries(), facts);
    expect_error<DataError>([&] { read_checkpoint_facts(later); },
                            {later.string(), "flattened_images", "'channels first'", "'rows first'"});
    Dense loaded(2);
    const std::vector<float> before = loaded.table->parameters()[0].tensor.to_floats();
    expect_error<DataError>(
        [&] {
            load_checkpoint(later, std::vector<CheckpointPart>{{"", &loaded}});
        },
        {"'rows first'"});
    EXPECT_EQ(loaded.table->parameters()[0].tensor.to_floats(), before);
}

TEST_F(FlattenedImages, LargerThanTheirAxisAreRefused) {
    Generator generator(1, Device::cpu());
    const FlattenedImage image{2, 2, 2};
    expect_usage_error([&] { Linear(7, 9, generator, {.input_image = image}); }, {"[linear]", "7", "2x2x2"});
    expect_usage_error([&] { Linear(9, 7, generator, {.output_image = image}); }, {"[linear]", "7", "2x2x2"});
    expect_usage_error([&] { BatchNorm(7, generator, {.image = image}); }, {"[batch_norm]", "7", "2x2x2"});
    expect_usage_error([&] { Embedding(9, 7, generator, init::zeros(), image); }, {"[embedding]", "7", "2x2x2"});
    expect_usage_error([&] { Linear(9, 9, generator, {.input_image = {-2, -2, 2}}); }, {"[linear]", "-2x-2x2"});
}

}  // namespace
}  // namespace sinter::tests
