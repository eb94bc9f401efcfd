#include "apps/bigan/evaluate.h"

#include <cmath>
#include <span>

#include "apps/training/image_statistics.h"
#include "core/tape.h"

namespace sinter {
namespace {

constexpr int kStatisticsPasses = 50;

double distance(std::span<const float> a, std::span<const float> b) {
    double squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = double(a[i]) - b[i];
        squares += difference * difference;
    }
    return std::sqrt(squares);
}

}  // namespace

void settle_encoder(BiGan& bigan, Loader& batches) {
    estimate_image_statistics(bigan.encoder(), batches, kStatisticsPasses,
                              [&](const Tensor& images) { bigan.encode(images); });
}

std::vector<MetricField> Reconstruction::fields() const {
    return {{"reconstruction", error}, {"reconstruction_control", control}, {"reconstruction_ratio", ratio()}};
}

Reconstruction reconstruct(BiGan& bigan, Loader& batches) {
    const NoGrad no_grad;
    const Evaluating evaluating(bigan.generator_and_encoder());
    Reconstruction sums;
    double count = 0;
    Tensor batch;
    for (batches.start_epoch(0); batches.next(batch);) {
        const std::vector<float> images = batch.to_floats(), rebuilt = bigan.generate(bigan.encode(batch)).to_floats();
        const std::size_t n = static_cast<std::size_t>(batch.size(0)), size = images.size() / n;
        const auto at = [size](const std::vector<float>& values, std::size_t i) {
            return std::span(values).subspan(i * size, size);
        };
        for (std::size_t i = 0; i < n; ++i) {
            sums.error += distance(at(images, i), at(rebuilt, i));
            sums.control += distance(at(images, (i + 1) % n), at(rebuilt, i));
        }
        count += static_cast<double>(n);
    }
    return {sums.error / count, sums.control / count};
}

}  // namespace sinter
