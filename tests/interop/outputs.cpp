// What a checkpoint's networks make of random inputs, for tests that compare it with PyTorch:
//
//     checkpoint_outputs CHECKPOINT OUT
//
// writes inputs and outputs as safetensors, images as [batch, height, width, channels]. Networks are in evaluation
// mode.
#include <cstdio>
#include <deque>
#include <exception>

#include "core/files/safetensors.h"
#include "core/ops/pool.h"
#include "core/ops/random.h"
#include "core/tape.h"
#include "core/train/checkpoint.h"
#include "models/classifier/classifier_options.h"
#include "models/gan/gan_options.h"
#include "models/vae/vae_options.h"

namespace sinter {
namespace {

constexpr Index kBatch = 5;

class Outputs {
public:
    void add(const std::string& name, const Tensor& tensor) {
        std::vector<std::int64_t> shape;
        for (int i = 0; i < tensor.shape().rank(); ++i) shape.push_back(tensor.size(i));
        const auto& values = floats_.emplace_back(tensor.to_floats());
        entries_.push_back({name, "F32", shape, std::as_bytes(std::span(values))});
    }
    void add(const std::string& name, const Buffer<std::int32_t>& labels) {
        if (labels.count() == 0) return;
        const auto& values = labels_.emplace_back(labels.to_vector());
        entries_.push_back({name, "I32", {labels.count()}, std::as_bytes(std::span(values))});
    }
    void write(const std::string& file) const { write_safetensors(file, entries_); }

private:
    std::vector<SafetensorsEntry> entries_;
    std::deque<std::vector<float>> floats_;  // deques: the entries point into their vectors
    std::deque<std::vector<std::int32_t>> labels_;
};

/// 0, 1, 2, ... over and over; none where there are no classes.
Buffer<std::int32_t> labels_of(Index classes, Device device) {
    std::vector<std::int32_t> labels;
    for (Index i = 0; classes > 0 && i < kBatch; ++i) labels.push_back(static_cast<std::int32_t>(i % classes));
    return {labels, device};
}

/// Random squares of 4x4 pixels: of single random pixels, networks would see little but the mean.
Tensor squares(Index height, Index width, Index channels, double low, Generator& random) {
    return upsample_nearest2d(random_uniform({kBatch, height / 4, width / 4, channels}, low, 1, random), 4);
}

void run_vae(const std::string& file, Generator& random, Outputs& out) {
    const auto vae = load_vae(file, random.device());
    vae->train(false);
    const VaeOptions& options = vae->options();
    const auto labels = labels_of(options.classes, random.device());
    const Tensor images = squares(options.height, options.width, options.channels, 0, random);
    const Tensor z = random_normal({kBatch, options.latent}, 0, 1, random);
    out.add("images", images);
    out.add("labels", labels);
    out.add("z", z);
    out.add("mu", vae->encode(images, labels));
    out.add("kl", vae->losses(images, random, {}, labels).kl);
    out.add("decoded", vae->decode(z, labels));
}

void run_gan(const std::string& file, const CheckpointFacts& facts, Generator& random, Outputs& out) {
    const GanOptions options = gan_from_facts(facts, file);
    Gan gan(options, random, random), averaged(options, random, random);
    std::vector<CheckpointPart> parts = {{"generator.", &gan.generator()}, {"discriminator.", &gan.discriminator()}};
    const SafetensorsFile arrays = SafetensorsFile::open(file);
    for (const SafetensorsEntry& entry : arrays.entries()) {
        if (entry.name.rfind("average.", 0) != 0) continue;
        parts.push_back({"average.", &averaged.generator()});
        break;
    }
    load_checkpoint(file, parts);
    for (Module* network : {&gan.generator(), &gan.discriminator(), &averaged.generator()}) network->train(false);

    const auto labels = labels_of(options.classes, random.device());
    const Tensor z = random_normal({kBatch, options.latent}, 0, 1, random);
    const Tensor images = squares(options.size, options.size, options.channels, -1, random);
    out.add("z", z);
    out.add("labels", labels);
    out.add("images", images);
    out.add("drawn", gan.generate(z, labels));
    if (parts.size() > 2) out.add("drawn_by_average", averaged.generate(z, labels));
    out.add("logits", gan.discriminate(images, labels));
}

void run_classifier(const std::string& file, const CheckpointFacts& facts, Generator& random, Outputs& out) {
    const ClassifierOptions options = classifier_from_facts(facts, file);
    Classifier classifier(options, random, random);
    const CheckpointPart part{"", &classifier};
    load_checkpoint(file, {&part, 1});
    classifier.train(false);
    const Tensor images = squares(options.height, options.width, options.channels, 0, random);
    const Classifier::Output output = classifier.classify(images);
    out.add("images", images);
    out.add("features", output.features);
    out.add("logits", output.logits);
}

void run(const std::string& file, const std::string& out_file) {
    const NoGrad no_grad;
    const CheckpointFacts facts = read_checkpoint_facts(file);
    Generator random(1, Device::cpu());
    Outputs out;
    const std::string& model = facts.at("model");
    if (model == "vae")
        run_vae(file, random, out);
    else if (model == "gan")
        run_gan(file, facts, random, out);
    else
        run_classifier(file, facts, random, out);
    out.write(out_file);
}

}  // namespace
}  // namespace sinter

int main(int count, char** arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: checkpoint_outputs CHECKPOINT OUT\n");
        return 2;
    }
    try {
        sinter::run(arguments[1], arguments[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "checkpoint_outputs: %s\n", error.what());
        return 1;
    }
    return 0;
}
