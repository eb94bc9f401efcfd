#include "apps/gan/drawing_gan.h"

#include <algorithm>
#include <span>

#include "apps/generators/sampling.h"
#include "core/nn/batch_statistics.h"
#include "core/ops/random.h"
#include "core/options/facts.h"
#include "core/tape.h"
#include "models/gan/gan_options.h"

namespace sinter {
namespace {

/// Gives the batch normalisation of a generator that holds averaged weights statistics of its own, from images of codes
/// that `seed` fixes.
void estimate_generator_statistics(Gan& gan, std::uint64_t seed) {
    constexpr int kPasses = 20;
    constexpr Index kCodes = 128;
    Generator codes(seed, gan.generator().device(), draws::kPictures);
    const std::vector<std::int32_t> in_turn = labels_in_turn(gan.options().classes, 0, kCodes);
    const Buffer<std::int32_t> labels(std::span<const std::int32_t>(in_turn), gan.generator().device());
    estimate_statistics(gan.generator(), kPasses, [&](int pass) {
        codes.start_step(std::uint64_t{1} << 32 | static_cast<std::uint64_t>(pass));  // far from those of samples
        gan.generate(random_normal({kCodes, gan.options().latent}, 0, 1, codes), labels);
    });
}

}  // namespace

DrawingGan::DrawingGan(Gan& trained, bool is_averaged, const ParameterArena* arena)
    : trained_(trained), unused_(0, trained.generator().device()) {
    if (!is_averaged) return;
    copy_.emplace(trained.options(), unused_, unused_);
    if (arena) average_.emplace(copy_->generator(), trained.generator(), *arena);
}

void DrawingGan::settle(std::uint64_t seed) {
    if (copy_) estimate_generator_statistics(*copy_, seed);
}

std::vector<CheckpointPart> checkpoint_parts(Gan& gan, DrawingGan& drawing, GanOptimizers optimizers) {
    std::vector<CheckpointPart> parts = {{"generator.", &gan.generator(), optimizers.generator},
                                         {"discriminator.", &gan.discriminator(), optimizers.discriminator}};
    if (drawing.averaged_generator()) parts.push_back({"average.", drawing.averaged_generator(), nullptr});
    return parts;
}

bool has_moving_average(const CheckpointFacts& facts, const std::string& file) {
    GanTrainingOptions options;
    OptionList list;
    describe(list, options);
    CheckpointFacts complete = facts;
    complete_facts(complete, list);
    return FactReader(complete, file).number("--ema") > 0;
}

Tensor generate_images(Gan& gan, const Tensor& codes, const std::vector<std::int32_t>& labels) {
    const NoGrad no_grad;
    const Evaluating evaluating(gan.generator());
    const Index count = codes.size(0), latent = codes.size(1);
    std::vector<float> values;
    for (Index first = 0; first < count; first += kSampleBatch) {
        const Index here = std::min(kSampleBatch, count - first);
        Buffer<std::int32_t> wanted;
        if (!labels.empty()) {
            wanted = Buffer<std::int32_t>(
                std::span(labels).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(here)),
                codes.device());
        }
        const std::vector<float> images = gan.generate(codes.view({here, latent}, first * latent), wanted).to_floats();
        values.insert(values.end(), images.begin(), images.end());
    }
    for (float& value : values) value = (value + 1) / 2;
    const GanOptions& options = gan.options();
    return Tensor::from(std::span<const float>(values), {count, options.size, options.size, options.channels},
                        codes.device());
}

}  // namespace sinter
