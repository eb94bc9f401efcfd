// Checkpoints: a resumed run equals an uninterrupted one to the bit, other programs can read the file, and a file that
// does not fit changes nothing.
#include "core/train/checkpoint.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "core/files/safetensors.h"
#include "tests/common/checkpoint_files.h"
#include "tests/common/errors.h"
#include "tests/common/fixtures.h"
#include "tests/common/temporary_folder.h"
#include "tests/models/digits_training.h"

namespace sinter::tests {
namespace {

using tests::entry_values;
using tests::expect_error;

constexpr Index kBatch = 32;
const VaeOptions kSmall{.hidden = {48}, .latent = 6};

const ImageSet& images() {
    static const ImageSet digits = make_digits(200, 1).train;
    return digits;
}

std::filesystem::path save(const TemporaryFolder& folder, Training& training, const CheckpointFacts& facts = {}) {
    const std::filesystem::path path = folder.path() / "last.safetensors";
    save_checkpoint(path, std::vector<CheckpointPart>{{"", &training.vae, &training.adam}}, facts);
    return path;
}

CheckpointFacts load(const std::filesystem::path& path, Training& training) {
    return load_checkpoint(path, std::vector<CheckpointPart>{{"", &training.vae, &training.adam}});
}

TEST(Checkpoint, ResumedRunEqualsAnUninterruptedOneToTheBit) {
    const TemporaryFolder folder;
    Training whole(images(), kBatch, 3, kSmall);
    whole.steps(10);  // into the second epoch of 7 batches
    const std::filesystem::path path = save(
        folder, whole, {{"epoch", std::to_string(whole.epoch)}, {"position", std::to_string(whole.loader.position())}});
    whole.steps(10);

    Training resumed(images(), kBatch, 3, kSmall);
    resumed.steps(2);  // whatever it did before does not matter
    const CheckpointFacts facts = load(path, resumed);
    EXPECT_EQ(resumed.adam.steps(), 10);
    resumed.epoch = std::stoll(facts.at("epoch"));
    resumed.loader.start_epoch(resumed.epoch, std::stoll(facts.at("position")));
    resumed.steps(10);
    EXPECT_TRUE(same_bits(whole.parameters(), resumed.parameters()));
    for (std::size_t i = 0; i < whole.adam.state().size(); ++i) {
        EXPECT_TRUE(same_bits(whole.adam.state()[i].values.to_floats(), resumed.adam.state()[i].values.to_floats()))
            << whole.adam.state()[i].name;
    }
}

TEST(Checkpoint, RestoresDoublesExactly) {
    const TemporaryFolder folder;
    const VaeOptions tiny{.hidden = {5}, .latent = 2};
    Training saved(images(), 8, 3, tiny, Device::reference()), loaded(images(), 8, 4, tiny, Device::reference());
    saved.steps(2);
    load(save(folder, saved), loaded);
    EXPECT_EQ(loaded.adam.arena().values().to_doubles(), saved.adam.arena().values().to_doubles());
    EXPECT_EQ(loaded.adam.state()[1].values.to_doubles(), saved.adam.state()[1].values.to_doubles());
}

TEST(Checkpoint, StoresLinearWeightsAsPyTorchDoes) {
    const TemporaryFolder folder;
    Training training(images(), kBatch, 3, kSmall);
    training.steps(1);
    const SafetensorsFile file = SafetensorsFile::open(save(folder, training));
    for (const char* prefix : {"", "optimizer.exp_avg.", "optimizer.exp_avg_sq."}) {
        const SafetensorsEntry& stored = file.at(prefix + std::string("encoder.hidden.weight"));
        EXPECT_EQ(stored.dtype, "F32");
        EXPECT_EQ(stored.shape, (std::vector<std::int64_t>{48, 784})) << prefix << "[out, in]";
        EXPECT_EQ(file.at(prefix + std::string("encoder.hidden.bias")).shape, (std::vector<std::int64_t>{48}));
    }
    const Parameter weight = training.vae.parameters()[0];
    ASSERT_EQ(weight.name, "encoder.hidden.weight");
    const std::vector<float> memory = weight.tensor.to_floats();
    const std::vector<float> stored = entry_values<float>(file.at(weight.name));
    ASSERT_EQ(stored.size(), memory.size());
    for (std::size_t in = 0; in < 784; ++in) {
        for (std::size_t out = 0; out < 48; ++out) ASSERT_EQ(stored[out * 784 + in], memory[in * 48 + out]);
    }
    // The optimizer's arrays are laid out the same way.
    const std::vector<float> averages = training.adam.arena().part(training.adam.state()[0].values, 0).to_floats();
    const std::vector<float> stored_averages = entry_values<float>(file.at("optimizer.exp_avg.encoder.hidden.weight"));
    ASSERT_EQ(stored_averages[3 * 784 + 400], averages[400 * 48 + 3]);
    ASSERT_NE(stored_averages[3 * 784 + 400], 0) << "the comparison needs a pixel that is drawn";
    EXPECT_EQ(file.metadata().at("optimizer.steps"), "1");
}

TEST(Checkpoint, KeepsTheFactsAndReadsThemWithoutLoading) {
    const TemporaryFolder folder;
    Training training(images(), kBatch, 3, kSmall);
    const auto path = save(folder, training, {{"epoch", "4"}, {"note", "drei Gänge, 日本"}});
    const CheckpointFacts facts = read_checkpoint_facts(path);
    EXPECT_EQ(facts.at("epoch"), "4");
    EXPECT_EQ(facts.at("note"), "drei Gänge, 日本");
    EXPECT_EQ(load(path, training), facts);
}

TEST(Checkpoint, LoadsParametersAloneIntoAModelWithoutOptimizer) {
    const TemporaryFolder folder;
    Training training(images(), kBatch, 3, kSmall);
    training.steps(3);
    const auto path = save(folder, training);
    Generator init(99, Device::cpu());
    Vae sampler(kSmall, init);
    load_checkpoint(path, std::vector<CheckpointPart>{{"", &sampler, nullptr}});
    const auto expected = training.vae.parameters(), loaded = sampler.parameters();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(same_bits(loaded[i].tensor.to_floats(), expected[i].tensor.to_floats())) << expected[i].name;
    }
}

TEST(Checkpoint, KeepsTwoModelsApartByTheirPrefixes) {
    const TemporaryFolder folder;
    Training a(images(), kBatch, 1, kSmall), b(images(), kBatch, 2, kSmall);
    a.steps(1);
    b.steps(2);
    const std::vector<float> of_a = a.parameters(), of_b = b.parameters();
    const auto path = folder.path() / "two.safetensors";
    const std::vector<CheckpointPart> parts = {{"a.", &a.vae, &a.adam}, {"b.", &b.vae, &b.adam}};
    save_checkpoint(path, parts, {});
    a.steps(3);
    b.steps(3);
    load_checkpoint(path, parts);
    EXPECT_TRUE(same_bits(a.parameters(), of_a));
    EXPECT_TRUE(same_bits(b.parameters(), of_b));
    EXPECT_EQ(a.adam.steps(), 1);
    EXPECT_EQ(b.adam.steps(), 2);
}

/// Expects that `path` is refused with a sentence that says all `parts`, and that the run goes on as if nothing was.
void expect_refused(const std::filesystem::path& path, Training& training, std::initializer_list<std::string> parts) {
    const std::vector<float> before = training.parameters(), moment = training.adam.state()[0].values.to_floats();
    const std::int64_t steps = training.adam.steps();
    expect_error<DataError>([&] { load(path, training); }, parts);
    EXPECT_TRUE(same_bits(training.parameters(), before));
    EXPECT_TRUE(same_bits(training.adam.state()[0].values.to_floats(), moment));
    EXPECT_EQ(training.adam.steps(), steps);
}

TEST(Checkpoint, WithInfinityIsNotSavedAndTheOldOneStays) {
    const TemporaryFolder folder;
    Training training(images(), kBatch, 1, kSmall);
    training.steps(2);
    const std::filesystem::path path = save(folder, training, {{"step", "2"}});
    const auto expect_refused = [&](Tensor values, const std::string& name) {
        const std::vector<float> before = values.to_floats();
        std::vector<float> broken = before;
        broken.back() = std::numeric_limits<float>::infinity();
        values.assign(std::span<const float>(broken));
        expect_error<DivergedError>(
            [&] {
                save(folder, training, {{"step", "3"}});
            },
            {path.string(), name, "inf", std::to_string(broken.size() - 1), "nothing was saved"});
        values.assign(std::span<const float>(before));
        EXPECT_EQ(read_checkpoint_facts(path).at("step"), "2");
    };
    const Parameter parameter = training.vae.parameters().front();
    expect_refused(parameter.tensor, "'" + parameter.name + "'");
    const ParameterArena& arena = training.adam.arena();
    expect_refused(arena.part(training.adam.state().back().values, 0),
                   "'optimizer.exp_avg_sq." + arena.parameters()[0].name + "'");
    save(folder, training, {{"step", "3"}});
    EXPECT_EQ(read_checkpoint_facts(path).at("step"), "3");
}

TEST(Checkpoint, OfAnotherModelIsRefusedAndChangesNothing) {
    const TemporaryFolder folder;
    Training small(images(), kBatch, 3, kSmall);
    small.steps(2);
    const auto path = save(folder, small);
    // Only the latent size differs: the first two parameters would fit.
    Training wider(images(), kBatch, 3, {.hidden = {48}, .latent = 7});
    wider.steps(1);
    expect_refused(path, wider, {path.string(), "encoder.heads.weight", "[14, 48]", "[12, 48]", "another model"});
    Training deeper(images(), kBatch, 3, {.hidden = {48, 24}, .latent = 6});
    expect_refused(path, deeper, {"encoder.hidden0.weight", "does not have it"});
}

TEST(Checkpoint, OfAnotherOptimizerIsRefused) {
    const TemporaryFolder folder;
    Training adam(images(), kBatch, 3, kSmall);
    Generator init(3, Device::cpu());
    Vae vae(kSmall, init);
    Sgd descent(vae, {.momentum = 0.9});
    const auto path = folder.path() / "sgd.safetensors";
    save_checkpoint(path, std::vector<CheckpointPart>{{"", &vae, &descent}}, {});
    expect_refused(path, adam, {"optimizer.exp_avg.encoder.hidden.weight", "does not have it"});
    save_checkpoint(path, std::vector<CheckpointPart>{{"", &vae, nullptr}}, {});
    expect_refused(path, adam, {"optimizer.steps", "does not say"});
}

TEST(Checkpoint, ThatIsNoneOrDamagedIsRefused) {
    const TemporaryFolder folder;
    Training training(images(), kBatch, 3, kSmall);
    const auto good = save(folder, training), foreign = folder.path() / "foreign.safetensors";
    const std::vector<float> value = {1};
    const std::vector<SafetensorsEntry> entries = {{"x", "F32", {1}, std::as_bytes(std::span(value))}};
    write_safetensors(foreign, entries, {{"format", "pt"}});
    expect_refused(foreign, training, {foreign.string(), "written by sinter", "'pt'"});
    expect_error<DataError>([&] { read_checkpoint_facts(foreign); }, {"written by sinter"});
    expect_refused(folder.path() / "missing.safetensors", training, {"missing.safetensors"});

    for (const char* steps : {"many", "3 or so", "-1", "9223372036854775807"}) {
        const SafetensorsFile file = SafetensorsFile::open(good);
        SafetensorsMetadata facts = file.metadata();
        facts["optimizer.steps"] = steps;
        const auto wrong = folder.path() / "wrong.safetensors";
        write_with_facts(wrong, file.entries(), facts);
        expect_refused(wrong, training, {"optimizer.steps", steps});
    }
    std::filesystem::resize_file(good, std::filesystem::file_size(good) - 4);
    expect_refused(good, training, {good.string()});
}

}  // namespace
}  // namespace sinter::tests
