#include "apps/measures/responses.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/data/image_set.h"
#include "core/statistics/log_sum_exp.h"
#include "core/tape.h"

namespace sinter {
namespace {

/// The logits of one image.
std::span<const float> logits_of(const Responses& responses, Index image) {
    return std::span(responses.logits).subspan(image * responses.classes, responses.classes);
}

/// log sum exp(logits): minus it and a logit is the logarithm of a probability.
double log_partition(std::span<const float> logits) {
    LogSumExp sum;
    for (const float logit : logits) sum.add(logit);
    return sum.value();
}

std::size_t most_probable(std::span<const float> logits) {
    return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

void append(std::vector<float>& all, const std::vector<float>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

Responses respond(Classifier& classifier, Loader& batches, Index most) {
    const NoGrad no_grad;
    const Evaluating evaluating(classifier);
    Responses responses;
    responses.classes = classifier.options().classes;
    responses.size = classifier.options().features;
    Tensor images;
    batches.start_epoch(0);
    while (responses.images < most && batches.next(images)) {
        const Classifier::Output output = classifier.classify(images);
        append(responses.features, output.features.to_floats());
        append(responses.logits, output.logits.to_floats());
        responses.images += images.size(0);
    }
    responses.images = std::min(responses.images, most);
    responses.features.resize(static_cast<std::size_t>(responses.images * classifier.options().features));
    responses.logits.resize(static_cast<std::size_t>(responses.images * responses.classes));
    return responses;
}

bool all_finite(const Responses& responses) {
    const auto finite = [](const std::vector<float>& values) {
        return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
    };
    return finite(responses.features) && finite(responses.logits);
}

Score score(const Responses& responses, std::span<const std::uint8_t> labels) {
    Score score;
    for (Index image = 0; image < responses.images; ++image) {
        const std::span<const float> logits = logits_of(responses, image);
        score.loss += log_partition(logits) - logits[labels[image]];
        score.accuracy += most_probable(logits) == labels[image];
    }
    score.loss /= static_cast<double>(responses.images);
    score.accuracy /= static_cast<double>(responses.images);
    return score;
}

double guessing_loss(std::span<const std::uint8_t> labels) {
    std::array<double, kMaxClasses> counts{};
    for (const std::uint8_t label : labels) ++counts[label];
    double entropy = 0;
    const double all = static_cast<double>(labels.size());
    for (const double count : counts)
        if (count > 0) entropy -= count / all * std::log(count / all);
    return entropy;
}

}  // namespace sinter
